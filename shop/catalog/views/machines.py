"""What search engines and shopping sites read: site map, robots, product feed."""

from collections.abc import Iterator
from datetime import datetime
from xml.sax.saxutils import escape

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import condition, require_safe

from shop.catalog import snapshot as snapshots
from shop.catalog.models import Product, ProductImage, ProductVariant
from shop.catalog.renditions import largest, media_url
from shop.catalog.views.pages import PAGES
from shop.core.http import absolute, plain, public_page
from shop.core.money import Money
from shop.suppliers.promises import promised

XML = "application/xml; charset=utf-8"
# The protocol allows 50,000 addresses a file.
PER_MAP = 40_000
ROBOTS = """User-agent: *
Disallow: /cart/
Disallow: /checkout/
Disallow: /orders/
Disallow: /me/
Disallow: /search/suggest/
Disallow: /admin/
Disallow: /sandbox/
"""


def version_tag(request: HttpRequest, *args: object, **kwargs: object) -> str:
    """The catalogue's version: who has this one needs no new one."""
    return f'"{snapshots.of(request).version}-{settings.BUILD_ID}"'


@public_page(3600)
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return plain(f"{ROBOTS}\nSitemap: {absolute(reverse('sitemap'))}", 200)


@public_page(3600)
@require_safe
@condition(etag_func=version_tag)
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page worth finding. More products than one file may name: an index of files (`?page=` from 1)."""
    products = Product.objects.published().filter(listing__isnull=False).order_by("pk")
    files = -(-products.count() // PER_MAP)
    if files > 1 and "page" not in request.GET:
        urls = [f"{absolute(reverse('sitemap'))}?page={number}" for number in range(1, files + 1)]
        return render(request, "shop/catalog/sitemap_index.xml", {"urls": urls}, content_type=XML)
    number = page_number(request, max(files, 1))
    rows = products.values_list("slug", "updated_at")[(number - 1) * PER_MAP : number * PER_MAP]
    entries = [] if number > 1 else list(fixed_addresses(request))
    entries += [(absolute(reverse("shop-product", args=[slug])), updated) for slug, updated in rows]
    return render(request, "shop/catalog/sitemap.xml", {"entries": entries}, content_type=XML)


def page_number(request: HttpRequest, last: int) -> int:
    text = request.GET.get("page", "1")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= last:
        raise Http404("The site map has no such page.")
    return int(text)


def fixed_addresses(request: HttpRequest) -> Iterator[tuple[str, datetime | None]]:
    """Addresses of what is not a product."""
    yield absolute(reverse("shop-home")), None
    yield absolute(reverse("shop-all")), None
    for slug in snapshots.DEPARTMENTS:
        yield absolute(reverse("shop-category", args=[slug])), None
    for category in snapshots.of(request).categories.values():
        yield absolute(category.url), None
    for slug in PAGES:
        yield absolute(reverse("shop-page", args=[slug])), None


@public_page(3600)
@require_safe
@condition(etag_func=version_tag)
def feed(request: HttpRequest) -> StreamingHttpResponse:
    """Every variant as shopping sites want it: RSS 2.0 with the g: namespace, written as it is read."""
    return StreamingHttpResponse(feed_lines(), content_type="application/rss+xml; charset=utf-8")


def feed_lines() -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>\n'
    yield tag("title", settings.SHOP_NAME) + tag("link", absolute("/")) + tag("description", "All clothes") + "\n"
    variants = ProductVariant.objects.sellable().select_related("product__category", "colour", "size").with_available()
    pictures = first_pictures()
    for variant in variants.order_by("product_id", "pk").iterator(chunk_size=1000):
        yield item(
            variant, pictures.get((variant.product_id, variant.colour_id)) or pictures.get((variant.product_id, None))
        )
    yield "</channel></rss>\n"


def first_pictures() -> dict[tuple[int, int | None], str]:
    """The stored name of the first picture of each product in each colour."""
    rows = ProductImage.objects.exclude(renditions={}).order_by("product_id", "colour_id", "position", "pk")
    rows = rows.distinct("product_id", "colour_id")
    return {
        (product_id, colour_id): largest(renditions)
        for product_id, colour_id, renditions in rows.values_list("product_id", "colour_id", "renditions").iterator()
    }


def availability(variant: ProductVariant) -> list[tuple[str, str]]:
    """Shopping sites take what is sold before it is here only with a day."""
    if variant.ready > 0:
        return [("g:availability", "in_stock")]
    day = promised([variant])[variant.pk]
    if variant.available > 0 and day:
        return [("g:availability", "backorder"), ("g:availability_date", day.isoformat())]
    return [("g:availability", "out_of_stock")]


def item(variant: ProductVariant, picture: str | None) -> str:
    """One variant. A reduction is told as the price before it and the sale price."""
    product = variant.product
    address = absolute(product.get_absolute_url())
    fields: list[tuple[str, str]] = [
        ("g:id", variant.sku),
        ("g:item_group_id", str(product.pk)),
        ("title", f"{product.name}, {variant.colour.name}, {variant.size.name}"),
        ("description", product.description),
        ("link", f"{address}?colour={variant.colour.slug}&size={variant.size.name}"),
        *availability(variant),
        ("g:price", price(variant.was_price or variant.unit_price)),
        ("g:condition", "new"),
        ("g:brand", settings.SHOP_NAME),
        ("g:product_type", product.category.name),
        ("g:color", variant.colour.name),
        ("g:size", variant.size.name),
        ("g:gender", {"women": "female", "men": "male"}.get(product.department, "unisex")),
        ("g:age_group", "adult"),
        ("g:identifier_exists", "no"),
    ]
    if variant.was_price:
        fields.append(("g:sale_price", price(variant.unit_price)))
    if picture:
        fields.append(("g:image_link", absolute(media_url(picture))))
    return "<item>" + "".join(tag(name, text) for name, text in fields) + "</item>\n"


def price(money: Money) -> str:
    """'78.00 GBP', as the feed's readers want it."""
    return f"{money.decimal} {money.currency}"


def tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
