"""Product cards, drawn once for as long as what they show stays the same."""

from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from shop.catalog.cards import Card

register = template.Library()

KEPT = 2048  # about 3 MB


@register.simple_tag
def product_card(card: Card, eager: bool = False) -> SafeString:
    """The card as components/product_card.html draws it; eager: its picture is in the first view."""
    return _drawn_anew(card, eager) if settings.DEBUG else _drawn(card, eager)


def _drawn_anew(card: Card, eager: bool) -> SafeString:
    return render_to_string("components/product_card.html", {"card": card, "eager": eager})


# Keyed by all that a card shows, so a change of price, picture, tag or stock is another card: nothing goes stale.
# Cards are most of a listing's cost, and the same ones stand on page after page.
_drawn = lru_cache(KEPT)(_drawn_anew)
