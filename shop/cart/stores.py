"""The carts port: where bags are kept. One adapter over a table; the contract tests hold for any other."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Protocol, cast

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.functions import Least
from django.utils.module_loading import import_string

from shop.cart.models import Cart, CartLine
from shop.core import clock
from shop.core.errors import ShopError

# A bag nobody touches is forgotten after this; the cookie lives as long.
LIFETIME = timedelta(days=60)
MAX_QUANTITY = 9
# A bag takes this many different pieces.
MAX_LINES = 40
# A bag remembers this many bags it has taken in; unpaid orders of older ones have long ended.
MAX_FORMER = 20
# And the numbers of so many paid orders; nobody asks for one again a day after it was paid.
MAX_SETTLED = 100
# Between a bag's key, its revision and what follows; none of them can contain it.
SEPARATOR = ":"


class BagMoved(ShopError):
    """The bag of that key was taken in by another one and is closed: who adds needs a new key."""


class BagsUnavailable(ShopError):
    """Bags cannot be read or written just now, or this one takes no more. A change may have been made all the same."""


@dataclass(frozen=True, slots=True)
class StoredLine:
    """One variant in a bag; seen_price is what its owner last saw, in minor units."""

    variant_id: int
    quantity: int
    seen_price: int


@dataclass(frozen=True, slots=True)
class StoredCart:
    """A bag as kept. The revision changes with every change of its variants, quantities or voucher code.

    former: keys of the bags it has taken in.
    """

    key: str
    revision: str
    lines: tuple[StoredLine, ...]
    code: str = ""
    former: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys under which orders of this bag may have been placed, its own first."""
        return (self.key, *self.former)

    @property
    def placement_key(self) -> str:
        """What an order of exactly this bag is placed under, followed by a count for those after the first."""
        return key_for_placing(self.key, self.revision)

    @property
    def count(self) -> int:
        """Pieces in the bag."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class MergedLine:
    """What became of one variant of a bag that was taken in: units brought, there before, and there now.

    now 0: it found no room among the most different pieces that a bag takes.
    """

    variant_id: int
    brought: int
    before: int
    now: int


class CartStore(Protocol):
    """Every method may be called for a key that is unknown or expired, and in parallel for the same key.

    in_database: what it writes is a part of the database's transaction. A store that is elsewhere must not be called
    inside one, and its methods may raise BagsUnavailable.
    """

    in_database: bool

    def load(self, key: str) -> StoredCart | None:
        """The bag, lines in the order they were added; None when there is none or it has expired."""

    def add(self, key: str, line: StoredLine) -> int:
        """Put that many more units in, up to MAX_QUANTITY; returns how many the line has then. Renews the expiry.

        Raises BagMoved for a bag that another one has taken in.
        """

    def set_quantity(self, key: str, variant_id: int, quantity: int) -> None:
        """Let a line have that many units (1 to MAX_QUANTITY); nothing happens when there is no such line."""

    def change_variant(self, key: str, variant_id: int, line: StoredLine) -> None:
        """Put another variant in a line's place; units of a line that has it already are added to it."""

    def remove(self, key: str, variant_id: int) -> None: ...

    def set_code(self, key: str, code: str) -> None:
        """Keep a voucher code (at most 40 characters) with the bag; an empty one takes it off."""

    def see(self, key: str, prices: Mapping[int, int]) -> None:
        """Note the prices the owner has now been shown, by variant. The revision stays."""

    def clear(self, key: str) -> None:
        """Take every line out, and the code."""

    def settle(self, key: str, order: str, quantities: Mapping[int, int]) -> None:
        """Take what a paid order bought out of the bag, once for each order number, and the code with it.

        What was added since stays. Of a bag that was taken in, out of the one that took it.
        """

    def merge(self, source: str, target: str, most: Mapping[int, int]) -> tuple[MergedLine, ...]:
        """Take the source's lines and code into the target, once, and close the source; what became of each line.

        Units of one variant are summed, up to MAX_QUANTITY and to what `most` says of it; where that is nothing, the
        larger of both stays. The source's code goes before the target's. Nothing happens, and nothing is returned,
        for a source that is unknown, expired or closed, and for a target that is closed or the source itself.
        """

    def purge(self) -> int:
        """Delete expired bags, where the store does not do that by itself; returns how many."""


def store() -> CartStore:
    """The adapter that settings choose."""
    return cast(CartStore, import_string(settings.CART_STORE)())


