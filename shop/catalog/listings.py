"""The listing rows: one per published product, holding all that a card, a filter and a search need of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar

from django.contrib.postgres.search import SearchVector
from django.db import transaction
from django.db.models import CharField, F, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest

from shop.catalog import purging
from shop.catalog.models import CatalogVersion, Category, Product, ProductImage, ProductListing, ProductVariant
from shop.core import clock
from shop.core.shown import EVERYTHING
from shop.edge.services import purge_later

BATCH = 500
OfProduct = TypeVar("OfProduct", ProductVariant, ProductImage)
COLUMNS = [field.name for field in ProductListing._meta.concrete_fields if not field.primary_key]


@transaction.atomic
def refresh(product_ids: Iterable[int]) -> None:
    """Writes the listing rows of these products anew, and removes those of what the public may not buy.

    A constant number of queries per 500 products. Ends by giving the catalogue a new version number. What edges keep
    of pages that show the difference falls with the next purge.
    """
    # Ascending over all batches, and the version row last: every caller takes its locks in the same order.
    ids = sorted(set(product_ids))
    tags: set[str] = set()
    for start in range(0, len(ids), BATCH):
        tags |= _refresh_batch(ids[start : start + BATCH])
    purge_later(tags)
    _next_version()


def bump_version() -> None:
    """Tells every process that public pages have changed: for what no listing row holds, such as a category's name.

    Every page that an edge keeps falls.
    """
    purge_later([EVERYTHING])
    _next_version()


def _next_version() -> None:
    # At least the clock's (in microseconds), so that a restored or recreated database never shows an old number again
    # with other content.
    CatalogVersion.objects.get_or_create(pk=1)
    CatalogVersion.objects.filter(pk=1).update(number=Greatest(F("number") + 1, Value(_microseconds(clock.now()))))


def version() -> int:
    """The catalogue's version number; 0 while nothing was ever listed."""
    return CatalogVersion.objects.values_list("number", flat=True).first() or 0


def publish_due() -> int:
    """Lists products whose publication time has come since the last run. Returns how many."""
    waiting = Product.objects.published().filter(listing=None, variants__is_active=True).distinct()
    due = list(waiting.values_list("pk", flat=True))
    if due:
        refresh(due)
    return len(due)


def _refresh_batch(ids: Sequence[int]) -> set[str]:
    """Returns the tags of the pages that have changed by it."""
    # Locked before anything is read, so that of two refreshes of one product the later sees the newer state.
    locked = Product.objects.published().filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    products = {product.pk: product for product in locked}
    variants = _by_product(
        ProductVariant.objects.filter(product__in=products, is_active=True)
        .select_related("colour", "size")
        .with_available()
        .order_by("product_id", "pk")
    )
    images = _by_product(ProductImage.objects.filter(product__in=products).order_by("product_id", "position", "pk"))
    categories = Category.objects.in_bulk()
    before = purging.stored(ids)
    rows = [
        _row(products[pk], variants[pk], images.get(pk, []), _path(products[pk].category_id, categories))
        for pk in variants
    ]
    ProductListing.objects.filter(product__in=set(ids) - {row.pk for row in rows}).delete()
    ProductListing.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["product"], update_fields=COLUMNS, batch_size=BATCH
    )
    return set(purging.of_changes(ids, before, purging.stored(ids)))


def _by_product(rows: Iterable[OfProduct]) -> dict[int, list[OfProduct]]:
    return {product_id: list(group) for product_id, group in groupby(rows, key=lambda row: row.product_id)}


def _path(category_id: int | None, categories: dict[int, Category]) -> list[Category]:
    """The category and all above it, nearest first. A loop in the tree ends the walk."""
    path: list[Category] = []
    while category_id is not None and categories[category_id] not in path:
        path.append(categories[category_id])
        category_id = path[-1].parent_id
    return path


def _row(
    product: Product, variants: list[ProductVariant], images: list[ProductImage], path: list[Category]
) -> ProductListing:
    colours = _colours(variants, images)
    cheapest = min(variants, key=lambda variant: (variant.price, -(variant.compare_at_price or 0)))
    assert product.published_at
    return ProductListing(
        product=product,
        name=product.name,
        slug=product.slug,
        category_id_path=[category.pk for category in path],
        department=product.department,
        published_at=product.published_at,
        price=cheapest.price,
        compare_at_price=cheapest.compare_at_price,
        lowest_before=cheapest.lowest_before,
        has_price_range=any(variant.price != cheapest.price for variant in variants),
        currency=cheapest.currency,
        on_sale=any(variant.compare_at_price for variant in variants),
        in_stock=any(colour["in_stock"] for colour in colours),
        colours=colours,
        facet_keys=sorted({facet_key(variant) for variant in variants}),
        search=_search_vector(product, path, [colour["name"] for colour in colours]),
    )


def facet_key(variant: ProductVariant) -> str:
    """What a filter asks of one variant: '<colour family>|<size id>|<1 in stock, 0 not>'."""
    return f"{variant.colour.family}|{variant.size_id}|{int(variant.available > 0)}"


def _colours(variants: list[ProductVariant], images: list[ProductImage]) -> list[dict[str, Any]]:
    """The colours in the order they were made, sold-out ones last: the first is shown on a card."""
    by_colour: dict[int, list[ProductVariant]] = {}
    for variant in variants:
        by_colour.setdefault(variant.colour_id, []).append(variant)
    colours = [_colour(group, _picture_of(colour_id, images)) for colour_id, group in by_colour.items()]
    return sorted(colours, key=lambda colour: not colour["in_stock"])


def _picture_of(colour_id: int, images: list[ProductImage]) -> ProductImage | None:
    """The first picture of this colour, else one that stands for all colours."""
    for wanted in (colour_id, None):
        for image in images:
            if image.colour_id == wanted:
                return image
    return None


def _colour(variants: list[ProductVariant], image: ProductImage | None) -> dict[str, Any]:
    colour = variants[0].colour
    sizes = sorted(variants, key=lambda variant: (variant.size.system_id, variant.size.position))
    return {
        "slug": colour.slug,
        "name": colour.name,
        "hex": colour.hex,
        "family": colour.family,
        "alt": image.alt if image else "",
        "image": image.renditions if image else {},
        "width": image.width if image else 0,
        "height": image.height if image else 0,
        "in_stock": any(variant.available > 0 for variant in variants),
        "sizes": [{"id": v.size_id, "name": v.size.name, "in_stock": v.available > 0} for v in sizes],
    }


def _search_vector(product: Product, path: list[Category], colours: list[str]) -> Combinable:
    """Name before category, colours and department before the description and the cloth."""
    about = [*(category.name for category in path), *colours, product.get_department_display()]
    texts = {"A": product.name, "B": " ".join(about), "C": " ".join([product.description, *product.fabrics])}
    first, *others = (_weighted(text, weight) for weight, text in texts.items())
    vector: Combinable = first
    for other in others:
        vector = vector + other
    return vector


def _weighted(text: str, weight: str) -> SearchVector:
    return SearchVector(Value(text, output_field=CharField()), config="english", weight=weight)


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
