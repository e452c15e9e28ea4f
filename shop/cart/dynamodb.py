"""The carts port over DynamoDB: an item for each bag, read and written back whole unless somebody wrote meanwhile.

Each write bears a stamp of its own, and holds only where the stamp that was read is still the newest. An item
remembers its last stamps: a write that went in although its answer was lost, and whose repeat was then refused, is
known by them and not made a second time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from math import ceil

from django.conf import settings

from shop.adapters import dynamodb
from shop.adapters.dynamodb import Conflict, DynamoError, Item, Put, TooLarge
from shop.cart.stores import (
    LIFETIME,
    MAX_FORMER,
    MAX_QUANTITY,
    MAX_SETTLED,
    BagMoved,
    BagsUnavailable,
    MergedLine,
    StoredCart,
    StoredLine,
    joined,
    new_revision,
)
from shop.core import clock

# How often a change is thought over anew because another one came first.
TRIES = 20
MAX_STAMPS = 8
OUT_OF_REACH = "We cannot reach your bag just now. Please try again in a moment."
FULL = "Your bag holds more than we can keep. Order what is in it first, or take something out."
LISTS = ("stamps", "former", "settled")
# What an item has of a line: variant, quantity, seen price.
LINE = 3


@dataclass(frozen=True, slots=True)
class Bag:
    """An item. Stamps: newest first. expires: in seconds since 1970, for TTL, which deletes late."""

    key: str
    expires: int = 0
    revision: str = ""
    stamp: str = ""
    stamps: tuple[str, ...] = ()
    lines: tuple[StoredLine, ...] = ()
    code: str = ""
    former: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    merged_into: str = ""

    @classmethod
    def read(cls, key: str) -> "Bag":
        """The bag as the last write left it; where there is none, one without a stamp, which has expired."""
        item = dynamodb.get(settings.CARTS_TABLE, {"key": key})
        if item is None:
            return cls(key)
        # A newer release may have written more, before it was rolled back; an older one less.
        kept = {name: item[name] for name in cls.__dataclass_fields__ if name in item}
        kept |= {name: tuple(item.get(name, ())) for name in LISTS}
        return cls(**kept | {"lines": tuple(StoredLine(*line[:LINE]) for line in item.get("lines", ()))})

    @property
    def is_live(self) -> bool:
        return self.expires > clock.now().timestamp()

    @property
    def is_open(self) -> bool:
        return self.is_live and not self.merged_into

    def begun(self) -> "Bag":
        """The bag with its time renewed; begun anew where that was over."""
        bag = self if self.is_live else Bag(self.key, stamp=self.stamp, stamps=self.stamps, settled=self.settled)
        return replace(bag, expires=ceil((clock.now() + LIFETIME).timestamp()))

    def holding(self, lines: Iterable[StoredLine]) -> "Bag":
        """The bag with these lines, as another revision."""
        return replace(self, lines=tuple(lines), revision=new_revision())

    def write(self, stamp: str) -> Put:
        """The write of this bag, as that stamp, in the place of the one that was read."""
        stamps = [stamp, *self.stamps][:MAX_STAMPS]
        lines = [[line.variant_id, line.quantity, line.seen_price] for line in self.lines]
        lists = {name: list(getattr(self, name)) for name in LISTS}
        item: Item = asdict(self) | lists | {"stamp": stamp, "stamps": stamps, "lines": lines}
        if self.stamp:
            return Put(settings.CARTS_TABLE, item, attribute="stamp", value=self.stamp)
        return Put(settings.CARTS_TABLE, item, absent="key")


Change = Callable[[Bag], Bag | None]


@contextmanager
def in_words() -> Iterator[None]:
    """Whatever DynamoDB has against the block, in words for the bag's owner."""
    try:
        yield
    except TooLarge as error:
        raise BagsUnavailable(FULL) from error
    except DynamoError as error:
        raise BagsUnavailable(OUT_OF_REACH) from error


