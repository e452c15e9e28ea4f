"""The facet index: which products have what, as bitsets, so that filtering and counting are a few `&` and `|`.

A bitset is a Python int whose bit n stands for the n-th product of the index. Colour, size and stock belong to a
variant, so they are kept joined: a product is "blue, in M, in stock" only if one of its variants is all three.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

K = TypeVar("K")

# Price bands of the filter, minor units of the shop's currency: from (included), to (excluded, None: no end).
BANDS: dict[str, tuple[int, int | None]] = {"0-50": (0, 5000), "50-100": (5000, 10000), "100-": (10000, None)}
SORTS = ("newest", "price", "-price", "name")


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index is told of one product."""

    product_id: int
    name: str
    departments: Sequence[str]
    category_ids: Sequence[int]
    price: int
    on_sale: bool
    in_stock: bool
    published_at: datetime
    facet_keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class VariantKey:
    """What filters may ask of one variant."""

    family: str
    size_id: int
    in_stock: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A choice: within a field any of its values will do (none given: all do), across fields all must hold."""

    categories: Collection[int] = ()
    departments: Collection[str] = ()
    bands: Collection[str] = ()
    families: Collection[str] = ()
    sizes: Collection[int] = ()
    in_stock: bool = False
    on_sale: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How many products each value would give, the choice in its own facet left aside."""

    categories: Mapping[int, int]
    departments: Mapping[str, int]
    bands: Mapping[str, int]
    families: Mapping[str, int]
    sizes: Mapping[int, int]
    in_stock: int
    on_sale: int


@dataclass(frozen=True, slots=True)
class FacetIndex:
    """Bitsets over the listed products of one catalogue version."""

    ids: Sequence[int]
    everything: int
    categories: Mapping[int, int]
    departments: Mapping[str, int]
    bands: Mapping[str, int]
    on_sale: int
    variants: Mapping[VariantKey, int]
    orders: Mapping[str, Sequence[int]]
    positions: Mapping[int, int]

    def matching(self, wanted: Wanted, within: int) -> int:
        """The products of `within` that are as wanted."""
        return within & self._product_part(wanted) & self._variant_part(wanted)

    def counts(self, wanted: Wanted, within: int) -> Counts:
        """Counts for every value of every facet, among the products of `within`."""
        variants = within & self._variant_part(wanted)
        parts = self._parts(wanted)
        products = within & _all_of(parts.values(), self.everything)
        return Counts(
            categories=_count(self.categories, variants & self._others(parts, "categories")),
            departments=_count(self.departments, variants & self._others(parts, "departments")),
            bands=_count(self.bands, variants & self._others(parts, "bands")),
            families=_count(self._by_family(wanted), products),
            sizes=_count(self._by_size(wanted), products),
            in_stock=(products & self._variants_as(wanted.families, wanted.sizes, True)).bit_count(),
            on_sale=(variants & self.on_sale & self._others(parts, "on_sale")).bit_count(),
        )

    def page(self, products: int, order: Sequence[int], start: int, stop: int) -> list[int]:
        """Product ids of that slice of the set, in that order of positions."""
        found: list[int] = []
        flags = f"{products:0{len(self.ids) or 1}b}"[::-1]
        seen = 0
        for position in order:
            if flags[position] == "1":
                if seen >= start:
                    found.append(self.ids[position])
                seen += 1
                if seen == stop:
                    break
        return found

    def where(self, positions: Iterable[int]) -> int:
        """The bitset of these positions."""
        return to_bits(positions, len(self.ids))

    def set_of(self, product_ids: Iterable[int]) -> tuple[int, list[int]]:
        """These products as a bitset, and their positions in the given order. Unlisted ones are left out."""
        order = [self.positions[pk] for pk in product_ids if pk in self.positions]
        return to_bits(order, len(self.ids)), order

    def _parts(self, wanted: Wanted) -> dict[str, int]:
        return {
            "categories": _any_of(self.categories, wanted.categories, self.everything),
            "departments": _any_of(self.departments, wanted.departments, self.everything),
            "bands": _any_of(self.bands, wanted.bands, self.everything),
            "on_sale": self.on_sale if wanted.on_sale else self.everything,
        }

    def _product_part(self, wanted: Wanted) -> int:
        return _all_of(self._parts(wanted).values(), self.everything)

    def _others(self, parts: Mapping[str, int], left_out: str) -> int:
        return _all_of((bits for name, bits in parts.items() if name != left_out), self.everything)

    def _variant_part(self, wanted: Wanted) -> int:
        if not (wanted.families or wanted.sizes or wanted.in_stock):
            return self.everything
        return self._variants_as(wanted.families, wanted.sizes, wanted.in_stock)

    def _variants_as(self, families: Collection[str], sizes: Collection[int], in_stock: bool) -> int:
        found = 0
        for _, bits in self._keys(families, sizes, in_stock):
            found |= bits
        return found

    def _keys(
        self, families: Collection[str], sizes: Collection[int], in_stock: bool
    ) -> Iterator[tuple[VariantKey, int]]:
        for key, bits in self.variants.items():
            if (
                (not families or key.family in families)
                and (not sizes or key.size_id in sizes)
                and (key.in_stock or not in_stock)
            ):
                yield key, bits

    def _by_family(self, wanted: Wanted) -> dict[str, int]:
        found: dict[str, int] = {}
        for key, bits in self._keys((), wanted.sizes, wanted.in_stock):
            found[key.family] = found.get(key.family, 0) | bits
        return found

    def _by_size(self, wanted: Wanted) -> dict[int, int]:
        found: dict[int, int] = {}
        for key, bits in self._keys(wanted.families, (), wanted.in_stock):
            found[key.size_id] = found.get(key.size_id, 0) | bits
        return found


