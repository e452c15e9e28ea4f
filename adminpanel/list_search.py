"""The search of a list: every word that is typed is probed in indexes, however long the table is.

It takes Django's search_fields where each of them says how it is indexed:
"=number": just this, in capitals or not. "^number": it begins so; for columns with an index over their beginnings.
"sku__istartswith": it begins so in any case of letters; for columns with an index over their capitals' beginnings.
"@name": some of its words begin so; for columns with an index over words_of() them.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.text import smart_split, unescape_string_literal

from shop.core.words import SHORTEST_BEGINNING, begun_by, words_in, words_of

ANY_CASE = "__istartswith"
# More words, and longer ones, narrow no search further.
MOST_WORDS, LONGEST = 6, 254
QUOTED = re.compile(r"""(["']).*\1\Z""", re.DOTALL)


def is_indexed(search_fields: Sequence[str]) -> bool:
    """Whether each of them is a probe of an index."""
    return bool(search_fields) and all(name[0] in "=^@" or name.endswith(ANY_CASE) for name in search_fields)


def found(rows: QuerySet[Any], search_fields: Sequence[str], typed: str) -> QuerySet[Any]:
    """Those of the rows that have each of the typed words in one of the fields; what is quoted is one word."""
    for word in split(typed):
        first, *rest = [probe.values("pk") for name in search_fields for probe in probes(rows.model, name, word)] or [
            rows.model._default_manager.none().values("pk")
        ]
        # One condition with OR over several tables would be tried on every row; each of these uses its own index.
        rows = rows.filter(pk__in=first.union(*rest) if rest else first)
    return rows


def split(typed: str) -> list[str]:
    bits = list(smart_split(typed.replace("\0", " ")[:LONGEST]))[:MOST_WORDS]
    words = [unescape_string_literal(bit) if QUOTED.match(bit) else bit for bit in bits]
    return [word for word in words if word.strip()]


def probes(model: type[Model], name: str, word: str) -> Iterator[QuerySet[Model]]:
    """The rows that have the word in this field, by an index each."""
    rows = model._default_manager.order_by()
    if name[0] == "@":
        if words := words_in(word):
            yield rows.alias(words=words_of(name[1:])).filter(words=begun_by(words))
    elif name.endswith(ANY_CASE):
        whole = name.removesuffix(ANY_CASE)
        yield rows.filter(**{name if len(word) >= SHORTEST_BEGINNING else f"{whole}__iexact": word})
    elif name[0] == "^" and len(word) >= SHORTEST_BEGINNING:
        yield rows.filter(begins(name[1:], cases(word)))
    else:
        yield rows.filter(**{f"{name[1:]}__in": cases(word)})


def cases(word: str) -> list[str]:
    """As it was typed, and as numbers and addresses are kept."""
    return sorted({word, word.upper(), word.lower()})


def begins(name: str, beginnings: Sequence[str]) -> Q:
    wanted = Q()
    for beginning in beginnings:
        wanted |= Q(**{f"{name}__startswith": beginning})
    return wanted
