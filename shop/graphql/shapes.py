"""Rows as the schema has them: plain data, ready for JSON."""

from collections.abc import Iterable, Mapping
from typing import Any

from shop.catalog.choice import FEW
from shop.catalog.models import Colour, Product, ProductImage, ProductListing, ProductVariant
from shop.catalog.renditions import media_url
from shop.catalog.results import Facet, Option
from shop.catalog.snapshot import CategoryNode
from shop.core.http import absolute
from shop.graphql.arguments import FIELD_NAMES

Shape = dict[str, Any]


def money(amount: int | None, currency: str) -> Shape | None:
    return None if amount is None else {"amount": amount, "currency": currency}


def listed(row: ProductListing) -> Shape:
    """ListedProduct, of a listing row alone."""
    return _named(row) | {
        "price": money(row.price, row.currency),
        "compareAtPrice": money(row.compare_at_price, row.currency),
        "lowestBefore": money(row.lowest_before, row.currency),
        "hasPriceRange": row.has_price_range,
        "onSale": row.on_sale,
        "inStock": row.in_stock,
        "colours": [_listed_colour(colour) for colour in row.colours],
    }


def _named(row: Product | ProductListing) -> Shape:
    """The fields that Product and ListedProduct have in common."""
    return {
        "id": str(row.pk),
        "slug": row.slug,
        "name": row.name,
        "url": absolute(row.get_absolute_url()),
        "department": row.department,
        "publishedAt": row.published_at.isoformat() if row.published_at else None,
    }


def _listed_colour(colour: Mapping[str, Any]) -> Shape:
    return {
        "colour": {name: colour[name] for name in ("slug", "name", "hex", "family")},
        "inStock": colour["in_stock"],
        "picture": picture(colour["image"], colour["alt"], colour["width"], colour["height"]),
        "sizes": [{"name": size["name"], "inStock": size["in_stock"]} for size in colour["sizes"]],
    }


def picture(renditions: Mapping[str, str], alt: str, width: int, height: int) -> Shape | None:
    """Picture with its widths ascending; None where there is no rendition."""
    made = sorted((int(each), name) for each, name in renditions.items())
    urls = [{"width": each, "url": absolute(media_url(name))} for each, name in made]
    return {"alt": alt, "width": width, "height": height, "renditions": urls} if urls else None


def product(row: Product) -> Shape:
    """Product without its lists of pictures and variants; the category is read along."""
    return _named(row) | {
        "description": row.description,
        "fabrics": row.fabrics,
        "care": row.care,
        "fit": row.fit,
        "category": {
            "slug": row.category.slug,
            "name": row.category.name,
            "url": absolute(row.category.get_absolute_url()),
        },
    }


def pictures(images: Iterable[ProductImage]) -> list[Shape]:
    """ProductPicture of each that has renditions; their colours are read along."""
    shown = [
        (image.colour.slug if image.colour else None, picture(image.renditions, image.alt, image.width, image.height))
        for image in images
    ]
    return [{"colour": colour, "picture": made} for colour, made in shown if made]


def colour(row: Colour) -> Shape:
    return {"slug": row.slug, "name": row.name, "hex": row.hex, "family": row.family}


def variant(row: ProductVariant) -> Shape:
    """Variant, of one of shop.catalog.choice.variants_of() with its colour, size and system."""
    return {
        "sku": row.sku,
        "colour": colour(row.colour),
        "size": row.size.name,
        "sizeSystem": row.size.system.label,
        "price": money(row.price, row.currency),
        "compareAtPrice": money(row.compare_at_price, row.currency),
        "lowestBefore": money(row.lowest_before, row.currency),
        "stock": stock(row),
    }


def stock(row: ProductVariant) -> Shape:
    """Stock, as the product's page tells it: a number only where few are left."""
    few = row.ready > 0 and row.available <= FEW
    return {"sku": row.sku, "state": _state(row, few), "left": row.available if few else None}


def _state(row: ProductVariant, few: bool) -> str:
    if row.available <= 0:
        return "SOLD_OUT"
    if row.ready <= 0:
        return "SOLD_AHEAD"
    return "FEW_LEFT" if few else "IN_STOCK"


def category(node: CategoryNode) -> Shape:
    """Category with all that have products below it."""
    return {
        "slug": node.slug,
        "name": node.name,
        "url": absolute(node.url),
        "description": node.description,
        "products": node.products,
        "children": [category(child) for child in node.children if child.products],
    }


def facet(found: Facet) -> Shape:
    return {"label": found.label, "options": [_option(each) for _, options in found.sections for each in options]}


def _option(found: Option) -> Shape:
    """A value that the filter takes in its field of that name; a flag's is true."""
    field = FIELD_NAMES.get(found.param, found.param)
    value = "true" if found.param in FIELD_NAMES else found.value
    return {"field": field, "value": value, "label": found.label, "count": found.count, "chosen": found.checked}
