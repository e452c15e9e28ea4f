"""Categories, colours, products and variants of the demo."""

import zlib
from datetime import datetime

from django.db import transaction

from shop.catalog.models import Category, Colour, Product, ProductVariant, Size
from shop.core import clock
from shop.demo import prices, words
from shop.demo.families import family
from shop.demo.promotions import record_past_prices
from shop.demo.sizes import cut_of, make_charts, make_systems, system_of
from shop.demo.source import Article, Colourway


@transaction.atomic
def make_catalogue(articles: tuple[Article, ...]) -> None:
    """Everything that is missing of these articles. What is there stays as it is."""
    now = clock.now()
    categories, colours = make_categories(), make_colours(articles)
    sizes = make_systems()
    charts = make_charts(articles, sizes)
    there = set(Product.objects.values_list("slug", flat=True))
    for article in articles:
        if article.slug not in there:
            product = Product(
                category=categories[article.category], size_chart=charts[article.garment, cut_of(article)]
            )
            make_product(product, article, prices.published(article, now))
            make_variants(product, article, colours, sizes)


def make_categories() -> dict[str, Category]:
    """The category tree, by name."""
    made: dict[str, Category] = {}
    by_slug: dict[str | None, Category] = {}
    for position, (name, slug, parent, description) in enumerate(words.CATEGORIES):
        category, _ = Category.objects.get_or_create(
            slug=slug,
            defaults={
                "name": name, "parent": by_slug.get(parent), "position": position, "description": description,
            },
        )  # fmt: skip
        made[name] = by_slug[slug] = category
    return made


def make_colours(articles: tuple[Article, ...]) -> dict[str, Colour]:
    """The colours by slug; one colour serves every article that comes in it."""
    colourways: dict[str, Colourway] = {each.slug: each for article in articles for each in article.colourways}
    Colour.objects.bulk_create(
        [
            Colour(name=c.name, slug=c.slug, hex=c.hex, accent_hex=c.accent, family=family(c.hex))
            for c in colourways.values()
        ],
        ignore_conflicts=True,
    )
    return {colour.slug: colour for colour in Colour.objects.filter(slug__in=colourways)}


def make_product(product: Product, article: Article, published_at: datetime) -> None:
    """Fill in and save the article's product."""
    product.name, product.slug = article.name, article.slug
    product.department = article.department
    product.description, product.fit = words.describe(article), words.fit(article)
    product.fabrics, product.care = words.fabrics(article), words.care(article)
    product.created_at = product.published_at = published_at
    Product.objects.bulk_create([product])


def make_variants(
    product: Product, article: Article, colours: dict[str, Colour], sizes: dict[tuple[str, str], Size]
) -> None:
    """Every size of every colour: first at its full price, then reduced where it is, as it happened."""
    variants, reduced = [], []
    for colourway in article.colourways:
        price, before = prices.price(article, colourway)
        made = [
            ProductVariant(
                product=product,
                colour=colours[colourway.slug],
                size=sizes[system_of(article), size],
                sku=article.sku(colourway, size),
                barcode=barcode_of(article.sku(colourway, size)),
                price=before or price,
                currency=article.currency,
                created_at=product.created_at,
            )
            for size in article.sizes
        ]
        variants += made
        reduced += [(variant, price, before) for variant in made if before]
    ProductVariant.objects.bulk_create(variants)
    record_past_prices(variants)
    for variant, price, before in reduced:
        variant.price, variant.compare_at_price = price, before
    ProductVariant.objects.bulk_update([row for row, *_ in reduced], ["price", "compare_at_price"])


def barcode_of(sku: str) -> str:
    """An EAN-13 of the range that shops number themselves (20), always the same for the same SKU."""
    digits = f"20{zlib.crc32(sku.encode()) % 10**10:010d}"
    odd, even = (sum(int(digit) for digit in digits[start::2]) for start in (0, 1))
    return f"{digits}{-(odd + 3 * even) % 10}"