def key_for_placing(*parts: object) -> str:
    """A placement key: the bag's key, its revision, and a count for orders of the same bag after the first.

    With "" as the last part, what every key begins with that was made of the parts before it.
    """
    return SEPARATOR.join(str(part) for part in parts)


def placed_from(keys: Iterable[str], field: str = "placement_key") -> Q:
    """Finds the orders placed from the bags of these keys; field: the path to the placement key."""
    return reduce(or_, (Q(**{f"{field}__startswith": key_for_placing(key, "")}) for key in keys))


def bag_of(placement_key: str) -> str:
    """The key of the bag from which an order with that placement key was placed."""
    return placement_key.partition(SEPARATOR)[0]


def new_revision() -> str:
    return secrets.token_urlsafe(12)


def open_bags() -> QuerySet[Cart]:
    """Bags that have neither expired nor been taken in by another one."""
    return Cart.objects.filter(expires_at__gt=clock.now(), merged_into="")


def joined(
    brought: Iterable[StoredLine], there: Iterable[StoredLine], most: Mapping[int, int]
) -> tuple[list[StoredLine], list[MergedLine]]:
    """The lines of two bags that become one, and what becomes of each that is brought (CartStore.merge)."""
    lines = {line.variant_id: line for line in there}
    moved = []
    for line in brought:
        before = lines[line.variant_id].quantity if line.variant_id in lines else 0
        now = _units_together(line, before, most) if before or len(lines) < MAX_LINES else 0
        if now:
            lines[line.variant_id] = replace(line, quantity=now)
        moved.append(MergedLine(line.variant_id, line.quantity, before, now))
    return list(lines.values()), moved


def _units_together(line: StoredLine, before: int, most: Mapping[int, int]) -> int:
    limit = min(most.get(line.variant_id, MAX_QUANTITY), MAX_QUANTITY)
    return min(before + line.quantity, limit) if limit > 0 else max(before, line.quantity)


def _stored(cart: Cart) -> list[StoredLine]:
    return [StoredLine(line.variant_id, line.quantity, line.seen_price) for line in cart.lines.all()]


