"""Many more products for load tests: copies of the demo's own, with their pictures, each under a name of its own."""

import random
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import TextIO, TypeVar

from django.db import transaction
from django.db.models import Model

from shop.catalog import listings
from shop.catalog.models import Product, ProductImage, ProductVariant
from shop.core import clock
from shop.demo.progress import Bar
from shop.demo.source import Article
from shop.demo.stock import stock_variants

# So many copies of everything are written in one transaction.
ROUND = 5
Row = TypeVar("Row", bound=Model)


@dataclass
class Originals:
    """The demo's products with what hangs on them, loaded once."""

    products: list[Product]
    variants: list[ProductVariant]
    images: list[ProductImage]


def make_copies(articles: Sequence[Article], scale: int, stream: TextIO) -> bool:
    """Make copies 2 to `scale` of each article, those that are missing; returns whether any was."""
    originals = load(articles)
    made = numbers_made(originals) if scale > 1 else set()
    missing = [each for each in range(2, scale + 1) if each not in made]
    if missing:
        with Bar("Copies", len(missing) * len(originals.products), stream) as bar:
            for batch in rounds(missing):
                write(originals, batch)
                bar.advance(len(batch) * len(originals.products))
    return bool(missing)


def load(articles: Sequence[Article]) -> Originals:
    products = Product.objects.filter(slug__in=[article.slug for article in articles]).order_by("pk")
    variants = ProductVariant.objects.filter(product__in=products).order_by("pk")
    return Originals(
        list(products),
        list(variants.select_related("product", "colour", "size")),
        list(ProductImage.objects.filter(product__in=products).order_by("pk")),
    )


def numbers_made(originals: Originals) -> set[int]:
    """Which copies are there: a round is written whole, so one product's copies tell."""
    begins = f"{originals.products[0].slug}-x"
    slugs = Product.objects.filter(slug__startswith=begins).values_list("slug", flat=True)
    return {int(slug.removeprefix(begins)) for slug in slugs if slug.removeprefix(begins).isdigit()}


def rounds(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), ROUND):
        yield numbers[start : start + ROUND]


@transaction.atomic
def write(originals: Originals, numbers: Sequence[int]) -> None:
    """One round: the copies of everything under these numbers, stocked and listed."""
    products: list[Product] = []
    variants: list[ProductVariant] = []
    images: list[ProductImage] = []
    for number in numbers:
        made = {product.pk: copy_product(product, number) for product in originals.products}
        products += made.values()
        variants += [copy_variant(variant, made[variant.product_id], number) for variant in originals.variants]
        images += [attach(duplicate(image), made[image.product_id]) for image in originals.images]
    Product.objects.bulk_create(products)
    ProductVariant.objects.bulk_create(variants)
    ProductImage.objects.bulk_create(images)
    stock_variants(variants)
    listings.refresh(product.pk for product in products)


def duplicate(row: Row) -> Row:
    """An unsaved row with the same values."""
    twin = copy(row)
    twin._state = copy(row._state)
    twin._state.adding = True
    twin._state.fields_cache = dict(row._state.fields_cache)
    twin.pk = None
    return twin


Attached = TypeVar("Attached", ProductVariant, ProductImage)


def attach(row: Attached, product: Product) -> Attached:
    row.product = product
    return row


def copy_product(product: Product, number: int) -> Product:
    """'Breton Tee 17', breton-tee-x17, out at a time of its own."""
    twin = duplicate(product)
    twin.name, twin.slug = f"{product.name} {number}", f"{product.slug}-x{number}"
    age = random.Random(twin.slug).randrange(1, 640)  # noqa: S311 - not a secret: the demo must be repeatable
    twin.published_at = twin.created_at = clock.now() - timedelta(days=age)
    return twin


def copy_variant(variant: ProductVariant, product: Product, number: int) -> ProductVariant:
    """The same size and colour, up to six pounds dearer, so that prices spread."""
    twin = attach(duplicate(variant), product)
    twin.sku = f"{variant.sku}-X{number}"
    dearer = number % 7 * 100
    twin.price += dearer
    twin.compare_at_price = twin.compare_at_price + dearer if twin.compare_at_price else None
    twin.created_at = product.created_at
    return twin
