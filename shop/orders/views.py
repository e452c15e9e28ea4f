"""One order's page, for whoever has its key: waiting for payment, thank you, on its way, cancelled."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from shop.accounts.visitors import customer
from shop.cart.cookies import guest_key
from shop.cart.stores import BagsUnavailable, bag_of
from shop.checkout import bags
from shop.core import clock
from shop.core.http import personal_page
from shop.delivery.showing import TROUBLE, ParcelShown, last_news, packed_at, parcels_of, ready_at
from shop.delivery.ways import collected_at
from shop.invoices.services import documents_of
from shop.orders.access import load_order
from shop.orders.labels import address_lines, delivery_days
from shop.orders.models import Order
from shop.orders.waiting import with_promises
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.services import last_provider
from shop.payments.ways import ways_to_pay
from shop.returns.shown import return_facts
from shop.warehouse.models import StockLocation

State, Fulfilment = Order.State, Order.FulfilmentState

# Why the buyer is back here from a payment page, by `payment` in the address: (kind of banner, words).
BACK_FROM_PAYMENT = {
    "cancelled": ("warn", "You came back without paying, and nothing was charged. Your order and your bag are kept."),
    "declined": ("bad", "The payment was declined, and nothing was charged. Please pay another way."),
    "checking": (
        "warn",
        "We could not reach the payment service to see whether you paid. We keep asking. "
        "If you did pay, please do not pay again.",
    ),
    "unavailable": (
        "bad",
        "The payment page cannot be reached just now, and nothing was charged. Your order is saved: "
        "please try again in a moment.",
    ),
    "closed": ("bad", "This order cannot be paid any more."),
    "sold-out": ("bad", "Something in this order has sold out in the meantime, so it cannot be paid any more."),
}


JUST_PAID = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the timeline; at: when it happened, None while it has not."""

    name: str
    at: datetime | None
    is_done: bool
    is_current: bool
    note: str = ""


@personal_page
@require_safe
def order_detail(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """The order; a wrong number or key is 404."""
    order = load_order(number, key)
    if was_just_paid(order) and (customer(request) or guest_key(request) == bag_of(order.placement_key)):
        # The event does this too, but perhaps not before the buyer looks at the bag again; and no later, as a bag
        # forgets in time which orders left it. One placed as a guest belongs to a bag that has joined the account's.
        with suppress(BagsUnavailable):
            bags.take_out(order)
    kind, words = BACK_FROM_PAYMENT.get(request.GET.get("payment", ""), ("", ""))
    place = collected_at(order)
    parcels = parcels_of(order, place) if order.state == State.PAID else []
    lines = with_promises(list(order.lines.all()))
    context = {
        "order": order,
        "parcels": parcels,
        "lines": lines,
        "waits": any(line.promise for line in lines),
        "taxes": list(order.taxes.all()),
        "documents": list(documents_of(order)),
        "address": address_lines(order),
        "days": delivery_days(order) if is_awaited(order, parcels) else "",
        "place": place,
        "notice_kind": kind if order.state == State.PENDING else "",
        "notice": words,
        "steps": steps(order, parcels, place),
        "paid_with": paid_with(order) if order.state == State.PAID else "",
        **(ways(order) if order.state == State.PENDING else {}),
        **return_facts(order),
        "owed": order.state == State.CANCELLED and money_came(order),
        "is_own": order.user_id is not None and order.user_id == request.user.pk,
        "may_sign_up": not order.user_id and not order.contact_to_erase and not request.user.is_authenticated,
        "refunds": list(Refund.objects.filter(attempt__order=order).order_by("created_at")),
    }
    return render(request, f"shop/orders/{page_of(order, parcels)}.html", context)


def was_just_paid(order: Order) -> bool:
    """Whether its payment is so new that the buyer may look at the bag before the event has come."""
    return order.state == State.PAID and order.paid_at is not None and order.paid_at > clock.now() - JUST_PAID


def page_of(order: Order, parcels: list[ParcelShown]) -> str:
    """Which of the order's pages its state calls for."""
    if order.state == State.CANCELLED:
        return "cancelled"
    if order.state != State.PAID:
        return "unpaid"
    return "thank_you" if order.fulfilment_state == Fulfilment.UNFULFILLED and not parcels else "track"


def money_came(order: Order) -> bool:
    """Whether a cancelled order was paid after all: then that money is on its way back."""
    return order.payment_attempts.filter(state=PaymentAttempt.State.PAID).exists()


def paid_with(order: Order) -> str:
    """The way an order was paid."""
    paid = order.payment_attempts.filter(state=PaymentAttempt.State.PAID).first()
    return paid.get_provider_display() if paid else ""


def ways(order: Order) -> dict[str, object]:
    """How an unpaid order may be paid, and how that was tried last."""
    offered = ways_to_pay(order.currency, order.grand_total)
    last, usual = last_provider(order.pk), offered[0].name if offered else ""
    return {"ways": offered, "last_way": last if any(way.name == last for way in offered) else usual}


def is_awaited(order: Order, parcels: list[ParcelShown]) -> bool:
    """Whether it still comes when it was said that it would: not what is lost, was tried in vain, or can be fetched.

    Nor what has not come by then.
    """
    if order.delivery_until and order.delivery_until < timezone.localdate(clock.now()):
        return False
    is_packed = order.fulfilment_state in (Fulfilment.PACKED, Fulfilment.SHIPPED) and bool(parcels)
    return not is_packed or any(parcel.is_awaited for parcel in parcels)


def steps(order: Order, parcels: list[ParcelShown], place: StockLocation | None) -> list[Step]:
    """The timeline of a paid order, with what its parcels add to it. place: where it is fetched."""
    reached = list(Fulfilment).index(Fulfilment(order.fulfilment_state))
    if not reached and parcels:
        # Part of it is further than the order as a whole.
        reached = 2 if order.shipped_at else 1
    away = ("On its way", order.shipped_at, where_it_is(parcels) if reached == 2 else "")
    if place:
        at = ready_at(parcels)
        reached, away = max(reached, 2 if at else 0), ("Ready to collect", at, "")
    names = [
        ("Order placed", order.placed_at, ""),
        ("Packed", packed_at(parcels), f"In {len(parcels)} parcels" if len(parcels) > 1 else ""),
        away,
        ("Collected" if place else "Delivered", order.delivered_at, ""),
    ]
    return [Step(name, at, index < reached, index == reached, note) for index, (name, at, note) in enumerate(names)]


def where_it_is(parcels: list[ParcelShown]) -> str:
    """In short: what is wrong with one of them, or where the one was seen last that comes."""
    wrong = [parcel.words for parcel in parcels if parcel.shipment.state in TROUBLE and not parcel.shipment.remedy]
    latest = last_news(parcels)
    return wrong[0] if wrong else latest.place if latest else ""
