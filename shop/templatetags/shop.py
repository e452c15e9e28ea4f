"""Template tags of the shop; built in, so no template has to load them."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from shop.catalog import snapshot as snapshots
from shop.catalog.models import ProductImage
from shop.catalog.renditions import media_url
from shop.catalog.snapshot import Snapshot
from shop.core.countries import short_name
from shop.core.http import absolute
from shop.core.money import format_money
from shop.delivery import services as delivery

register = template.Library()
register.filter("absolute", absolute)
register.filter("media", media_url)

# Pictures of clothes are 4:5 throughout the shop; a listing's JSON therefore needs no sizes of its own.
RATIO = 5 / 4
JSON_IN_HTML = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


class Link(NamedTuple):
    name: str
    url: str


MENU = (
    Link("New in", "/shop/?new=1"),
    Link("Women", "/shop/women/"),
    Link("Men", "/shop/men/"),
    Link("All", "/shop/"),
    Link("Sale", "/shop/?sale=1"),
)


@register.filter
def money(amount: int, currency: str) -> str:
    """Minor units as people write them: {{ line.line_total|money:order.currency }} gives £12.50."""
    return format_money(amount, currency)


@register.filter
def json_ld(data: dict[str, Any]) -> SafeString:
    """Data for <script type="application/ld+json">; characters that could end the element are written as codes."""
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(JSON_IN_HTML))  # noqa: S308


@register.simple_tag(takes_context=True)
def catalogue(context: Context) -> Snapshot:
    """The catalogue's snapshot: the same as the view has, so that a page asks for it once."""
    request = context.get("request")
    return snapshots.of(request) if request else snapshots.current()


@register.simple_tag
def free_delivery_from(catalogue: Snapshot) -> str:
    """From which value of goods delivery is free in the shop's own country, such as '£75'; empty where it never is."""
    rates = delivery.shown_rates(catalogue, settings.SHOP_COUNTRY)
    offered = delivery.offers_of(rates, settings.SHOP_COUNTRY, delivery.Load(0), catalogue=catalogue)
    free = delivery.free_delivery(offered, goods=0)
    return str(free.missing) if free else ""


@register.simple_tag
def return_days() -> int:
    """For how many days after its arrival a piece may be sent back."""
    return settings.RETURN_DAYS


@register.simple_tag
def withdrawal_days() -> int:
    """For how many days after the delivery a buyer may withdraw from the contract."""
    return settings.WITHDRAWAL_DAYS


@register.simple_tag
def shop_email() -> str:
    """Where the shop reads mails."""
    return str(settings.SHOP_EMAIL)


@register.simple_tag
def home_country() -> str:
    """What the shop's own country is called in passing, such as 'UK'."""
    return short_name(settings.SHOP_COUNTRY)


@register.simple_tag
def navigation() -> tuple[Link, ...]:
    """The links of the main menu."""
    return MENU


class Tab(NamedTuple):
    name: str
    url: str
    is_current: bool


TABS = (
    Link("Orders", "/account/"),
    Link("Addresses", "/account/addresses/"),
    Link("Wish list", "/account/wishlist/"),
    Link("Details", "/account/details/"),
    Link("Security", "/account/security/"),
    Link("Data", "/account/data/"),
)
# Pages that lie elsewhere than the tab they belong to.
WITHIN = {
    "/account/orders/": "/account/",
    "/account/email/": "/account/details/",
    "/account/password/": "/account/details/",
}


@register.simple_tag(takes_context=True)
def account_tabs(context: Context) -> list[Tab]:
    """The pages of an account, and which of them (or of their own pages) is being looked at."""
    path: str = context["request"].path
    path = next((tab for start, tab in WITHIN.items() if path.startswith(start)), path)
    here = max((link.url for link in TABS if path.startswith(link.url)), key=len, default="")
    return [Tab(link.name, link.url, link.url == here) for link in TABS]


@register.simple_tag
def picture(
    source: ProductImage | Mapping[str, str] | None, sizes: str, alt: str = "", eager: bool = False
) -> SafeString:
    """An <img> of a ProductImage, or of renditions by width as a listing holds them, in the sizes that exist.

    The address is MEDIA_URL and the stored name: no storage is asked while a page is rendered. An eager picture is
    the first one a visitor sees; all others load when they come near.
    """
    renditions = source.renditions if isinstance(source, ProductImage) else source
    if not renditions:
        return mark_safe("")
    ratio = RATIO
    if isinstance(source, ProductImage):
        alt = alt or source.alt
        ratio = source.height / source.width if source.width else RATIO
    widths = sorted(int(width) for width in renditions)
    shown = next((width for width in widths if width >= 600), widths[-1])
    urls = {width: media_url(renditions[str(width)]) for width in widths}
    return format_html(
        '<img src="{}" srcset="{}" sizes="{}" width="{}" height="{}" alt="{}" {}>',
        urls[shown],
        ", ".join(f"{url} {width}w" for width, url in urls.items()),
        sizes,
        shown,
        round(shown * ratio),
        alt,
        EAGER if eager else LAZY,
    )


EAGER = mark_safe('fetchpriority="high"')
LAZY = mark_safe('loading="lazy" decoding="async"')
