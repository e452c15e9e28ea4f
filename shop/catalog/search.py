"""Search: PostgreSQL full text over the listing rows, and help with words that nothing matches."""

import re
from collections.abc import Collection
from difflib import get_close_matches
from functools import lru_cache

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, FloatField
from django.db.models.functions import Round

from shop.catalog.models import ProductListing
from shop.catalog.snapshot import WORD

WEIGHTS = [0.1, 0.2, 0.4, 1.0]  # D, C, B, A
CLOSE_ENOUGH = 0.72
CORRECTED_WORDS = 6  # comparing is the dearest thing a search does
OPERATORS = re.compile(r'"|(?:^|\s)-|\bor\b', re.IGNORECASE)


@lru_cache(512)
def product_ids(words: str, version: int) -> tuple[int, ...]:
    """Products that match all words, best first, in stock before sold out among equals. Empty words match nothing.

    Kept per catalogue version: people turn pages and set filters over the same words.
    """
    if not WORD.search(words):
        return ()
    query = search_query(words)
    rank = Round(SearchRank(F("search"), query, weights=WEIGHTS), precision=2, output_field=FloatField())
    found = ProductListing.objects.filter(search=query).annotate(rank=rank)
    return tuple(found.order_by("-rank", "-in_stock", "-published_at", "-pk").values_list("pk", flat=True))


def search_query(words: str) -> SearchQuery:
    """The words as people write them ("quoted", -without, or), the last one also as the beginning of a word."""
    query = SearchQuery(words, search_type="websearch", config="english")
    found = WORD.findall(words)
    if OPERATORS.search(words) or len(found[-1]) < 2:
        return query
    *before, last = found
    start = SearchQuery(f"'{last.replace(chr(39), '')}':*", search_type="raw", config="english")
    if before:
        start = SearchQuery(" ".join(before), search_type="websearch", config="english") & start
    return query | start


def corrected(words: str, known: Collection[str]) -> str:
    """The words with misspelt ones replaced by the nearest known one; empty when nothing was to be replaced."""
    given = WORD.findall(words.lower())[:CORRECTED_WORDS]
    fixed = [_corrected_word(word, known) for word in given]
    return " ".join(fixed) if fixed != given else ""


def _corrected_word(word: str, known: Collection[str]) -> str:
    if word in known or len(word) < 3:
        return word
    close = get_close_matches(word, known, n=5, cutoff=CLOSE_ENOUGH)
    # Swapped letters are the commonest slip: "shrit" is rather "shirt" than "short".
    return max(close, key=lambda other: sorted(other) == sorted(word), default=word)
