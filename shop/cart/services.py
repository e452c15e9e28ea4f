"""The bag as its owner sees it: priced from the database each time, with what has changed told line by line."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Value
from django.urls import reverse

from shop.cart.stores import (
    MAX_LINES,
    MAX_QUANTITY,
    BagMoved,
    BagsUnavailable,
    StoredCart,
    StoredLine,
    placed_from,
    store,
)
from shop.catalog.choice import FEW
from shop.catalog.models import ProductListing, ProductVariant, ProductVariantQuerySet
from shop.core import clock
from shop.core.errors import ShopError
from shop.core.money import Money
from shop.core.numbers import secret_key
from shop.warehouse import ahead
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder


class NotSold(ShopError):
    """What was asked for is not (or no longer) sold."""


class SoldOut(ShopError):
    """It is sold, but none is left for this buyer."""


class BagFull(ShopError):
    """The bag has as many different pieces as it takes."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An unpaid order placed from this bag. It holds stock that its buyer may still have."""

    number: str
    key: str
    processing: bool

    @property
    def url(self) -> str:
        return reverse("order-detail", args=[self.number, self.key])


@dataclass(frozen=True, slots=True)
class BagLine:
    """One line, priced now. available: units this buyer can have; ready: those of them that are here.

    sizes: its siblings of the same colour.
    """

    variant: ProductVariant
    quantity: int
    seen_price: int
    available: int
    ready: int
    picture: Mapping[str, str]
    sizes: Sequence[ProductVariant]

    @property
    def unit_price(self) -> Money:
        return self.variant.unit_price

    @property
    def total(self) -> Money:
        return self.variant.unit_price * self.quantity

    @property
    def is_sold(self) -> bool:
        return is_sold(self.variant)

    @property
    def was(self) -> Money | None:
        """The price its owner last saw, where it is another now."""
        return Money(self.seen_price, self.variant.currency) if self.seen_price != self.variant.price else None

    @property
    def most(self) -> int:
        """The highest quantity that can be chosen now."""
        return min(self.available, MAX_QUANTITY)

    @property
    def few_left(self) -> bool:
        return self.is_sold and not self.later and 0 < self.available <= FEW

    @property
    def later(self) -> int:
        """Units of it that are sold before they are here."""
        return max(self.quantity - self.ready, 0) if self.is_sold and not self.problem else 0

    @property
    def promise(self) -> str:
        """When those are sent, in words; empty where all of it is here."""
        return ahead.words(self.later, self.quantity, self.variant.promised_on) if self.later else ""

    @property
    def problem(self) -> str:
        """Why this line cannot be bought as it is, and how to mend it; empty when it can."""
        if not self.is_sold:
            return "We no longer sell this. Remove it to go on."
        return shortage(self.variant, self.quantity, self.available)


@dataclass(frozen=True, slots=True)
class Bag:
    """A stored bag with its lines priced, and the unpaid order placed from it, if there is one."""

    cart: StoredCart | None
    lines: Sequence[BagLine] = ()
    waiting: Waiting | None = None
    currency: str = field(default_factory=lambda: settings.SHOP_CURRENCY)

    @property
    def code(self) -> str:
        """The voucher code its owner typed."""
        return self.cart.code if self.cart else ""

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def goods(self) -> Money:
        """What the lines that are sold come to."""
        return Money(sum(line.total.amount for line in self.lines if line.is_sold), self.currency)

    @property
    def problems(self) -> list[BagLine]:
        return [line for line in self.lines if line.problem]

    @property
    def repriced(self) -> list[BagLine]:
        return [line for line in self.lines if line.was and line.is_sold]


def shortage(variant: ProductVariant, wanted: int, available: int) -> str:
    """Why that many cannot be had, and what to do; empty when they can."""
    if wanted <= available:
        return ""
    size = "" if variant.size.name.lower() == "one size" else f" in size {variant.size.name}"
    if available <= 0:
        return f"Sold out{size}. Choose another size, or remove it." if size else "Sold out. Remove it to go on."
    ways = "Lower the quantity, or choose another size." if size else "Lower the quantity."
    return f"Only {available} left{size}. {ways}"


