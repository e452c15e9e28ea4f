"""Suggestions while somebody types: pieces, categories and colours that begin like the words so far."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from shop.catalog import search
from shop.catalog.cards import Picture, cards_for
from shop.catalog.models import Colour
from shop.catalog.snapshot import DEPARTMENTS, Snapshot

SHORTEST = 2
PIECES = 5
OTHERS = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line of the list. `parts` is its name cut at what was typed: before, the same, after."""

    url: str
    parts: tuple[str, str, str]
    note: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    suggestions: Sequence[Suggestion]


def suggestions(words: str, snapshot: Snapshot) -> list[Group]:
    """At most eight suggestions in their groups; none for less than two letters. Three queries at most."""
    if len(words) < SHORTEST:
        return []
    places = _places(words, snapshot)[:OTHERS]
    colours = _colours(words, snapshot)[: OTHERS - len(places)]
    groups = [Group("Pieces", _pieces(words, snapshot)), Group("Categories", places), Group("Colours", colours)]
    return [group for group in groups if group.suggestions]


def _pieces(words: str, snapshot: Snapshot) -> list[Suggestion]:
    cards = cards_for(search.product_ids(words, snapshot.version)[:PIECES])
    return [Suggestion(card.url, cut(card.name, words), card.price, card.picture) for card in cards]


def _places(words: str, snapshot: Snapshot) -> list[Suggestion]:
    named = [(name, reverse("shop-category", args=[slug])) for slug, name in DEPARTMENTS.items()]
    named += [(node.name, node.url) for node in snapshot.categories.values() if node.products]
    return [Suggestion(url, cut(name, words)) for name, url in named if begins(name, words)]


def _colours(words: str, snapshot: Snapshot) -> list[Suggestion]:
    slugs = [colour.slug for colour in snapshot.colours.values() if begins(colour.name, words)]
    if not slugs:
        return []
    # Colours are kept for later seasons too: only those of something listed lead anywhere.
    worn = Colour.objects.filter(slug__in=slugs, variants__is_active=True, variants__product__listing__isnull=False)
    names = worn.distinct().values_list("name", flat=True)[:OTHERS]
    return [Suggestion(search_url(name), cut(name, words)) for name in names]


def search_url(words: str) -> str:
    """The address of a search for these words."""
    return f"{reverse('shop-search')}?{urlencode({'q': words})}"


def begins(name: str, words: str) -> bool:
    """Whether a word of the name begins with what was typed."""
    return re.search(rf"\b{re.escape(words)}", name, re.IGNORECASE) is not None


def cut(name: str, words: str) -> tuple[str, str, str]:
    """The name cut at the first typed word it has: ('Quarry ', 'Linen', ' Shirt')."""
    for word in _typed(words):
        found = re.search(rf"\b{re.escape(word)}", name, re.IGNORECASE)
        if found:
            return name[: found.start()], found.group(), name[found.end() :]
    return name, "", ""


def _typed(words: str) -> Iterable[str]:
    return sorted(words.split(), key=len, reverse=True)
