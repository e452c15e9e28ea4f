"""What staff ask of many rows at once: from a row to its new values, or a ShopError that says why it gets none."""

from collections.abc import Callable, Mapping
from typing import Any

from shop.bulk.edits import Value
from shop.catalog.models import Product, ProductVariant
from shop.core import clock
from shop.core.errors import ShopError
from shop.core.money import Money, in_steps, shop_currency, smallest_step
from shop.imports.plans import MOST_MAJOR

Deed = Callable[[Any], Mapping[str, Value]]
Values = dict[str, Value]


# --- Prices: of variants with `on_running_sale`, as shop.marketing keeps those prices itself ---------------------


def by_percent(percent: int) -> Deed:
    """Raise the price, or lower it by a negative percent; rounded half up to what can be paid."""

    def values(variant: ProductVariant) -> Values:
        return {"price": _priced(variant, _percent_of(variant.price, 100 + percent))}

    return values


def set_price(amount: int) -> Deed:
    """The same price for all, minor units."""
    return lambda variant: {"price": _priced(variant, amount)}


def on_sale(percent: int) -> Deed:
    """Take that percent off and strike the present price through."""

    def values(variant: ProductVariant) -> Values:
        if variant.compare_at_price:
            raise ShopError(f"It is on sale already, from {_money(variant.compare_at_price)}.")
        price = _priced(variant, _percent_of(variant.price, 100 - percent))
        if price >= variant.price:
            raise ShopError(f"{percent}% of {_money(variant.price)} is less than the smallest coin.")
        return {"price": price, "compare_at_price": variant.price}

    return values


def off_sale(variant: ProductVariant) -> Values:
    """The struck price holds again."""
    if not variant.compare_at_price:
        raise ShopError("It is not on sale.")
    return {"price": _priced(variant, variant.compare_at_price), "compare_at_price": None}


def _priced(variant: Any, amount: int) -> int:
    """The amount, where this variant may cost that. Raises ShopError."""
    if variant.on_running_sale:
        raise ShopError("A running sale keeps its price. Change it when the sale has ended.")
    if amount > Money.from_decimal(str(MOST_MAJOR), shop_currency()).amount:
        raise ShopError(f"That would be {_money(amount)}, more than any price may be.")
    return amount


def _percent_of(amount: int, percent: int) -> int:
    currency = shop_currency()
    return max(in_steps((amount * percent + 50) // 100, currency), smallest_step(currency))


def _money(amount: int) -> str:
    return str(Money(amount, shop_currency()))


# --- Products: with `has_variants`, whether any is active --------------------------------------------------------


def publish(product: Any) -> Values:
    """Into the shop, now; also what was to appear later."""
    if product.published_at and product.published_at <= clock.now():
        raise ShopError("It is in the shop already.")
    if not product.has_variants:
        raise ShopError("It has no active variant, so nobody could buy it.")
    return {"published_at": clock.now().isoformat()}


def take_out(product: Product) -> Values:
    """Out of the shop: a draft again."""
    if product.published_at is None:
        raise ShopError("It is not in the shop.")
    return {"published_at": None}


def move_to(category_id: int) -> Deed:
    return lambda product: {"category_id": category_id}


# --- Stock levels ------------------------------------------------------------------------------------------------


def order_more_at(units: int | None) -> Deed:
    """At how many free and incoming units more is ordered; None: never."""
    return lambda level: {"reorder_point": units}
