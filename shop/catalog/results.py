"""A page of products for a choice of filters: the cards, the facets with counts, the chips, the ways on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from shop.catalog.cards import Card, cards_for
from shop.catalog.facets import BANDS, Counts, Wanted
from shop.catalog.filters import BEST, Filters
from shop.catalog.models import Colour
from shop.catalog.snapshot import DEPARTMENTS, CategoryNode, Snapshot
from shop.core.money import format_money

PAGE_SIZE = 24
SORT_NAMES = {"newest": "Newest", "price": "Price, low to high", "-price": "Price, high to low", "name": "Name, A to Z"}


class NoSuchPage(Exception):
    """The address asks for a page that the list does not have."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a page lists before any filter: its address, its products, and the categories to choose from there.

    `ranking` are positions in the page's own order (a search's best match first).
    """

    path: str
    products: int
    categories: Sequence[CategoryNode]
    departments: Mapping[str, str]
    ranking: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A value to choose: a checkbox."""

    param: str
    value: str
    label: str
    count: int
    checked: bool
    swatch: str = ""

    @property
    def disabled(self) -> bool:
        """Nothing would be found; what is chosen can always be unchosen."""
        return not self.count and not self.checked


@dataclass(frozen=True, slots=True)
class Facet:
    """A group of values to choose from; named sections divide them where they are of several kinds."""

    label: str
    sections: Sequence[tuple[str, Sequence[Option]]]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Sort:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Results:
    """All that the listing's template shows below its heading."""

    path: str
    filters: Filters
    total: int
    seen: int
    pages: int
    cards: Sequence[Card]
    facets: Sequence[Facet]
    chips: Sequence[Chip]
    sorts: Sequence[Sort]
    clear_url: str
    previous_url: str
    next_url: str

    @property
    def sort_label(self) -> str:
        return next(sort.label for sort in self.sorts if sort.chosen)


@dataclass(frozen=True, slots=True)
class Found:
    """The products of one page, by id. `within` are those that the facets count among."""

    ids: Sequence[int]
    total: int
    pages: int
    wanted: Wanted
    within: int