def is_sold(variant: ProductVariant) -> bool:
    """Whether a loaded variant (with its product) may be sold at all; stock is another question."""
    published = variant.product.published_at
    shown = published is not None and published <= clock.now()
    return variant.is_active and shown and variant.currency == settings.SHOP_CURRENCY


def price(cart: StoredCart | None, *, with_sizes: bool = True) -> Bag:
    """The bag with today's prices and stock. Three queries, however many lines.

    with_sizes: lines know the other sizes of their piece, for a page where one can be chosen.
    """
    if cart is None or not cart.lines:
        return Bag(cart)
    ids = [line.variant_id for line in cart.lines]
    variants = siblings_of(ids) if with_sizes else these(ids)
    pictures = pictures_of(variants.values())
    held, here, waiting = held_by(cart.keys)
    lines = [
        BagLine(
            variant=(variant := variants[line.variant_id]),
            quantity=line.quantity,
            seen_price=line.seen_price,
            available=variant.available + held.get(line.variant_id, 0),
            ready=variant.ready + here.get(line.variant_id, 0),
            picture=pictures.get((variant.product_id, variant.colour.slug), {}),
            sizes=[other for other in variants.values() if same_piece(other, variant) and may_choose(other, variant)],
        )
        for line in cart.lines
        if line.variant_id in variants
    ]
    return Bag(cart, lines, waiting)


def these(variant_ids: Iterable[int]) -> dict[int, ProductVariant]:
    """These variants, by id, each with its stock."""
    return by_id(ProductVariant.objects.filter(pk__in=list(variant_ids)))


def siblings_of(variant_ids: Iterable[int]) -> dict[int, ProductVariant]:
    """These variants and all other sizes of the same pieces, by id, in the order of sizes; each with its stock."""
    asked = ProductVariant.objects.filter(pk__in=list(variant_ids))
    same = asked.filter(product=OuterRef("product"), colour=OuterRef("colour"))
    return by_id(ProductVariant.objects.filter(Exists(same)).order_by("size__position", "pk"))


def by_id(found: ProductVariantQuerySet) -> dict[int, ProductVariant]:
    return {variant.pk: variant for variant in found.select_related("product", "colour", "size").with_available()}


def same_piece(one: ProductVariant, other: ProductVariant) -> bool:
    return (one.product_id, one.colour_id) == (other.product_id, other.colour_id)


def may_choose(size: ProductVariant, chosen: ProductVariant) -> bool:
    """Whether a size stands in the menu: those that are sold, and the one the line has."""
    return size.pk == chosen.pk or is_sold(size)


def pictures_of(variants: Iterable[ProductVariant]) -> dict[tuple[int, str], Mapping[str, str]]:
    """The listing pictures of these pieces, renditions by width, by (product, colour slug)."""
    products = {variant.product_id for variant in variants}
    rows = ProductListing.objects.filter(pk__in=products).values_list("pk", "colours")
    return {(pk, colour["slug"]): colour.get("image") or {} for pk, colours in rows for colour in colours}


class Held(NamedTuple):
    """What unpaid orders from a bag have, by variant; here: what of it is on a shelf; waiting: one of the orders."""

    units: dict[int, int]
    here: dict[int, int]
    waiting: Waiting | None


