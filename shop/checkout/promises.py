"""When units that are sold before they are here may be expected."""

from collections.abc import Iterable
from datetime import date

from django.utils import timezone

from shop.catalog.models import ProductVariant
from shop.suppliers.expected import expected


def promised(variants: Iterable[ProductVariant]) -> dict[int, date | None]:
    """By variant the day that the shop names itself, else one that a supplier has confirmed; none if unknown."""
    today = timezone.localdate()
    days = {variant.pk: variant.expected_on for variant in variants}
    unknown = [pk for pk, day in days.items() if day is None or day < today]
    confirmed = expected(unknown) if unknown else {}
    return {**days, **{pk: confirmed[pk][0] if pk in confirmed else None for pk in unknown}}


def tell(variants: Iterable[ProductVariant]) -> None:
    """Let these variants know their day, for whoever shows them (`promised_on`)."""
    known = list(variants)
    days = promised(known)
    for variant in known:
        variant.promised_on = days[variant.pk]
