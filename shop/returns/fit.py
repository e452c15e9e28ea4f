"""Counts, for each product, what was delivered and what of it came back for its size. What that says: catalog.fit."""

from collections.abc import Collection

from django.db.models import F, Q, Sum

from shop.catalog.fit import Fit
from shop.catalog.models import Product
from shop.core import shown
from shop.edge.services import purge_later
from shop.orders.models import Order, OrderLine
from shop.returns.models import Return, ReturnLine

Reason = ReturnLine.Reason
COUNTED = ("fit_delivered", "fit_too_small", "fit_too_large")


def fits(product_ids: Collection[int] | None = None) -> dict[int, Fit]:
    """By product, over its colours and sizes; of these products, or of all that were ever delivered. Two queries."""
    delivered = OrderLine.objects.filter(
        variant__isnull=False,
        order__state=Order.State.PAID,
        order__fulfilment_state=Order.FulfilmentState.DELIVERED,
    )
    if product_ids is not None:
        delivered = delivered.filter(variant__product__in=product_ids)
    came = ReturnLine.objects.filter(
        order_line__in=delivered, parent__state__in=[Return.State.RECEIVED, Return.State.CLOSED]
    )
    found = F("restocked") + F("damaged")
    for_size = {
        product: (small or 0, large or 0)
        for product, small, large in came.order_by()
        .values_list("order_line__variant__product")
        .annotate(
            small=Sum(found, filter=Q(reason=Reason.TOO_SMALL)), large=Sum(found, filter=Q(reason=Reason.TOO_LARGE))
        )
    }
    units = delivered.order_by().values_list("variant__product").annotate(units=Sum("quantity"))
    return {product: Fit(count, *for_size.get(product, (0, 0))) for product, count in units}


def refresh_fits(product_ids: Collection[int] | None = None) -> int:
    """Write the figures to the products (these, or all) where they changed; how many did."""
    found = fits(product_ids)
    changed = []
    for product in Product.objects.filter(pk__in=found).only(*COUNTED):
        if product.sent_back != (fit := found[product.pk]):
            product.fit_delivered, product.fit_too_small, product.fit_too_large = (
                fit.delivered,
                fit.too_small,
                fit.too_large,
            )
            changed.append(product)
    Product.objects.bulk_update(changed, COUNTED, batch_size=500)
    purge_later(shown.product(product.pk) for product in changed)
    return len(changed)
