"""Words as the database's text search takes them, for indexes over the words of a column as they stand."""

import re
from collections.abc import Sequence

from django.contrib.postgres.search import SearchQuery, SearchVector

CONFIG = "simple"
# A beginning of fewer letters would find half of the shop: such a word has to be there as it is.
SHORTEST_BEGINNING = 3


def words_in(text: str) -> list[str]:
    """Letters and digits only, so that nothing in them means anything to the database."""
    return re.findall(r"[^\W_]+", text)


def words_of(column: str) -> SearchVector:
    """The words of a column, as it has to be indexed to be found by them."""
    return SearchVector(column, config=CONFIG)


def begun_by(words: Sequence[str]) -> SearchQuery:
    """Fits a text that has words which begin with each of these (see words_in)."""
    begun = " & ".join(f"'{word}'{':*' if len(word) >= SHORTEST_BEGINNING else ''}" for word in words)
    return SearchQuery(begun, search_type="raw", config=CONFIG)
