"""What a change of a product makes fall at the edge: the tags of pages that show it, count it, order it or find it.

A list's tag stands for all of its pages, since each of them counts and orders all of its products. What only some of
its pages depend on has a tag of its own: the exact price where the price orders them, the stock of each size where a
filter asks for variants.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from shop.catalog.facets import BANDS
from shop.catalog.models import Product, ProductListing
from shop.core.shown import EVERYTHING, card, product

if TYPE_CHECKING:
    from shop.catalog.filters import Filters

ALL, HOME, SEARCH = "list:all", "home", "search"
PRICE, STOCK = "price", "stock"
DEPARTMENTS = (Product.Department.WOMEN.value, Product.Department.MEN.value)
# What the lists count and order by, but for prices within a band and the stock of single sizes.
COUNTED = ("name", "category_id_path", "department", "published_at", "on_sale", "in_stock")


def of_department(slug: str) -> str:
    return f"list:{slug}"


def of_category(pk: int) -> str:
    return f"list:{pk}"


def of_list(tag: str, filters: "Filters") -> set[str]:
    """The tags of a page of that list with these filters."""
    found = {tag}
    if filters.sort in ("price", "-price"):
        found.add(f"{tag}:{PRICE}")
    if filters.in_stock or filters.families or filters.sizes:
        found.add(f"{tag}:{STOCK}")
    return found


def stored(product_ids: Iterable[int]) -> dict[int, ProductListing]:
    """The listing rows as they are, by product. One query."""
    return ProductListing.objects.in_bulk(list(product_ids))


def of_changes(
    ids: Iterable[int], before: Mapping[int, ProductListing], after: Mapping[int, ProductListing]
) -> Iterator[str]:
    """What falls now that the rows of these products have become others. Two queries at most."""
    for pk in ids:
        yield product(pk)
        yield from _of_change(before.get(pk), after.get(pk))
    if _menu_changed(before, after) or _deleted(set(ids) - before.keys() - after.keys()):
        yield EVERYTHING


def _of_change(before: ProductListing | None, after: ProductListing | None) -> Iterator[str]:
    known = after or before
    if known is None or (before and after and _same(before, after)):
        return
    yield card(known.pk)
    aspects = list(_aspects(before, after))
    for tag in {SEARCH, *_lists(before), *_lists(after)}:
        yield from (f"{tag}:{aspect}" if aspect else tag for aspect in aspects)
    if "" in aspects:
        yield HOME
    elif before and after and before.search != after.search:
        yield SEARCH


def _same(before: ProductListing, after: ProductListing) -> bool:
    return all(
        getattr(before, field.attname) == getattr(after, field.attname)
        for field in ProductListing._meta.concrete_fields
    )


def _aspects(before: ProductListing | None, after: ProductListing | None) -> Iterator[str]:
    """What of a list is different: "" all of its pages, PRICE, STOCK."""
    if before is None or after is None or _counted(before) != _counted(after):
        yield ""
    if before is None or after is None or before.price != after.price:
        yield PRICE
    if before is None or after is None or before.facet_keys != after.facet_keys:
        yield STOCK


def _counted(row: ProductListing) -> list[Any]:
    band = next(name for name, (low, high) in BANDS.items() if low <= row.price and (high is None or row.price < high))
    variants = {key.rpartition("|")[0] for key in row.facet_keys}
    return [*(getattr(row, name) for name in COUNTED), band, variants]


def _lists(row: ProductListing | None) -> Iterator[str]:
    if row is None:
        return
    yield ALL
    yield from (of_category(pk) for pk in row.category_id_path)
    unisex = row.department == Product.Department.UNISEX
    yield from map(of_department, DEPARTMENTS if unisex else [row.department])


def _menu_changed(before: Mapping[int, ProductListing], after: Mapping[int, ProductListing]) -> bool:
    """Whether a category got its first product or lost its last: the menu of every page names those that have some."""
    gained = Counter(pk for row in after.values() for pk in row.category_id_path)
    gained.subtract(pk for row in before.values() for pk in row.category_id_path)
    moved = {pk for pk, products in gained.items() if products}
    if not moved:
        return False
    paths = ProductListing.objects.filter(category_id_path__overlap=sorted(moved))
    now = Counter(pk for path in paths.values_list("category_id_path", flat=True) for pk in path)
    return any((now[pk] > 0) != (now[pk] > gained[pk]) for pk in moved)


def _deleted(unlisted: set[int]) -> bool:
    """Whether one of them is no product any more: its row went before it, so nobody knows which lists had it."""
    return bool(unlisted) and Product.objects.filter(pk__in=unlisted).count() < len(unlisted)
