"""The addresses a customer keeps. Whoever has any has one for delivery and one for bills."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import QuerySet

from shop.accounts.customer_models import Address
from shop.accounts.models import User
from shop.core.errors import ShopError

MOST = 20


class TooManyAddresses(ShopError):
    """The account has as many addresses as it takes. Nothing was written."""


@transaction.atomic
def save(
    *,
    user: User,
    fields: Mapping[str, str],
    address: Address | None = None,
    delivery: bool = False,
    bills: bool = False,
) -> Address:
    """Write a new address, or change that one (a row of the user's).

    delivery, bills: it is used first for these from now on; the first address of all is used for both. A use is only
    ever moved, never taken off. Raises TooManyAddresses.
    """
    others = _locked(user)
    if address is not None:
        others = others.exclude(pk=address.pk)
    if address is None and len(others) >= MOST:
        raise TooManyAddresses(f"An account keeps {MOST} addresses. Remove one first.")
    row = address or Address(user=user)
    for name, value in fields.items():
        setattr(row, name, value)
    row.default_delivery = delivery or not any(other.default_delivery for other in others)
    row.default_billing = bills or not any(other.default_billing for other in others)
    _clear(others, row)
    row.save()
    return row


@transaction.atomic
def remove(address: Address) -> None:
    """Delete it. What it was used for first goes to the newest of the others."""
    left = _locked(address.user).exclude(pk=address.pk).order_by("-pk")
    address.refresh_from_db()
    address.delete()
    heir = left.first()
    if heir is not None and (address.default_delivery or address.default_billing):
        heir.default_delivery |= address.default_delivery
        heir.default_billing |= address.default_billing
        heir.save(update_fields=["default_delivery", "default_billing", "updated_at"])


def keep_first(user: User, fields: Mapping[str, str]) -> None:
    """Keep the address of an order for the next one, where the account has none yet."""
    if not user.addresses.exists():
        save(user=user, fields=fields)


def _locked(user: User) -> QuerySet[Address]:
    """The user's addresses; their row is locked, so that two tabs never make two defaults."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return Address.objects.filter(user=user)


def _clear(others: QuerySet[Address], row: Address) -> None:
    """Take off the others what that row is used for."""
    if row.default_delivery:
        others.filter(default_delivery=True).update(default_delivery=False)
    if row.default_billing:
        others.filter(default_billing=True).update(default_billing=False)