class DynamoCartStore:
    """Bags in DynamoDB. A change of a bag that changes at the same moment is made again on top of the other's."""

    in_database = False

    @in_words()
    def load(self, key: str) -> StoredCart | None:
        bag = Bag.read(key)
        return StoredCart(key, bag.revision, bag.lines, bag.code, bag.former) if bag.is_open else None

    def add(self, key: str, line: StoredLine) -> int:
        def put(bag: Bag) -> Bag:
            if bag.is_live and bag.merged_into:
                raise BagMoved("This bag has become part of an account's.")
            begun = bag.begun()
            return begun.holding(added(begun.lines, line))

        written = change(key, put)
        assert written, "adding always writes"
        return next(there.quantity for there in written.lines if there.variant_id == line.variant_id)

    def set_quantity(self, key: str, variant_id: int, quantity: int) -> None:
        def choose(lines: tuple[StoredLine, ...]) -> list[StoredLine]:
            return [replace(line, quantity=quantity) if line.variant_id == variant_id else line for line in lines]

        change_lines(key, choose)

    def change_variant(self, key: str, variant_id: int, line: StoredLine) -> None:
        def exchange(lines: tuple[StoredLine, ...]) -> list[StoredLine]:
            there = {each.variant_id for each in lines}
            if variant_id not in there:
                return list(lines)
            if line.variant_id in there:
                return added(without(lines, variant_id), line)
            return [line if each.variant_id == variant_id else each for each in lines]

        change_lines(key, exchange)

    def remove(self, key: str, variant_id: int) -> None:
        change_lines(key, lambda lines: without(lines, variant_id))

    def set_code(self, key: str, code: str) -> None:
        def keep(bag: Bag) -> Bag | None:
            changes = bag.is_open and bag.code != code
            return replace(bag, code=code, revision=new_revision()) if changes else None

        change(key, keep)

    def see(self, key: str, prices: Mapping[int, int]) -> None:
        def note(bag: Bag) -> Bag | None:
            lines = tuple(replace(line, seen_price=prices.get(line.variant_id, line.seen_price)) for line in bag.lines)
            return replace(bag, lines=lines) if lines != bag.lines else None

        change(key, note)

    def clear(self, key: str) -> None:
        change(key, lambda bag: replace(bag.holding(()), code="") if bag.is_open else None)

    def settle(self, key: str, order: str, quantities: Mapping[int, int]) -> None:
        taken_in_by = ""

        def take(bag: Bag) -> Bag | None:
            nonlocal taken_in_by
            taken_in_by = bag.merged_into if bag.is_live else ""
            return settled(bag, order, quantities) if bag.is_open else None

        change(key, take)
        if taken_in_by:
            change(taken_in_by, take)

    @in_words()
    def merge(self, source: str, target: str, most: Mapping[int, int]) -> tuple[MergedLine, ...]:
        if source == target:
            return ()
        stamp = new_revision()
        moved: tuple[MergedLine, ...] = ()
        for _ in tries():
            old, cart = Bag.read(source), Bag.read(target)
            if moved and stamp in old.stamps:
                return moved
            if not old.is_open or (cart.is_live and cart.merged_into):
                return ()
            both, moved = taken_in(old, cart.begun(), most)
            closed = replace(old.begun(), lines=(), code="", merged_into=target)
            if went_in([closed.write(stamp), both.write(stamp)]):
                return moved
        raise BagsUnavailable(OUT_OF_REACH)

    def purge(self) -> int:
        """DynamoDB deletes what has expired by itself."""
        return 0


def tries() -> Iterator[int]:
    """The tries that a change has, with a pause before each but the first."""
    for turn in range(TRIES):
        if turn:
            dynamodb.pause(turn)
        yield turn


def went_in(writes: Sequence[Put]) -> bool:
    """Whether they did; not when somebody else's came first."""
    try:
        if len(writes) > 1:
            dynamodb.transact(writes)
        else:
            dynamodb.write(writes[0])
    except Conflict:
        return False
    return True


@in_words()
def change(key: str, think: Change) -> Bag | None:
    """Write what `think` makes of the bag, which it may be asked anew; None from it leaves the bag as it is."""
    stamp, thought = new_revision(), None
    for _ in tries():
        bag = Bag.read(key)
        if thought and stamp in bag.stamps:
            return thought
        thought = think(bag)
        if thought is None or went_in([thought.write(stamp)]):
            return thought
    raise BagsUnavailable(OUT_OF_REACH)


def change_lines(key: str, think: Callable[[tuple[StoredLine, ...]], Iterable[StoredLine]]) -> None:
    change(key, lambda bag: bag.holding(think(bag.lines)) if bag.is_open else None)


def without(lines: Iterable[StoredLine], variant_id: int) -> list[StoredLine]:
    return [line for line in lines if line.variant_id != variant_id]


def added(lines: Iterable[StoredLine], line: StoredLine) -> list[StoredLine]:
    """The lines with its units added to the line of its variant, which keeps its place, or as a new one at the end."""
    found = {each.variant_id: each for each in lines}
    before = found[line.variant_id].quantity if line.variant_id in found else 0
    found[line.variant_id] = replace(line, quantity=min(before + line.quantity, MAX_QUANTITY))
    return list(found.values())


def settled(bag: Bag, order: str, quantities: Mapping[int, int]) -> Bag | None:
    """The bag without what that order bought; None where it was taken out before."""
    if order in bag.settled:
        return None
    rest = [replace(line, quantity=line.quantity - quantities.get(line.variant_id, 0)) for line in bag.lines]
    left = bag.holding(line for line in rest if line.quantity > 0)
    return replace(left, code="", settled=(*bag.settled, order)[-MAX_SETTLED:])


def taken_in(old: Bag, cart: Bag, most: Mapping[int, int]) -> tuple[Bag, tuple[MergedLine, ...]]:
    """The bag that has taken in the old one, and what became of the old one's lines."""
    lines, moved = joined(old.lines, cart.lines, most)
    former = (*(key for key in cart.former if key != old.key), old.key)[-MAX_FORMER:]
    paid = (*cart.settled, *(order for order in old.settled if order not in cart.settled))[-MAX_SETTLED:]
    both = replace(cart.holding(lines), code=old.code or cart.code, former=former, settled=paid)
    return both, tuple(moved)
