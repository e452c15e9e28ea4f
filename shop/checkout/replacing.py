"""Checking out again while an order from the same bag is unpaid: it is corrected, or gives way to a new one."""

import logging
from collections.abc import Iterable
from dataclasses import asdict

from django.db import transaction
from django.db.models import Q

from shop.adapters.payments import ProviderError
from shop.cart.stores import SEPARATOR, key_for_placing, placed_from
from shop.checkout.paying import PaymentUnavailable
from shop.checkout.quote import Choice
from shop.checkout.reconcile import end_hold
from shop.marketing.models import Redemption
from shop.marketing.services import customer_of
from shop.orders import services as orders
from shop.orders.models import Order
from shop.orders.services import Recipient

log = logging.getLogger(__name__)
State = Order.State


def same_terms(order: Order, choice: Choice) -> bool:
    """Whether the order's amounts and taxes stand with that choice."""
    now = (choice.offer.code, choice.total.amount, choice.taxation.country, choice.taxation.total)
    return now == (order.shipping_method, order.grand_total, order.tax_country, order.tax_total)


def same_customer(order: Order, email: str) -> bool:
    """Whether that address may take the place of the order's: not where a discount is counted by customer."""
    limited = Redemption.objects.standing().filter(order=order, promotion__max_uses_per_customer__isnull=False)
    return customer_of(order.email) == customer_of(email) or not limited.exists()


def may_correct(order: Order, choice: Choice, recipient: Recipient) -> bool:
    """Whether the order can stand as it is for that recipient, with that choice."""
    same = same_terms(order, choice) and same_customer(order, recipient.email)
    return order.state == State.PENDING and same


@transaction.atomic
def correct(order: Order, recipient: Recipient) -> None:
    """Bring an unpaid order's recipient up to date; an order that was paid meanwhile stays as it is."""
    locked = Order.objects.locked().get(pk=order.pk)
    now = asdict(recipient)
    if locked.state == State.PENDING and any(getattr(locked, name) != value for name, value in now.items()):
        orders.correct_recipient(locked, recipient)


def placed_under(key: str) -> Order | None:
    """The newest order placed under that key, or under one that next_key() made of it."""
    same = Q(placement_key=key) | Q(placement_key__startswith=key_for_placing(key, ""))
    return Order.objects.filter(same).order_by("-pk").first()


def next_key(key: str, before: Order | None) -> str:
    """What an order is placed under when `before`, placed under that key, gives way to it.

    Counted, not random: all clicks that found the same order before them make the same new one.
    """
    if before is None:
        return key
    count = before.placement_key.removeprefix(key).removeprefix(SEPARATOR) or "1"
    return key_for_placing(key, int(count) + 1)


def give_up_others(bag_keys: Iterable[str], *, spare: str) -> Order | None:
    """Give up the unpaid orders of that bag, so that their stock is free for the one to come.

    spare: the placement key of that one, which another click at the same moment may have placed already.
    The payment provider decides: an order found to be paid meanwhile (or on its way to it) is returned, and nothing
    more is given up. One that the provider cannot be asked about keeps its hold until that ends.
    """
    unpaid = Order.objects.filter(placed_from(bag_keys), state=State.PENDING)
    for order in unpaid.exclude(placement_key=spare):
        try:
            end_hold(order)
        except (ProviderError, PaymentUnavailable):
            log.warning("order %s could not be given up for a newer one", order.number, exc_info=True)
        order.refresh_from_db()
        if order.state not in (State.PENDING, State.CANCELLED):
            return order
    return None
