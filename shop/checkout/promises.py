"""When units that are sold before they are here may be expected, told to whoever shows them."""

from collections.abc import Iterable

from shop.catalog.models import ProductVariant
from shop.suppliers.promises import promised


def tell(variants: Iterable[ProductVariant]) -> None:
    """Let these variants know their day, for whoever shows them (`promised_on`)."""
    known = list(variants)
    days = promised(known)
    for variant in known:
        variant.promised_on = days[variant.pk]