def build_index(entries: Sequence[Entry]) -> FacetIndex:
    """The index over these products."""
    size = len(entries)
    return FacetIndex(
        ids=[entry.product_id for entry in entries],
        everything=(1 << size) - 1,
        categories=_bitsets(((n, key) for n, e in enumerate(entries) for key in e.category_ids), size),
        departments=_bitsets(((n, key) for n, e in enumerate(entries) for key in e.departments), size),
        bands=_bitsets(((n, band_of(e.price)) for n, e in enumerate(entries)), size),
        on_sale=to_bits((n for n, e in enumerate(entries) if e.on_sale), size),
        variants={
            _variant_key(key): bits
            for key, bits in _bitsets(((n, key) for n, e in enumerate(entries) for key in e.facet_keys), size).items()
        },
        orders=_orders(entries),
        positions={entry.product_id: n for n, entry in enumerate(entries)},
    )


def band_of(price: int) -> str:
    """The price band of a price in minor units."""
    return next(name for name, (low, high) in BANDS.items() if low <= price and (high is None or price < high))


def to_bits(positions: Iterable[int], size: int) -> int:
    """Positions below `size` as a bitset."""
    # In a byte array first: setting bits of an int one by one copies the whole int each time.
    buffer = bytearray(size // 8 + 1)
    for position in positions:
        buffer[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(buffer, "little")


def _bitsets(pairs: Iterable[tuple[int, K]], size: int) -> dict[K, int]:
    positions: dict[K, list[int]] = {}
    for position, key in pairs:
        positions.setdefault(key, []).append(position)
    return {key: to_bits(found, size) for key, found in positions.items()}


def _variant_key(key: str) -> VariantKey:
    family, size_id, in_stock = key.split("|")
    return VariantKey(family, int(size_id), in_stock == "1")


def _orders(entries: Sequence[Entry]) -> dict[str, list[int]]:
    """Positions in each sort order; what is sold out comes last in all of them."""
    newest = sorted(range(len(entries)), key=lambda n: (entries[n].published_at, entries[n].product_id), reverse=True)
    orders = {
        "newest": newest,
        "price": sorted(newest, key=lambda n: entries[n].price),
        "-price": sorted(newest, key=lambda n: -entries[n].price),
        "name": sorted(newest, key=lambda n: entries[n].name.casefold()),
    }
    return {sort: sorted(order, key=lambda n: not entries[n].in_stock) for sort, order in orders.items()}


def _any_of(bitsets: Mapping[K, int], keys: Collection[K], everything: int) -> int:
    """The union of the bitsets of these keys; everything when none is asked for."""
    if not keys:
        return everything
    found = 0
    for key in keys:
        found |= bitsets.get(key, 0)
    return found


def _all_of(bitsets: Iterable[int], everything: int) -> int:
    found = everything
    for bits in bitsets:
        found &= bits
    return found


def _count(bitsets: Mapping[K, int], among: int) -> dict[K, int]:
    return {key: (bits & among).bit_count() for key, bits in bitsets.items()}
