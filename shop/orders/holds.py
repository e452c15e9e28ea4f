"""Reasons why an order must not leave the house: placed by what the provider tells, lifted by it or by a person."""

from shop.accounts.models import User
from shop.core import clock
from shop.orders.models import Order
from shop.orders.record_models import OrderHold


def place(order: Order, kind: OrderHold.Kind, source: str, reason: str) -> bool:
    """Hold the order (its row locked by the caller) for that reason; whether that is new.

    source: the provider's id of it. A hold that a person has lifted stays lifted, however often the news comes.
    """
    defaults = {"order": order, "reason": reason[:200]}
    return OrderHold.objects.get_or_create(kind=kind, source=source, defaults=defaults)[1]


def renew(kind: OrderHold.Kind, source: str) -> int:
    """The reason is back; how many holds stand again. One that a person has lifted stays lifted."""
    over = OrderHold.objects.filter(kind=kind, source=source, lifted_by=None).exclude(lifted_at=None)
    return over.update(lifted_at=None)


def lift(kind: OrderHold.Kind, source: str, actor: User | None = None) -> int:
    """The reason is gone; how many standing holds that ended."""
    standing = OrderHold.objects.standing().filter(kind=kind, source=source)
    return standing.update(lifted_at=clock.now(), lifted_by=actor)
