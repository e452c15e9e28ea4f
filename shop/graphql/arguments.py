"""The arguments of a field, read strictly: a filter that would be ignored is refused, unlike in an address.

AppSync and the GraphQL library check types before; whoever calls the function itself could send anything.
"""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from shop.catalog.facets import SORTS
from shop.catalog.filters import CHOICES, FLAGS, Filters, parse
from shop.catalog.snapshot import Snapshot
from shop.graphql.errors import Refused

LONGEST_TEXT = 200
MOST_VALUES = 50
FLAG_NAMES = {"inStock": "stock", "onSale": "sale", "isNew": "new"}
SORT_NAMES = dict(zip(("NEWEST", "PRICE", "PRICE_DESCENDING", "NAME"), SORTS, strict=True))
# Facets name their parameter as an address has it.
FIELD_NAMES = {param: field for field, param in FLAG_NAMES.items()}

assert set(FLAG_NAMES.values()) == set(FLAGS)


def text(arguments: Mapping[str, Any], name: str) -> str:
    """A text that PostgreSQL takes: no null character, no half of a pair."""
    value = arguments.get(name)
    if not isinstance(value, str):
        raise Refused(f"{name} has to be a text.")
    return _clean(value, name)


def texts(arguments: Mapping[str, Any], name: str) -> list[str]:
    """A list of such texts; none where it is not given."""
    values = arguments.get(name)
    if values is None:
        return []
    if not (isinstance(values, list) and all(isinstance(value, str) for value in values)):
        raise Refused(f"{name} has to be a list of texts.")
    if len(values) > MOST_VALUES:
        raise Refused(f"{name} takes at most {MOST_VALUES} values.")
    return [_clean(value, name) for value in values]


def filters(arguments: Mapping[str, Any], snapshot: Snapshot, words: str = "") -> Filters:
    """What to list, as a page's address would say it. Refuses values that the shop does not have."""
    given = arguments.get("filter") or {}
    if not isinstance(given, Mapping):
        raise Refused("filter has to be an object.")
    chosen = {param: texts(given, param) for param in CHOICES}
    query = QueryDict(mutable=True)
    for param, values in chosen.items():
        query.setlist(param, values)
    for name, param in FLAG_NAMES.items():
        if given.get(name) is True:
            query[param] = "1"
    query["q"] = words
    query["page"] = str(_page(arguments))
    query["sort"] = _sort(arguments)
    found = parse(query, snapshot)
    for param, field in CHOICES.items():
        _refuse_unknown(param, chosen[param], getattr(found, field))
    return found


def _clean(value: str, name: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise Refused(f"{name} takes texts of at most {LONGEST_TEXT} characters.")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise Refused(f"{name} has a character that is none.")
    return value


def _page(arguments: Mapping[str, Any]) -> int:
    page = arguments.get("page")
    if page is None:
        return 1
    if not isinstance(page, int) or isinstance(page, bool) or page < 1:
        raise Refused("page has to be a number from 1.")
    return page


def _sort(arguments: Mapping[str, Any]) -> str:
    """As an address says it; empty for the list's own order."""
    sort = arguments.get("sort")
    if sort is None:
        return ""
    if not isinstance(sort, str) or sort not in SORT_NAMES:
        raise Refused(f"sort has to be one of {', '.join(SORT_NAMES)}.")
    return SORT_NAMES[sort]


def _refuse_unknown(param: str, given: list[str], known: tuple[str, ...]) -> None:
    unknown = sorted({value.lower() for value in given} - set(known))
    if unknown:
        raise Refused(f"There is no {param} {unknown[0]!r}.")
