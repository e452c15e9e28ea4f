"""What every public page needs of the catalogue, kept in the process for as long as the catalogue does not change."""

import hashlib
import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import slugify

from shop.catalog import listings, tables
from shop.catalog.facets import Entry, FacetIndex, build_index
from shop.catalog.models import Category, Colour, Product, ProductListing, Size
from shop.catalog.tables import Tables
from shop.core import clock, shown

NEW_DAYS = 60
REQUEST_KEY = "catalogue_snapshot"
MAX_AGE = timedelta(hours=1)
# A rebuild may take this share of a process's time: one that took 100 ms is followed by a pause of 500 ms in which
# the process shows the version it has. Below this many seconds it is too cheap to bother, so small shops never wait.
PAUSE_FACTOR = 5
CHEAP_SECONDS = 0.05

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
DEPARTMENTS: dict[str, str] = {"women": "Women", "men": "Men"}
# A swatch for each family; families are filters, colours are what is sold.
FAMILY_HEX: dict[str, str] = {
    "white": "#efeae0",
    "neutral": "#b9ab94",
    "brown": "#7a5a40",
    "yellow": "#c98a2d",
    "red": "#9c4a2c",
    "pink": "#c99b92",
    "purple": "#5b3446",
    "blue": "#29334a",
    "green": "#2f4a3e",
    "grey": "#8d8c89",
    "black": "#26262a",
}


ENTRY_COLUMNS = (
    *("pk", "name", "department", "category_id_path"),
    *("price", "on_sale", "in_stock", "published_at", "facet_keys"),
)


@dataclass(frozen=True, slots=True)
class CategoryNode:
    """A category; `products` counts those in it and below it."""

    id: int
    name: str
    slug: str
    url: str
    description: str
    parent_id: int | None
    products: int
    children: tuple["CategoryNode", ...]


@dataclass(frozen=True, slots=True)
class SizeName:
    """A size as filters show it. `token` is its name in an address."""

    id: int
    token: str
    name: str
    system: str


@dataclass(frozen=True, slots=True)
class ColourName:
    """A colour that some product comes in."""

    slug: str
    name: str
    family: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The catalogue at one version: navigation, facet index, the names that filters use, the colours' stylesheet."""

    version: int
    built_at: datetime
    tables: Tables
    nav: tuple[CategoryNode, ...]  # the top categories that have products
    categories: Mapping[str, CategoryNode]
    sizes: Mapping[str, SizeName]
    colours: Mapping[str, ColourName]
    index: FacetIndex
    new: int
    vocabulary: Mapping[str, None]  # the words people may have meant, sorted
    stylesheet: str
    stylesheet_version: str

    @property
    def stylesheet_url(self) -> str:
        """The address of the colours' stylesheet; it changes with the colours only."""
        return f"{reverse('shop-colours')}?v={self.stylesheet_version}"


class _Kept:
    """The process's snapshot and when it may be replaced."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.snapshot: Snapshot | None = None
        self.not_before = 0.0

    def fits(self, version: int) -> Snapshot | None:
        """The kept snapshot if it is good enough for a page of that version."""
        kept = self.snapshot
        if kept is None or version == 0 or clock.now() - kept.built_at > MAX_AGE:
            return None
        return kept if kept.version == version or time.monotonic() < self.not_before else None

    def rebuild(self, version: int) -> Snapshot:
        started = time.thread_time()
        snapshot = build(version)
        took = time.thread_time() - started
        self.not_before = time.monotonic() + (took * PAUSE_FACTOR if took > CHEAP_SECONDS else 0)
        self.snapshot = snapshot
        return snapshot


_kept = _Kept()


def current() -> Snapshot:
    """The snapshot of the present catalogue: one small query, and a rebuild after a change."""
    version = listings.version()
    found = _kept.fits(version)
    if found:
        if found.version != version:
            # Made of an older catalogue, whose changes were purged already: no edge may keep such a page.
            shown.shows_until(clock.now())
        return found
    with _kept.lock:  # one thread builds, the others take what it built
        return _kept.fits(version) or _kept.rebuild(version)


def of(request: HttpRequest) -> Snapshot:
    """The snapshot that this request's page is made of: asked for once, the same in the view and in every part."""
    found: Snapshot | None = getattr(request, REQUEST_KEY, None)
    if found is None:
        found = current()
        setattr(request, REQUEST_KEY, found)
    return found


