"""When goods that suppliers have confirmed are here: what pages and promises are made of."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from itertools import groupby

from django.db.models import Sum
from django.utils import timezone

from shop.catalog.models import Product
from shop.events.services import emit
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseOrderLine
from shop.warehouse.moving_models import BackOrder

CONFIRMED = (PurchaseOrder.State.CONFIRMED, PurchaseOrder.State.PARTLY_RECEIVED)


def expected(variant_ids: Iterable[int]) -> dict[int, tuple[date, int]]:
    """The first day on which units come that nobody waits for, and how many, by variant. Two queries at most.

    Only what a supplier has confirmed for a location that sells, on a day that is not over. Units sold ahead of stock
    take the first to come.
    """
    coming = confirmed_days(set(variant_ids))
    if not coming:
        return {}
    waits = BackOrder.objects.waiting().filter(variant_id__in=coming).order_by()
    waiting = dict(waits.values_list("variant_id").annotate(units=Sum("quantity")))
    found = {variant: first_free(days, waiting.get(variant, 0)) for variant, days in coming.items()}
    return {variant: free for variant, free in found.items() if free}


def confirmed_days(variant_ids: set[int]) -> dict[int, list[tuple[date, int]]]:
    """By variant the days on which units come, the first first."""
    lines = PurchaseOrderLine.objects.outstanding().filter(
        variant_id__in=variant_ids,
        order__state__in=CONFIRMED,
        order__location__is_active=True,
        confirmed_on__gte=timezone.localdate(),
    )
    days = defaultdict(list)
    # The annotation of outstanding() is lost on the way to the types.
    rows = lines.order_by("confirmed_on", "pk").values_list("variant_id", "confirmed_on", "due")  # type: ignore[misc]
    for variant, day, units in rows:
        days[variant].append((day, units))
    return days


def first_free(days: Iterable[tuple[date, int]], waiting: int) -> tuple[date, int] | None:
    """The first of the days that brings more than those who wait take."""
    for day, units in days:
        if units > waiting:
            return day, units - waiting
        waiting -= units
    return None


def slipped() -> Iterator[tuple[BackOrder, date]]:
    """Paid back orders whose promised day is still to come, but not early enough: with the day confirmed for them now.

    Where no day is confirmed any more, the promised one has to pass.
    """
    today = timezone.localdate()
    return ((row, day) for row, day in days_now() if row.promised_on and today <= row.promised_on < day)


def days_now(variant_ids: Collection[int] | None = None) -> Iterator[tuple[BackOrder, date]]:
    """Paid back orders (None: for every variant) with the day now confirmed for them, where there is one.

    The first to pay gets the first to come.
    """
    rows = BackOrder.objects.waiting().filter(expires_at=None).select_related("order_line__order", "variant")
    rows = rows if variant_ids is None else rows.filter(variant_id__in=variant_ids)
    waiting = list(rows.order_by("variant_id", "order_line__order__paid_at", "pk"))
    coming = confirmed_days({row.variant_id for row in waiting})
    for variant, group in groupby(waiting, key=lambda row: row.variant_id):
        before = 0
        for row in group:
            free = first_free(coming.get(variant, ()), before + row.quantity - 1)
            before += row.quantity
            if free:
                yield row, free[0]


def tell_pages(order: PurchaseOrder) -> None:
    """What is expected of the order's variants has changed: the pages of their products say it."""
    products = Product.objects.filter(variants__purchase_lines__order=order).distinct().order_by("pk")
    for product_id, slug in products.values_list("pk", "slug"):
        emit("ProductChanged", {"product_id": product_id, "slug": slug, "reason": "expected"})


def incoming_at(location_id: int, variant_ids: Iterable[int]) -> dict[int, int]:
    """Units still to come to one location, by variant; drafts count too, since somebody has thought of them."""
    lines = PurchaseOrderLine.objects.filter(order__location=location_id, variant_id__in=set(variant_ids)).order_by()
    coming = dict(lines.outstanding().values_list("variant_id").annotate(units=Sum("due")))
    drafted = lines.filter(order__state=PurchaseOrder.State.DRAFT)
    for variant, units in drafted.values_list("variant_id").annotate(units=Sum("quantity")):
        coming[variant] = coming.get(variant, 0) + units
    return coming
