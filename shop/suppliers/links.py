"""The address by which a supplier answers one purchase order without an account: signed, and good for a time."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core import signing
from django.urls import reverse
from django.utils import timezone

from shop.core.errors import ShopError
from shop.core.http import absolute
from shop.suppliers.purchase_models import PurchaseOrder

LASTS = timedelta(days=60)
SALT = "shop.suppliers.links"
EDITED = "This address is not complete, or was changed. Please open it from our mail once more."
EXPIRED = "This link worked until {day}. Please write to us and we send a new one."
REPLACED = "We have sent you a newer link for {number}. Please open the one in our latest mail about it."


class LinkRefused(ShopError):
    """No order is shown for this address; `status` is what HTTP calls the reason."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True)
class Link:
    """An address that is good: for this order, until the end of that day."""

    order: PurchaseOrder
    until: date


def token_for(order: PurchaseOrder) -> str:
    """The order's present token, good for LASTS from today."""
    until = timezone.localdate() + LASTS
    return signing.Signer(salt=SALT).sign_object([order.pk, order.link_version, until.isoformat()])


def address_for(order: PurchaseOrder) -> str:
    """The full address for a mail."""
    return absolute(reverse("supplier-order", args=[token_for(order)]))


def follow(token: str) -> Link:
    """The order that the token is for. Raises LinkRefused for one that was edited, is too old or was replaced."""
    try:
        pk, version, until = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        raise LinkRefused(EDITED, 404) from None
    link = Link(order_of(pk), date.fromisoformat(until))
    if link.order.link_version != version:
        raise LinkRefused(REPLACED.format(number=link.order.number), 410)
    if link.until < timezone.localdate():
        raise LinkRefused(EXPIRED.format(day=f"{link.until.day} {link.until:%B %Y}"), 410)
    return link


def order_of(pk: int) -> PurchaseOrder:
    order = PurchaseOrder.objects.select_related("supplier", "location").filter(pk=pk).first()
    if order is None or order.state == PurchaseOrder.State.DRAFT:
        raise LinkRefused(EDITED, 404)
    return order