class TableCartStore:
    """Bags in PostgreSQL. Every change locks the bag's row first, so changes of one bag never overlap."""

    in_database = True

    def load(self, key: str) -> StoredCart | None:
        rows = open_bags().filter(key=key).order_by("lines__added_at", "lines__pk")
        line = [f"lines__{name}" for name in ("variant", "quantity", "seen_price")]
        found = list(rows.values_list("revision", "code", "former", *line))
        if not found:
            return None
        revision, code, former, *_ = found[0]
        lines = (StoredLine(variant, quantity, price) for *_, variant, quantity, price in found if variant)
        return StoredCart(key, revision, tuple(lines), code, tuple(former))

    @transaction.atomic
    def add(self, key: str, line: StoredLine) -> int:
        cart = self._open(key)
        return self._put(cart, line)

    @transaction.atomic
    def set_quantity(self, key: str, variant_id: int, quantity: int) -> None:
        if cart := self._changed(key):
            cart.lines.filter(variant_id=variant_id).update(quantity=quantity)

    @transaction.atomic
    def change_variant(self, key: str, variant_id: int, line: StoredLine) -> None:
        cart = self._changed(key)
        if cart is None or not cart.lines.filter(variant_id=variant_id).exists():
            return
        if cart.lines.filter(variant_id=line.variant_id).exists():
            cart.lines.filter(variant_id=variant_id).delete()
            self._put(cart, line)
        else:
            cart.lines.filter(variant_id=variant_id).update(
                variant_id=line.variant_id, quantity=line.quantity, seen_price=line.seen_price
            )

    @transaction.atomic
    def remove(self, key: str, variant_id: int) -> None:
        if cart := self._changed(key):
            cart.lines.filter(variant_id=variant_id).delete()

    @transaction.atomic(savepoint=False)
    def see(self, key: str, prices: Mapping[int, int]) -> None:
        # One query for all lines, which locks the bag's row first like every other change.
        bag = Cart.objects.select_for_update().filter(key=key).values("pk")
        seen = Case(*(When(variant_id=variant_id, then=price) for variant_id, price in prices.items()))
        CartLine.objects.filter(cart_id__in=bag, variant_id__in=prices).update(seen_price=seen)

    @transaction.atomic
    def set_code(self, key: str, code: str) -> None:
        cart = self._locked(key)
        if cart and cart.code != code:
            cart.code, cart.revision = code, new_revision()
            cart.save(update_fields=["code", "revision"])

    @transaction.atomic
    def clear(self, key: str) -> None:
        if cart := self._changed(key):
            cart.lines.all().delete()
            cart.code = ""
            cart.save(update_fields=["code"])

    @transaction.atomic
    def settle(self, key: str, order: str, quantities: Mapping[int, int]) -> None:
        cart = self._standing_for(key)
        if cart is None or order in cart.settled:
            return
        for line in cart.lines.filter(variant_id__in=quantities):
            self._take(line, quantities[line.variant_id])
        cart.settled = [*cart.settled, order][-MAX_SETTLED:]
        cart.code, cart.revision = "", new_revision()
        cart.save(update_fields=["settled", "code", "revision"])

    @transaction.atomic
    def merge(self, source: str, target: str, most: Mapping[int, int]) -> tuple[MergedLine, ...]:
        # A guest's bag first, then an account's: as an account's is never taken in, no two can wait for each other.
        old = self._locked(source)
        if old is None or source == target:
            return ()
        try:
            cart = self._open(target)
        except BagMoved:
            return ()
        moved = joined(_stored(old), _stored(cart), most)[1]
        seen = {line.variant_id: line.seen_price for line in old.lines.all()}
        for line in moved:
            self._take_in(cart, line, seen[line.variant_id])
        cart.code = old.code or cart.code
        cart.former = [*(key for key in cart.former if key != source), source][-MAX_FORMER:]
        cart.settled = [*cart.settled, *(order for order in old.settled if order not in cart.settled)][-MAX_SETTLED:]
        cart.save(update_fields=["code", "former", "settled"])
        old.lines.all().delete()
        old.merged_into, old.code, old.expires_at = target, "", clock.now() + LIFETIME
        old.save(update_fields=["merged_into", "code", "expires_at"])
        return tuple(moved)

    def purge(self) -> int:
        return Cart.objects.filter(expires_at__lte=clock.now()).delete()[1].get("shop.Cart", 0)

    def _locked(self, key: str) -> Cart | None:
        return open_bags().select_for_update().filter(key=key).first()

    def _standing_for(self, key: str) -> Cart | None:
        """The bag, locked; where another one has taken it in, that one."""
        kept = Cart.objects.select_for_update().filter(expires_at__gt=clock.now())
        cart = kept.filter(key=key).first()
        return kept.filter(key=cart.merged_into).first() if cart and cart.merged_into else cart

    def _changed(self, key: str) -> Cart | None:
        """The bag, locked, with a new revision; None when there is none."""
        cart = self._locked(key)
        if cart:
            cart.revision = new_revision()
            cart.save(update_fields=["revision"])
        return cart

    def _open(self, key: str) -> Cart:
        """The bag, locked, made when there is none and emptied when it has expired. Raises BagMoved."""
        now = clock.now()
        fresh = {"revision": new_revision(), "expires_at": now + LIFETIME}
        cart, made = Cart.objects.select_for_update().get_or_create(key=key, defaults=fresh)
        if made:
            return cart
        if cart.expires_at <= now:
            cart.lines.all().delete()
            cart.code, cart.merged_into, cart.former = "", "", []
        if cart.merged_into:
            raise BagMoved("This bag has become part of an account's.")
        cart.revision, cart.expires_at = new_revision(), now + LIFETIME
        cart.save(update_fields=["revision", "code", "expires_at", "merged_into", "former"])
        return cart

    def _take_in(self, cart: Cart, line: MergedLine, price: int) -> None:
        """Bring a line of another bag into the locked one."""
        if line.before:
            cart.lines.filter(variant_id=line.variant_id).update(quantity=line.now, seen_price=price)
        elif line.now:
            cart.lines.create(variant_id=line.variant_id, quantity=line.now, seen_price=price)

    def _put(self, cart: Cart, line: StoredLine) -> int:
        """Add a line's units to the locked bag; returns the units there then."""
        found = cart.lines.filter(variant_id=line.variant_id)
        more = Least(F("quantity") + line.quantity, MAX_QUANTITY)
        if not found.update(quantity=more, seen_price=line.seen_price):
            quantity = min(line.quantity, MAX_QUANTITY)
            CartLine.objects.create(
                cart=cart, variant_id=line.variant_id, quantity=quantity, seen_price=line.seen_price
            )
        return found.values_list("quantity", flat=True).get()

    def _take(self, line: CartLine, quantity: int) -> None:
        if line.quantity > quantity:
            line.quantity -= quantity
            line.save(update_fields=["quantity"])
        else:
            line.delete()
