"""What a store of bags holds, and pieces to put in."""

from shop.cart.stores import CartStore
from shop.tests.builders import make_size, make_variant

KEY = "k" * 32


def variants(count: int) -> list[int]:
    first = make_variant(size=make_size("S"))
    rest = [make_variant(first.product, size=make_size(name)) for name in ("M", "L", "XL")]
    return [variant.pk for variant in [first, *rest]][:count]


def lines(store: CartStore, key: str = KEY) -> list[tuple[int, int, int]]:
    cart = store.load(key)
    return [(line.variant_id, line.quantity, line.seen_price) for line in cart.lines] if cart else []


def revision(store: CartStore) -> str:
    cart = store.load(KEY)
    assert cart
    return cart.revision


def code(store: CartStore) -> str:
    cart = store.load(KEY)
    assert cart
    return cart.code


OTHER = "o" * 32