def held_by(keys: Iterable[str]) -> Held:
    """What unpaid orders from a bag of these keys hold or wait for: nobody else can have it, but the buyer can."""
    mine = Q(
        placed_from(keys, "order_line__order__placement_key"), order_line__order__state__in=["pending", "processing"]
    )
    order = [f"order_line__order__{name}" for name in ("number", "key", "state")]
    holds = Reservation.objects.held().filter(mine).order_by()
    waits = BackOrder.objects.waiting().filter(mine).order_by()
    found = Held({}, {}, None)
    rows = holds.values_list("level__variant_id", "quantity", Value(True), *order).union(
        waits.values_list("variant_id", "quantity", Value(False), *order), all=True
    )
    for variant, units, is_here, number, secret, state in rows:
        # A newer order takes the place of a pending one, but not of one whose payment is on its way.
        if state == "pending":
            found.units[variant] = found.units.get(variant, 0) + units
            found.here[variant] = found.here.get(variant, 0) + units * is_here
        found = found._replace(waiting=Waiting(number, secret, state == "processing"))
    return found


def note_seen(bag: Bag) -> None:
    """The owner has now been shown these prices; what is no piece of the shop any more leaves the bag.

    Where bags cannot be written just now, it is for the next time.
    """
    if bag.cart is None:
        return
    with suppress(BagsUnavailable):
        if bag.repriced:
            store().see(bag.cart.key, {line.variant.pk: line.variant.price for line in bag.repriced})
        for variant_id in {line.variant_id for line in bag.cart.lines} - {line.variant.pk for line in bag.lines}:
            store().remove(bag.cart.key, variant_id)


def add(*, key: str, variant: ProductVariant, quantity: int) -> bool:
    """Put units of a variant (from sellable(), with_available()) in a bag; whether all of them could go in.

    Raises SoldOut when none is left, BagFull and BagMoved; the bag is as it was then.
    """
    cart = store().load(key)
    here = {line.variant_id: line.quantity for line in cart.lines} if cart else {}
    held = held_by(cart.keys if cart else (key,)).units
    most = min(variant.available + held.get(variant.pk, 0), MAX_QUANTITY)
    if most <= 0:
        raise SoldOut(shortage(variant, 1, 0))
    if variant.pk not in here and len(here) >= MAX_LINES:
        raise BagFull(f"A bag takes {MAX_LINES} different pieces. Order these first, or remove one.")
    room = max(most - here.get(variant.pk, 0), 0)
    if room:
        store().add(key, StoredLine(variant.pk, min(quantity, room), variant.price))
    return quantity <= room


def add_anywhere(key: str | None, variant: ProductVariant, quantity: int) -> tuple[str, bool]:
    """add() to that bag, or to a new one where there is none or it was closed; its key, and what add() says."""
    if key:
        try:
            return key, add(key=key, variant=variant, quantity=quantity)
        except BagMoved:
            # Somebody signed in at this very moment. What is put in a new bag joins the account's at its next sight.
            pass
    key = secret_key()
    return key, add(key=key, variant=variant, quantity=quantity)


def change(*, bag: Bag, line: BagLine, variant: ProductVariant, quantity: int) -> None:
    """Let a line have another quantity, another size, or both; 0 removes it.

    Raises NotSold or SoldOut with the reason; the bag is as it was then.
    """
    assert bag.cart, "a line is in a bag"
    key = bag.cart.key
    if quantity == 0:
        return store().remove(key, line.variant.pk)
    if not is_sold(variant):
        raise NotSold("We no longer sell this. Remove it to go on.")
    there = sum(other.quantity for other in bag.lines if other.variant.pk == variant.pk and other is not line)
    available = variant.available + held_by(bag.cart.keys).units.get(variant.pk, 0)
    if there + quantity > MAX_QUANTITY:
        raise SoldOut(f"At most {MAX_QUANTITY} of one piece, and your bag has {there} in this size already.")
    if problem := shortage(variant, there + quantity, available):
        raise SoldOut(problem)
    if variant.pk == line.variant.pk:
        return store().set_quantity(key, variant.pk, quantity)
    return store().change_variant(key, line.variant.pk, StoredLine(variant.pk, quantity, variant.price))


def purge() -> int:
    """Delete the bags that nobody has touched for their lifetime; returns how many."""
    return store().purge()