def find(snapshot: Snapshot, scope: Scope, filters: Filters) -> Found:
    """The page that the filters ask for, from memory. Raises NoSuchPage beyond either end."""
    wanted = filters.wanted(snapshot)
    within = scope.products & snapshot.new if filters.new else scope.products
    found = snapshot.index.matching(wanted, within)
    total = found.bit_count()
    pages = max(1, -(-total // PAGE_SIZE))
    if not 1 <= filters.page <= pages:
        raise NoSuchPage(filters.page)
    start = (filters.page - 1) * PAGE_SIZE
    ids = snapshot.index.page(found, _order(snapshot, scope, filters), start, start + PAGE_SIZE)
    return Found(ids, total, pages, wanted, within)


def results_for(snapshot: Snapshot, scope: Scope, filters: Filters) -> Results:
    """The same as a page shows it: one query, for the cards. Raises NoSuchPage."""
    found = find(snapshot, scope, filters)
    wanted = found.wanted
    return Results(
        path=scope.path,
        filters=filters,
        total=found.total,
        seen=min(filters.page * PAGE_SIZE, found.total),
        pages=found.pages,
        cards=cards_for(found.ids, families=wanted.families, sizes=wanted.sizes, in_stock=wanted.in_stock),
        facets=facets(snapshot, scope, filters, found.within),
        chips=[
            Chip(chip_label(snapshot, param, value), scope.path + filters.without(param, value).query())
            for param, value in filters.active
        ],
        sorts=sorts(scope, filters),
        clear_url=scope.path + filters.cleared().query(),
        previous_url=scope.path + filters.on_page(filters.page - 1).query() if filters.page > 1 else "",
        next_url=scope.path + filters.on_page(filters.page + 1).query() if filters.page < found.pages else "",
    )


def _order(snapshot: Snapshot, scope: Scope, filters: Filters) -> Sequence[int]:
    if scope.ranking is not None and not filters.sort:
        return scope.ranking
    return snapshot.index.orders[filters.sort or "newest"]


def sorts(scope: Scope, filters: Filters) -> list[Sort]:
    """The orders to choose from; the page's own order has the empty value, so that it adds nothing to the address."""
    own = "newest" if scope.ranking is None else BEST
    names = {BEST: "Best match"} | SORT_NAMES if own == BEST else SORT_NAMES
    chosen = filters.sort or own
    return [Sort("" if value == own else value, label, value == chosen) for value, label in names.items()]


def facets(snapshot: Snapshot, scope: Scope, filters: Filters, within: int) -> list[Facet]:
    """The facets that this page's products have, each value with the number of products it would give."""
    present = snapshot.index.counts(Wanted(), within)
    counts = snapshot.index.counts(filters.wanted(snapshot), within) if filters.active else present
    build = _FacetBuilder(snapshot, scope, filters, present, counts)
    groups = [build.category(), build.department(), build.colour(), build.size(), build.price()]
    # One value alone divides nothing; availability does, since sold-out pieces are listed too.
    return [facet for facet in groups if sum(len(options) for _, options in facet.sections) > 1] + [
        build.availability()
    ]


@dataclass(frozen=True, slots=True)
class _FacetBuilder:
    snapshot: Snapshot
    scope: Scope
    filters: Filters
    present: Counts
    counts: Counts

    def category(self) -> Facet:
        chosen = self.filters.categories
        shown = [node for node in self.scope.categories if self.present.categories.get(node.id) or node.slug in chosen]
        options = [
            Option("category", node.slug, node.name, self.counts.categories.get(node.id, 0), node.slug in chosen)
            for node in shown
        ]
        return self._facet("Category", options, is_open=True)

    def department(self) -> Facet:
        chosen = self.filters.departments
        options = [
            Option("department", value, label, self.counts.departments.get(value, 0), value in chosen)
            for value, label in self.scope.departments.items()
            if self.present.departments.get(value)
        ]
        return self._facet("For", options)

    def colour(self) -> Facet:
        chosen = self.filters.families
        options = [
            Option("colour", family, label, self.counts.families.get(family, 0), family in chosen, f"f-{family}")
            for family, label in Colour.Family.choices
            if self.present.families.get(family)
        ]
        return self._facet("Colour", options, is_open=True)

    def size(self) -> Facet:
        chosen = self.filters.sizes
        systems: dict[str, list[Option]] = {}
        for token, size in self.snapshot.sizes.items():
            if self.present.sizes.get(size.id):
                option = Option("size", token, size.name, self.counts.sizes.get(size.id, 0), token in chosen)
                systems.setdefault(size.system, []).append(option)
        sections = [(system if len(systems) > 1 else "", options) for system, options in systems.items()]
        return Facet("Size", sections, is_open=len(systems) == 1 or bool(chosen))

    def price(self) -> Facet:
        options = [
            Option("price", band, band_label(band), self.counts.bands.get(band, 0), band in self.filters.bands)
            for band in BANDS
            if self.present.bands.get(band)
        ]
        return self._facet("Price", options)

    def availability(self) -> Facet:
        given = {
            "stock": (self.present.in_stock, self.counts.in_stock, self.filters.in_stock),
            "sale": (self.present.on_sale, self.counts.on_sale, self.filters.on_sale),
        }
        options = [
            Option(param, "1", FLAG_LABELS[param], count, checked)
            for param, (present, count, checked) in given.items()
            if present or checked
        ]
        return self._facet("Availability", options, is_open=True)

    def _facet(self, label: str, options: Sequence[Option], is_open: bool = False) -> Facet:
        return Facet(label, [("", options)], is_open or any(option.checked for option in options))


FLAG_LABELS = {"stock": "In stock", "sale": "On sale"}


def chip_label(snapshot: Snapshot, param: str, value: str) -> str:
    """What a chosen value is called: 'Size M', 'Blue', 'Under £50'."""
    if param in FLAG_LABELS:
        return FLAG_LABELS[param]
    labels = {
        "category": lambda: snapshot.categories[value].name,
        "department": lambda: DEPARTMENTS[value],
        "colour": lambda: str(Colour.Family(value).label),
        "size": lambda: f"Size {snapshot.sizes[value].name}",
        "price": lambda: band_label(value),
    }
    return labels[param]()


def band_label(band: str) -> str:
    """'Under £50', '£50 to £100', '£100 and over'."""
    low, high = BANDS[band]
    if high is None:
        return f"{format_money(low, settings.SHOP_CURRENCY)} and over"
    if not low:
        return f"Under {format_money(high, settings.SHOP_CURRENCY)}"
    return f"{format_money(low, settings.SHOP_CURRENCY)} to {format_money(high, settings.SHOP_CURRENCY)}"
