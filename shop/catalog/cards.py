"""Product cards: a listing row made ready for the template, so that showing one costs no query and no arithmetic."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.urls import reverse

from shop.catalog.models import ProductListing
from shop.catalog.renditions import media_url
from shop.catalog.snapshot import NEW_DAYS
from shop.core import clock, shown
from shop.core.money import format_money

DOTS = 6
DEFAULT_WIDTH = 600


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with all that an <img> needs. `src` is empty where there is none."""

    src: str
    srcset: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True, slots=True)
class CardSize:
    """A size of the shown colour."""

    name: str
    in_stock: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A product as lists show it, in one of its colours. Hashable: equal cards look the same.

    lowest: the lowest price of the 30 days before the reduction, which has to stand beside every struck price
    (EU Directive 98/6/EC, article 6a); empty where none is struck or nothing is known of those days.
    """

    product_id: int
    name: str
    url: str
    price: str
    was: str
    lowest: str
    from_price: bool
    tag: str
    on_sale: bool
    in_stock: bool
    colour: str
    colour_slug: str
    picture: Picture
    dots: tuple[tuple[str, str], ...]
    more_dots: int
    sizes: tuple[CardSize, ...]


def rows_for(product_ids: Sequence[int]) -> dict[int, ProductListing]:
    """The listing rows of these products by id, without what only filters and search need: one query."""
    return ProductListing.objects.defer("search", "facet_keys", "category_id_path").in_bulk(product_ids)


def cards_for(
    product_ids: Sequence[int], *, families: Collection[str] = (), sizes: Collection[int] = (), in_stock: bool = False
) -> list[Card]:
    """Cards of these products in this order: one query. Each shows its first colour that fits what is asked for.

    The page being made is noted to show them, also those that are not listed any more: they may come back.
    """
    shown.shows(*(shown.card(pk) for pk in product_ids))
    rows = rows_for(product_ids)
    return [
        card_of(rows[pk], shown_colour(rows[pk].colours, families=families, sizes=sizes, in_stock=in_stock))
        for pk in product_ids
        if pk in rows
    ]


def shown_colour(
    colours: Sequence[Mapping[str, Any]],
    *,
    families: Collection[str] = (),
    sizes: Collection[int] = (),
    in_stock: bool = False,
) -> int:
    """Which colour a card shows: the first with a variant as asked for, else the first (0)."""
    for number, colour in enumerate(colours):
        right_family = not families or colour["family"] in families
        if right_family and any(
            (not sizes or size["id"] in sizes) and (size["in_stock"] or not in_stock) for size in colour["sizes"]
        ):
            return number
    return 0


def card_of(row: ProductListing, shown: int = 0) -> Card:
    """The card of a listing row in its n-th colour."""
    colour = row.colours[shown]
    url = product_url(row.slug)
    return Card(
        product_id=row.pk,
        name=row.name,
        url=f"{url}?colour={colour['slug']}" if shown else url,
        price=format_money(row.price, row.currency),
        was=format_money(row.compare_at_price, row.currency) if row.compare_at_price else "",
        lowest=format_money(row.lowest_before, row.currency) if row.lowest_before else "",
        from_price=row.has_price_range,
        tag=_tag(row),
        on_sale=row.on_sale,
        in_stock=row.in_stock,
        colour=colour["name"],
        colour_slug=colour["slug"],
        picture=picture_of(colour),
        dots=tuple((other["slug"], other["name"]) for other in row.colours[:DOTS]),
        more_dots=max(0, len(row.colours) - DOTS),
        sizes=tuple(CardSize(size["name"], size["in_stock"]) for size in colour["sizes"]),
    )


@lru_cache(8192)
def product_url(slug: str) -> str:
    """A product's address; kept, since resolving it costs more than the rest of a card."""
    return reverse("shop-product", args=[slug])


def picture_of(colour: Mapping[str, Any]) -> Picture:
    """The picture of a listing row's colour."""
    widths = sorted((int(width), name) for width, name in colour["image"].items())
    urls = [(width, media_url(name)) for width, name in widths]
    fallback = next((url for width, url in urls if width >= DEFAULT_WIDTH), urls[-1][1] if urls else "")
    return Picture(
        src=fallback,
        srcset=", ".join(f"{url} {width}w" for width, url in urls),
        width=colour["width"],
        height=colour["height"],
        alt=colour["alt"],
    )


def _tag(row: ProductListing) -> str:
    if not row.in_stock:
        return "Sold out"
    if row.on_sale:
        return "Sale"
    new_until = row.published_at + timedelta(days=NEW_DAYS)
    if new_until <= clock.now():
        return ""
    shown.shows_until(new_until)
    return "New"
