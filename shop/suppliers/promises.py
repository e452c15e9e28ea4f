"""When units that are sold before they are here may be expected."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils import timezone

from shop.catalog.models import ProductVariant
from shop.suppliers.expected import expected
from shop.warehouse.moving_models import BackOrder


def promised(variants: Iterable[ProductVariant]) -> dict[int, date | None]:
    """By variant the day that the shop names itself, else one that a supplier has confirmed; none if unknown."""
    today = timezone.localdate()
    days = {variant.pk: variant.expected_on for variant in variants}
    unknown = [pk for pk, day in days.items() if day is None or day < today]
    confirmed = expected(unknown) if unknown else {}
    return {**days, **{pk: confirmed[pk][0] if pk in confirmed else None for pk in unknown}}


def promise(back_orders: Sequence[BackOrder]) -> None:
    """Note the days on which these units may be expected."""
    if not back_orders:
        return
    days = promised(ProductVariant.objects.filter(pk__in={row.variant_id for row in back_orders}))
    for row in back_orders:
        row.promised_on = days[row.variant_id]
    BackOrder.objects.bulk_update(back_orders, ["promised_on"])
