"""The names of countries."""

from functools import lru_cache

from babel import Locale

from shop.core.money import LOCALE

# Babel also names groupings and test codes, which are no countries.
NOT_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


# What people call them in a sentence, where that is not the name of the list.
SHORT_NAMES = {"GB": "UK", "US": "US"}


def short_name(code: str) -> str:
    """What a country is called in passing: 'UK', 'Ireland'."""
    return SHORT_NAMES.get(code) or country_names().get(code, code)


@lru_cache(1)
def country_names() -> dict[str, str]:
    """Names of all countries by their ISO 3166 alpha-2 code."""
    territories: dict[str, str] = dict(Locale.parse(LOCALE).territories)
    return {code: name for code, name in territories.items() if code.isalpha() and code not in NOT_COUNTRIES}
