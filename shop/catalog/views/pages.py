"""Pages of words: delivery, returns, sizes, the house. What they say of prices and sizes comes from the database."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from shop.catalog.models import SizeChart
from shop.catalog.size_charts import tables
from shop.core import shown
from shop.core.countries import country_names
from shop.core.http import PURGED, public_page
from shop.delivery.models import ShippingRate


@dataclass(frozen=True, slots=True)
class CountryRates:
    """Countries that share the same ways to deliver, and those ways."""

    countries: str
    rates: list[ShippingRate]


def delivery() -> dict[str, Any]:
    """Every rate, grouped by the countries it holds for; the shop's own country first."""
    by_country: dict[str, list[ShippingRate]] = {}
    rates = ShippingRate.objects.filter(method__is_active=True).select_related("method")
    for rate in rates.order_by("method__position", "pk"):
        for country in rate.countries:
            by_country.setdefault(country, []).append(rate)
    groups: dict[tuple[int, ...], list[str]] = {}
    for country, offered in by_country.items():
        groups.setdefault(tuple(rate.pk for rate in offered), []).append(country)
    ordered = sorted(groups.values(), key=lambda countries: (settings.SHOP_COUNTRY not in countries, len(countries)))
    return {"groups": [CountryRates(names_of(countries), by_country[countries[0]]) for countries in ordered]}


def names_of(countries: list[str]) -> str:
    """['IE', 'FR'] -> 'France, Ireland'."""
    names = country_names()
    return ", ".join(sorted(names.get(code, code) for code in countries))


def size_guide() -> dict[str, Any]:
    charts = SizeChart.objects.prefetch_related("entries__size").order_by("name")
    return {"charts": [chart for chart in tables(charts) if chart.rows]}


def nothing_more() -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    description: str
    context: Callable[[], dict[str, Any]] = nothing_more


PAGES = {
    "delivery": Page("Delivery", "What delivery costs, how long it takes and where we send to.", delivery),
    "returns": Page(
        "Returns",
        f"{settings.RETURN_DAYS} days to change your mind: how to send something back and when the money comes.",
    ),
    "size-guide": Page("Size guide", "Every size chart, in centimetres and inches, and how to measure.", size_guide),
    "about": Page("About us", "A small wardrobe, cut to be worn for years: how we choose cloth and make clothes."),
    "contact": Page("Contact", "How to reach us, and what to have at hand."),
    "privacy": Page("Privacy", "What we keep about you, why, for how long, and how to see or delete it."),
    "terms": Page("Terms of sale", "The agreement between you and us when you buy."),
}


@public_page(PURGED)
@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the pages above."""
    found = PAGES.get(slug)
    if found is None:
        raise Http404("There is no such page.")
    shown.shows(f"page:{slug}")
    context = {"page": found, "slug": slug, "title": found.title, "pages": PAGES}
    context |= {"canonical": reverse("shop-page", args=[slug]), "shop_email": settings.SHOP_EMAIL}
    return render(request, f"shop/pages/{slug.replace('-', '_')}.html", context | found.context())
