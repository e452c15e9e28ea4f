"""The product page."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from shop.activity.services import mark_of
from shop.activity.stores import Kind
from shop.catalog import snapshot as snapshots
from shop.catalog.cards import Card, cards_for
from shop.catalog.choice import Choice, choose, variants_of
from shop.catalog.facets import Wanted
from shop.catalog.models import Category, Colour, Product, ProductQuerySet, Size
from shop.catalog.renditions import largest, media_url
from shop.catalog.size_charts import Entry, Table, table
from shop.catalog.snapshot import DEPARTMENTS, Snapshot
from shop.checkout import promises
from shop.core import clock, shown
from shop.core.http import PURGED, absolute, public_page
from shop.core.money import Money
from shop.delivery import services as delivery
from shop.delivery.days import next_turn
from shop.delivery.models import ShippingRate
from shop.delivery.services import Offer
from shop.suppliers.expected import expected
from shop.warehouse import ahead

RELATED = 4
# How long an edge keeps what changes with every sale: how many are left of a chosen size, when one sold ahead comes.
CHOSEN_FOR = timedelta(minutes=5)


@public_page(PURGED)
@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product in one colour. `colour` and `size` in the query choose; `missing` says why one was sent back here."""
    snapshot = snapshots.of(request)
    found = get_object_or_404(_products().published(), slug=slug)
    variants = list(variants_of(found))
    # A join would bring them anew with every row.
    snapshot.tables.fill([found], "category", Category)
    snapshot.tables.fill(variants, "colour", Colour)
    snapshot.tables.fill(variants, "size", Size)
    shown.shows(shown.product(found.pk))
    rates = delivery.shown_rates(snapshot, settings.SHOP_COUNTRY)
    choice = choose(
        found,
        variants,
        list(found.images.all()),
        colour=request.GET.get("colour", ""),
        size=request.GET.get("size", ""),
    )
    note_until(choice, rates)
    return render(
        request,
        "shop/catalog/product.html",
        {
            "product": found,
            "mark": mark_of(Kind.VIEWED, found.pk),
            "choice": choice,
            "promise": promise_of(choice),
            "size_error": size_error(choice, request.GET.get("missing", "")),
            "back_on": back_on(choice),
            "chart": chart_of(found),
            "snapshot": snapshot,
            "related": related_to(found, snapshot),
            "rates": rates,
            "arrival": arrival(found, rates, snapshot),
            "crumbs": [(found.category.name, found.category.get_absolute_url())],
            "canonical": found.get_absolute_url(),
            "data": structured_data(found, choice),
        },
    )


@cache
def _products() -> ProductQuerySet:
    """Kept, to be filtered and never read itself: to put it together takes longer than the database for its answer."""
    return Product.objects.with_size_chart()


def note_until(choice: Choice, rates: Sequence[ShippingRate]) -> None:
    """The page names days, which move on at midnight and when today's parcels have left."""
    shown.shows_until(next_turn(clock.now(), {rate.method.cut_off for rate in rates}))
    if choice.variant:
        shown.shows_until(clock.now() + CHOSEN_FOR)


def arrival(product: Product, rates: Sequence[ShippingRate], snapshot: Snapshot) -> Offer | None:
    """How one piece, paid now, comes to somebody in the shop's own country by the first way of delivery there."""
    load = delivery.Load(0, product.weight_grams, product.volume_cm3)
    return next(iter(delivery.offers_of(rates, settings.SHOP_COUNTRY, load, catalogue=snapshot)), None)


def size_error(choice: Choice, missing: str) -> str:
    """What to say beside the sizes to somebody whom the bag sent back; empty where it is not so (any more)."""
    if missing == "size" and choice.variant is None:
        return "Choose a size"
    if missing == "stock" and choice.variant and choice.colour and choice.variant.available <= 0:
        gone = f"{choice.variant.size.name} is sold out in {choice.colour.name.lower()}, so it is not in your bag."
        return f"{gone} Choose another size." if choice.purchasable else gone
    return ""


def back_on(choice: Choice) -> date | None:
    """When what is sold out comes back, as far as a supplier has confirmed it. Asks only where it is sold out."""
    if choice.in_stock:
        return None
    coming = expected(variant.pk for variant in ([choice.variant] if choice.variant else choice.shown))
    return min((day for day, _ in coming.values()), default=None)


def promise_of(choice: Choice) -> str:
    """When what is chosen is sent, in words, where it is sold before it is here."""
    if choice.variant is None or not choice.later:
        return ""
    promises.tell([choice.variant])
    return ahead.words(1, 1, choice.variant.promised_on)


def chart_of(product: Product) -> Table | None:
    """The size chart of a product read with_size_chart(), where it has one with figures in it."""
    if product.size_chart is None:
        return None
    found = table(product.size_chart, (Entry(**row) for row in product.chart_rows))
    return found if found.rows else None


def related_to(product: Product, snapshot: Snapshot) -> list[Card]:
    """Up to four cards of other kinds of clothes for the same people, in stock, each from another category if possible.

    Chosen from the index in memory, so that it costs one query however large the shop is.
    """
    index = snapshot.index
    wanted = Wanted(in_stock=True, departments=[product.department] if product.department in DEPARTMENTS else [])
    left = index.matching(wanted, index.everything) & ~index.categories.get(product.category_id, 0)
    others = [node.id for node in snapshot.categories.values() if not node.children and node.id != product.category_id]
    start = index.positions.get(product.pk, 0)
    chosen: list[int] = []
    for category_id in (others[start % len(others) :] + others[: start % len(others)]) if others else []:
        position = next_bit(left & index.categories.get(category_id, 0), start)
        if position is not None and len(chosen) < RELATED:
            chosen.append(index.ids[position])
            left &= ~(1 << position)
    while len(chosen) < RELATED and (position := next_bit(left, start)) is not None:
        chosen.append(index.ids[position])
        left &= ~(1 << position)
    return cards_for(chosen)


def next_bit(bits: int, start: int) -> int | None:
    """The first set bit at or after `start`, going round; None of none."""
    ahead = bits >> start
    if ahead:
        return start + (ahead & -ahead).bit_length() - 1
    return (bits & -bits).bit_length() - 1 if bits else None


def availability(choice: Choice) -> str:
    """As schema.org calls it."""
    if not choice.in_stock:
        return "OutOfStock"
    return "BackOrder" if choice.later else "InStock"


def structured_data(product: Product, choice: Choice) -> dict[str, Any]:
    """The page's product as schema.org names it, with the same price and stock that the page shows."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "description": product.description,
        "brand": {"@type": "Brand", "name": settings.SHOP_NAME},
        "category": product.category.name,
        "image": [absolute(media_url(largest(image.renditions))) for image in choice.pictures if image.renditions],
    }
    if choice.colour:
        data["color"] = choice.colour.name
    if choice.variant:
        data |= {"sku": choice.variant.sku, "size": choice.variant.size.name}
    if choice.priced:
        data["offers"] = {
            "@type": "Offer",
            "url": absolute(product.get_absolute_url()),
            "price": str(Money(choice.priced.price, choice.priced.currency).decimal),
            "priceCurrency": choice.priced.currency,
            "availability": f"https://schema.org/{availability(choice)}",
            "itemCondition": "https://schema.org/NewCondition",
        }
    return data
