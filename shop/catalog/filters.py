"""What a visitor asks of a listing, as their address says it: read leniently, written in one canonical way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from shop.catalog.facets import BANDS, SORTS, Wanted
from shop.catalog.models import Colour
from shop.catalog.snapshot import DEPARTMENTS, Snapshot

QUERY_LENGTH = 100
MAX_PAGE = 100_000
BEST = "best"  # the order of a search; the first of SORTS is that of a listing
# Parameters with several values, and the field that keeps them.
CHOICES = {
    "category": "categories",
    "department": "departments",
    "colour": "families",
    "size": "sizes",
    "price": "bands",
}
FLAGS = {"stock": "in_stock", "sale": "on_sale", "new": "new"}


@dataclass(frozen=True, slots=True)
class Filters:
    """One address's choice. All values are known ones; `page` counts from 1."""

    q: str = ""
    categories: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    in_stock: bool = False
    on_sale: bool = False
    new: bool = False
    sort: str = ""
    page: int = 1

    @property
    def active(self) -> list[tuple[str, str]]:
        """What was chosen, as (parameter, value), in the order of the facets."""
        chosen = [(param, value) for param, field in CHOICES.items() for value in getattr(self, field)]
        return chosen + [(param, "1") for param, field in FLAGS.items() if getattr(self, field) and param != "new"]

    def query(self) -> str:
        """The canonical query string with its question mark, or nothing."""
        pairs: list[tuple[str, Any]] = [("q", self.q)] if self.q else []
        pairs += [("new", "1")] if self.new else []
        pairs += self.active
        pairs += [("sort", self.sort)] if self.sort else []
        pairs += [("page", self.page)] if self.page > 1 else []
        return "?" + urlencode(pairs) if pairs else ""

    def without(self, param: str, value: str) -> "Filters":
        """The same choice less one value, from its first page."""
        changes: dict[str, Any] = {"page": 1}
        if param in FLAGS:
            changes[FLAGS[param]] = False
        else:
            changes[CHOICES[param]] = tuple(kept for kept in getattr(self, CHOICES[param]) if kept != value)
        return replace(self, **changes)

    def cleared(self) -> "Filters":
        """The same words and order without any filter."""
        return Filters(q=self.q, sort=self.sort, new=self.new)

    def on_page(self, page: int) -> "Filters":
        return replace(self, page=page)

    def wanted(self, snapshot: Snapshot) -> Wanted:
        """The choice in the facet index's own terms."""
        return Wanted(
            categories=[snapshot.categories[slug].id for slug in self.categories],
            departments=self.departments,
            bands=self.bands,
            families=self.families,
            sizes=[snapshot.sizes[token].id for token in self.sizes],
            in_stock=self.in_stock,
            on_sale=self.on_sale,
        )


def parse(query: QueryDict, snapshot: Snapshot) -> Filters:
    """Reads an address's query. What is broken or unknown is left out; a page that is no number is 0."""
    known = {
        "categories": snapshot.categories,
        "departments": DEPARTMENTS,
        "families": dict.fromkeys(Colour.Family.values),
        "sizes": snapshot.sizes,
        "bands": BANDS,
    }
    choices: dict[str, Any] = {field: _known(query.getlist(param), known[field]) for param, field in CHOICES.items()}
    flags: dict[str, Any] = {field: query.get(param) == "1" for param, field in FLAGS.items()}
    sort = query.get("sort", "")
    return Filters(
        q=clean_words(query.get("q", "")),
        sort=sort if sort in SORTS else "",
        page=_page(query.get("page", "1")),
        **choices,
        **flags,
    )


def clean_words(text: str) -> str:
    """What was searched for, on one line and at most 100 characters. NUL, which PostgreSQL refuses, is dropped."""
    return " ".join(text.replace("\0", " ").split())[:QUERY_LENGTH].strip()


def _known(given: Iterable[str], known: Mapping[str, Any]) -> tuple[str, ...]:
    """The known ones of the given values, each once, in the shop's own order."""
    wanted = {value.lower() for value in given}
    return tuple(value for value in known if value in wanted)


def _page(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        return 0
    return min(int(text[:7]), MAX_PAGE)


assert {*CHOICES.values(), *FLAGS.values()} <= {field.name for field in fields(Filters)}
