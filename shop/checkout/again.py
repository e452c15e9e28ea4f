"""Buying an order again: what is still sold of it goes into the bag, and the rest is told."""

from dataclasses import dataclass

from shop.cart import services as cart
from shop.catalog.models import ProductVariant
from shop.orders.models import Order, OrderLine


@dataclass(frozen=True, slots=True)
class Again:
    """What came of it. put: pieces that went into the bag; told: a sentence for each that did not, or not all of it."""

    put: int
    told: list[str]


def buy_again(order: Order, key: str) -> Again:
    """Put the order's pieces in the bag of that key, at today's prices, as far as they are to be had."""
    lines = list(order.lines.all())
    sold = ProductVariant.objects.sellable().filter(currency=order.currency).select_related("product", "colour", "size")
    variants = sold.with_available().in_bulk([line.variant_id for line in lines if line.variant_id])
    told = [words for line in lines if (words := put_in(line, variants.get(line.variant_id or 0), key))]
    return Again(len(lines) - len([words for words in told if words.endswith(NOT_IN)]), told)


NOT_IN = "so it is not in your bag."


def put_in(line: OrderLine, variant: ProductVariant | None, key: str) -> str:
    """Put one line in the bag; what to tell of it, empty where all units went in."""
    name = f"{line.product_name} in {line.colour_name.lower()}, {line.size_name}"
    if variant is None:
        return f"{name}: we no longer sell it, {NOT_IN}"
    try:
        whole = cart.add(key=key, variant=variant, quantity=line.quantity)
    except cart.SoldOut:
        return f"{name}: sold out, {NOT_IN}"
    except cart.BagFull:
        return f"{name}: your bag takes no more different pieces, {NOT_IN}"
    return "" if whole else f"{name}: fewer than you had then could go into your bag."
