"""The names of countries."""

from functools import lru_cache

from babel import Locale


@lru_cache(1)
def country_names() -> dict[str, str]:
    """Names of all countries by their ISO 3166 alpha-2 code."""
    territories: dict[str, str] = dict(Locale("en", "GB").territories)
    return {code: name for code, name in territories.items() if len(code) == 2 and code.isalpha()}
