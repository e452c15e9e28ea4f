"""The names of countries."""

from functools import lru_cache

from babel import Locale

from shop.core.money import LOCALE

# Babel also names groupings and test codes, which are no countries.
NOT_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


@lru_cache(1)
def country_names() -> dict[str, str]:
    """Names of all countries by their ISO 3166 alpha-2 code."""
    territories: dict[str, str] = dict(Locale.parse(LOCALE).territories)
    return {code: name for code, name in territories.items() if code.isalpha() and code not in NOT_COUNTRIES}
