"""The checkout page: one form, then off to the payment page."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from shop.accounts.customer_models import Address
from shop.accounts.visitors import customer
from shop.adapters.payments import ProviderRefused
from shop.cart import services as cart
from shop.cart.cookies import current_cart
from shop.cart.services import Bag
from shop.cart.stores import StoredCart, key_for_placing, store
from shop.catalog import snapshot
from shop.checkout import codes, prefill, replacing, services
from shop.checkout.forms import CheckoutForm
from shop.checkout.quote import Quote, quote
from shop.checkout.services import CartChanged, CodeRefused, DeliveryChanged, Shown
from shop.checkout.views.payment import CLOSED, page_to_pay_on
from shop.checkout.welcome import brings_along
from shop.core.addresses import country_choices, shape_of
from shop.core.http import personal_page, see_other
from shop.delivery import services as delivery
from shop.marketing.reasons import USED_BY_YOU
from shop.marketing.services import VoucherSpent
from shop.orders.models import Order
from shop.orders.record_models import OrderRequest
from shop.payments.ways import in_one_word, too_little, ways_to_pay
from shop.warehouse.services import OutOfStock

# Hidden fields: the revision of the bag the form is for, and the amounts it shows.
REVISION, SEEN = "placement_key", "seen"
REVISION_FORM = re.compile(r"[A-Za-z0-9_-]{1,24}")
State = Order.State
# Buttons and field of the voucher code, which lie beside the form and belong to it.
APPLY, REMOVE, CODE = "apply", "remove", "code"


@dataclass(frozen=True, slots=True)
class Till:
    """A bag at the checkout, with what it costs in the country it goes to."""

    stored: StoredCart
    bag: Bag
    countries: list[tuple[str, str]]
    quote: Quote

    @property
    def country(self) -> str:
        return self.quote.country

    def form(self, data: Any = None, initial: dict[str, Any] | None = None) -> CheckoutForm:
        offered = [choice.offer for choice in self.quote.choices]
        shape = shape_of(self.country)
        chosen = self.quote.chosen((data or initial or {}).get("method"))
        total = chosen.total if chosen else self.quote.charged
        ways = ways_to_pay(total.currency, total.amount)
        return CheckoutForm(
            data, initial=initial, shape=shape, countries=self.countries, offered=offered, ways=ways, total=total
        )


def till(
    stored: StoredCart, bag: Bag, wanted: str, customer: str = "", catalogue: snapshot.Snapshot | None = None
) -> Till:
    """The checkout of a bag for the wanted country, or for the first one where we do not deliver there.

    customer: the e-mail address that uses of a code are counted by, where it is known.
    """
    offered = delivery.shown_countries(catalogue) if catalogue else delivery.countries()
    countries = country_choices(offered, settings.SHOP_COUNTRY)
    codes = [code for code, _ in countries]
    country = wanted if wanted in codes else next(iter(codes), settings.SHOP_COUNTRY)
    return Till(stored, bag, countries, quote(bag, country, catalogue, customer))


@personal_page
@brings_along
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """The form, filled in as the last order from this bag was; a bag that cannot be ordered as it is leads there."""
    stored = current_cart(request)
    if stored is None:
        return see_other("/cart/")
    if request.method == "POST":
        return submitted(request, stored)
    bag = cart.price(stored, with_sizes=False)
    if not bag.lines or bag.problems or bag.repriced:
        return see_other("/cart/")
    initial = prefill.prefilled(customer(request), stored.key, request.GET.get("address", ""))
    at = till(stored, bag, initial.get("country", settings.SHOP_COUNTRY), codes.customer_of(request))
    return show(request, at, at.form(initial=initial | {"country": at.country}))


def submitted(request: HttpRequest, stored: StoredCart) -> HttpResponse:
    """A posted form: redraw it for another country (`update`), show all that is wrong with it, or go on."""
    placed = find_placed(stored.key, request.POST.get(REVISION, ""))
    if placed and placed.state not in (State.PENDING, State.CANCELLED):
        return see_other(placed.get_absolute_url())
    bag = cart.price(stored, with_sizes=False)
    if not bag.lines or bag.problems:
        return see_other("/cart/?changed=lines")
    wanted, customer = request.POST.get("country", ""), request.POST.get("email", "")
    at = till(stored, bag, wanted, customer, snapshot.of(request))
    if REMOVE in request.POST or request.POST.get(CODE, "").strip() not in ("", stored.code):
        return with_code(request, at)
    if "update" in request.POST or APPLY in request.POST:
        return show(request, at, as_typed(request, at))
    form = at.form(request.POST)
    if not form.is_valid():
        return show(request, at, form)
    choice = at.quote.chosen(form.cleaned_data["method"])
    recipient = form.recipient()
    if choice and placed and replacing.may_correct(placed, choice, recipient):
        replacing.correct(placed, recipient)
        placed.refresh_from_db()
        prefill.remember(placed)
        return pay(placed, OrderRequest.What.SUBMITTED, form.cleaned_data["payment"])
    return place(request, at, form, placed)


def as_typed(request: HttpRequest, at: Till) -> CheckoutForm:
    """The form with what was typed, not yet judged."""
    return at.form(initial=request.POST.dict() | {"country": at.country})


def with_code(request: HttpRequest, at: Till) -> HttpResponse:
    """Take the code off or try the one that was typed, and show what comes of it; whatever button was pressed."""
    typed = "" if REMOVE in request.POST else request.POST.get(CODE, "")
    refused = codes.use(at.bag, at.country, typed, request.POST.get("email", ""))
    stored = current_cart(request) or at.stored
    changed = till(stored, cart.price(stored, with_sizes=False), at.country, request.POST.get("email", ""))
    return show(request, changed, as_typed(request, changed), refused=refused)


def find_placed(bag_key: str, revision: str) -> Order | None:
    """The order that this form has made before."""
    if not REVISION_FORM.fullmatch(revision):
        return None
    return replacing.placed_under(key_for_placing(bag_key, revision))


def place(request: HttpRequest, at: Till, form: CheckoutForm, placed: Order | None) -> HttpResponse:
    """Place the order and go on to payment; an earlier unpaid order from this bag gives way to it."""
    revision = request.POST.get(REVISION, "")
    if revision != at.stored.revision:
        return see_other("/cart/?changed=bag")
    placement_key = replacing.next_key(at.stored.placement_key, placed)
    # Without an order that holds stock for this bag there is nothing to give up.
    if at.bag.waiting and (paid := replacing.give_up_others(at.stored.keys, spare=placement_key)):
        return see_other(paid.get_absolute_url())
    if placed:
        placed.refresh_from_db()
        if placed.state == State.PENDING:
            return see_other(f"{placed.get_absolute_url()}?payment=unavailable")
    try:
        order = services.place_order(
            stored=at.quote,
            placement_key=placement_key,
            recipient=form.recipient(),
            method=form.cleaned_data["method"],
            seen=Shown.decode(request.POST.get(SEEN, "")),
            user=customer(request),
            provider=form.cleaned_data["payment"],
        )
    except (CodeRefused, VoucherSpent) as error:
        return back_to_bag(at, error.kind)
    except DeliveryChanged as error:
        now = till(at.stored, at.bag, at.country, request.POST.get("email", ""))
        return show(request, now, form, str(error))
    except ProviderRefused:
        return show(request, at, form, "This amount cannot be paid that way. Please choose another way to pay.")
    except (CartChanged, OutOfStock):
        return see_other("/cart/?changed=lines")
    prefill.remember(order)
    return pay(order, OrderRequest.What.PLACED, form.cleaned_data["payment"])


def back_to_bag(at: Till, why: str) -> HttpResponse:
    """To the bag, which says beside its field why the code does not apply (any more); empty: it was no code."""
    if not why:
        return see_other("/cart/?changed=lines")
    if why == USED_BY_YOU.kind:
        # A guest's bag does not know whose it is: kept, the code would look valid there.
        store().set_code(at.stored.key, "")
    return see_other(f"/cart/?{urlencode({'changed': 'code', 'why': why})}#voucher")


def saved_addresses(request: HttpRequest) -> list[Address]:
    """What a customer may choose from instead of typing."""
    user = customer(request)
    return list(Address.objects.filter(user=user)) if user else []


def pay(order: Order, what: OrderRequest.What, provider: str) -> HttpResponse:
    """Off to the payment page; where there is none now, to the order, which can be paid from there."""
    page, reason = page_to_pay_on(order, what, provider)
    own = order.get_absolute_url()
    return see_other(page or (own if reason == CLOSED else f"{own}?payment={reason}"))


def show(
    request: HttpRequest, at: Till, form: CheckoutForm, notice: str = "", refused: codes.CodeField | None = None
) -> HttpResponse:
    """The page, with everything that was typed. refused: a voucher code that was not taken."""
    chosen = at.quote.chosen(form["method"].value())
    total = chosen.total if chosen else at.quote.charged
    context = {
        "form": form,
        "bag": at.bag,
        "lines": list(zip((line for line in at.bag.lines if line.is_sold), at.quote.lines, strict=True)),
        "quote": at.quote,
        "chosen": chosen,
        "payment": form.way(),
        "choices": [(choice, in_one_word(choice.total)) for choice in at.quote.choices],
        "total": total,
        "paying": in_one_word(total),
        "revision": at.stored.revision,
        "voucher": refused or codes.field_of(at.quote),
        "seen": services.shown(at.quote).encode(),
        "few_ways": too_little(chosen.total) if chosen else "",
        "notice": notice,
        "signed_in": customer(request) is not None,
        "addresses": saved_addresses(request),
    }
    return render(request, "shop/checkout/checkout.html", context)
