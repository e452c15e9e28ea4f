"""What each field of Query answers: whole, as plain data, in a constant number of queries.

`asked` are the names of the fields right below it that somebody wants, so that what is dear is not read for nobody.
Each may raise Refused.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from shop.catalog import search as full_text
from shop.catalog import snapshot as snapshots
from shop.catalog.cards import rows_for
from shop.catalog.choice import variants_of
from shop.catalog.filters import Filters, clean_words
from shop.catalog.models import Product, ProductVariant
from shop.catalog.results import NoSuchPage, Scope, facets, find
from shop.catalog.snapshot import DEPARTMENTS, Snapshot
from shop.graphql import arguments as read
from shop.graphql import shapes
from shop.graphql.errors import NOT_FOUND, Refused
from shop.graphql.shapes import Shape

Arguments = Mapping[str, Any]
Asked = Collection[str]


def product(arguments: Arguments, asked: Asked) -> Shape | None:
    """At most three queries."""
    rows = Product.objects.published().select_related("category")
    row = rows.filter(slug=read.text(arguments, "slug")).first()
    if row is None:
        return None
    found = shapes.product(row)
    if "variants" in asked:
        found["variants"] = [
            shapes.variant(variant) for variant in variants_of(row).select_related("colour", "size__system")
        ]
    if "pictures" in asked:
        found["pictures"] = shapes.pictures(row.images.select_related("colour"))
    return found


def products(arguments: Arguments, asked: Asked) -> Shape:
    """Two queries, as the page of all clothes."""
    snapshot = snapshots.current()
    everything = Scope("", snapshot.index.everything, snapshot.nav, DEPARTMENTS)
    return _page(snapshot, everything, read.filters(arguments, snapshot), asked)


def search(arguments: Arguments, asked: Asked) -> Shape:
    """As the search page: three queries."""
    snapshot = snapshots.current()
    words = clean_words(read.text(arguments, "words"))
    filters = read.filters(arguments, snapshot, words)
    matches, ranking = snapshot.index.set_of(full_text.product_ids(words, snapshot.version))
    found = _page(snapshot, Scope("", matches, snapshot.nav, DEPARTMENTS, ranking), filters, asked)
    if not matches and "meant" in asked:
        meant = full_text.corrected(words, snapshot.vocabulary)
        found["meant"] = meant if full_text.product_ids(meant, snapshot.version) else ""
    return found


def categories(arguments: Arguments, asked: Asked) -> list[Shape]:
    """One query: the tree is in memory."""
    return [shapes.category(node) for node in snapshots.current().nav]


def stock(arguments: Arguments, asked: Asked) -> list[Shape]:
    """One query; in the order of the question, each once."""
    skus = read.texts(arguments, "skus")
    rows = ProductVariant.objects.sellable().filter(sku__in=skus).with_available()
    found = {row.sku: shapes.stock(row) for row in rows}
    return [found[sku] for sku in dict.fromkeys(skus) if sku in found]


def _page(snapshot: Snapshot, scope: Scope, filters: Filters, asked: Asked) -> Shape:
    try:
        found = find(snapshot, scope, filters)
    except NoSuchPage as error:
        raise Refused("This list has no such page.", NOT_FOUND) from error
    rows = rows_for(found.ids) if "items" in asked else {}
    shown = facets(snapshot, scope, filters, found.within) if "facets" in asked else []
    return {
        "total": found.total,
        "page": filters.page,
        "pages": found.pages,
        "items": [shapes.listed(rows[pk]) for pk in found.ids if pk in rows],
        "facets": [shapes.facet(facet) for facet in shown],
        "meant": "",
    }


# By the names of the schema.
FIELDS: dict[str, Callable[[Arguments, Asked], Any]] = {
    "product": product,
    "products": products,
    "search": search,
    "categories": categories,
    "stock": stock,
}