def build(version: int) -> Snapshot:
    """Reads the listing rows and the small tables, two queries, whatever the number of products."""
    now = clock.now()
    entries = _entries()
    index = build_index(entries)
    small = tables.read()
    tree = _tree(index, small.all(Category))
    by_slug = _by_slug(tree)
    colours = sorted(small.all(Colour), key=lambda colour: colour.name)
    stylesheet = _stylesheet(colours)
    return Snapshot(
        version=version,
        built_at=now,
        tables=small,
        nav=tuple(node for node in tree if node.products),
        categories=by_slug,
        sizes=_size_names(small.all(Size)),
        colours={colour.slug: ColourName(colour.slug, colour.name, colour.family) for colour in colours},
        index=index,
        new=index.where(n for n, e in enumerate(entries) if e.published_at > now - timedelta(days=NEW_DAYS)),
        vocabulary=_vocabulary(
            [*(e.name for e in entries), *(c.name for c in colours), *(n.name for n in by_slug.values())]
        ),
        stylesheet=stylesheet,
        stylesheet_version=hashlib.sha256(stylesheet.encode()).hexdigest()[:12],
    )


def _entries() -> list[Entry]:
    # Plain tuples: at thousands of products a model instance each would cost more than the rest of the rebuild.
    rows = ProductListing.objects.order_by("pk").values_list(*ENTRY_COLUMNS)
    return [
        Entry(pk, name, _departments(department), categories, price, on_sale, in_stock, published_at, keys)
        for pk, name, department, categories, price, on_sale, in_stock, published_at, keys in rows
    ]


def _departments(department: str) -> Sequence[str]:
    """Where a product is shown: what is for everybody stands under women and under men."""
    return tuple(DEPARTMENTS) if department == Product.Department.UNISEX else (department,)


def _tree(index: FacetIndex, categories: Iterable[Category]) -> tuple[CategoryNode, ...]:
    children: dict[int | None, list[Category]] = {}
    for category in sorted(categories, key=lambda category: (category.position, category.name)):
        children.setdefault(category.parent_id, []).append(category)

    def nodes(parent_id: int | None) -> tuple[CategoryNode, ...]:
        return tuple(node(category) for category in children.get(parent_id, []))

    def node(category: Category) -> CategoryNode:
        return CategoryNode(
            id=category.pk,
            name=category.name,
            slug=category.slug,
            url=category.get_absolute_url(),
            description=category.description,
            parent_id=category.parent_id,
            products=index.categories.get(category.pk, 0).bit_count(),
            children=nodes(category.pk),
        )

    return nodes(None)


def _by_slug(tree: Sequence[CategoryNode]) -> dict[str, CategoryNode]:
    found: dict[str, CategoryNode] = {}
    for node in tree:
        found[node.slug] = node
        found |= _by_slug(node.children)
    return found


def _size_names(sizes: Iterable[Size]) -> dict[str, SizeName]:
    """Sizes by their name in an address: 'm'; where two systems share a name, the later one is 'waist-30'."""
    found: dict[str, SizeName] = {}
    for size in sorted(sizes, key=lambda size: (size.system_id, size.position)):
        token = slugify(size.name) or str(size.pk)
        if token in found:
            token = f"{slugify(size.system.name)}-{token}"
        found[token] = SizeName(size.pk, token, size.name, size.system.name)
    return found


def _vocabulary(names: Iterable[str]) -> dict[str, None]:
    words = {word for name in names for word in WORD.findall(name.lower()) if len(word) > 2}
    return dict.fromkeys(sorted(words))


def _stylesheet(colours: Sequence[Colour]) -> str:
    """A class for each colour's and each family's dot. Anything that is not plainly a colour is left out."""
    rules = [f".f-{family} {{ --c: {value}; }}" for family, value in FAMILY_HEX.items()]
    for colour in colours:
        value = _dot(colour)
        if value and re.fullmatch(r"[\w-]+", colour.slug, re.ASCII):
            rules.append(f".c-{colour.slug} {{ --c: {value}; }}")
    return "\n".join(rules) + "\n"


def _dot(colour: Colour) -> str:
    parts = [part for part in (colour.hex, colour.accent_hex) if re.fullmatch(r"#[0-9a-fA-F]{6}", part)]
    return f"linear-gradient(135deg, {parts[0]} 50%, {parts[1]} 50%)" if len(parts) == 2 else "".join(parts)
