"""Where the shop charges value added tax, and where its goods leave the reach of it.

Simplified, and for an accountant to confirm before real sales: a country is one piece here. Places with rules of their
own inside a country's code (the Canary Islands, Northern Ireland for a seller in the EU, Madeira and the Azores) are
taxed as the country; places with a code of their own (Jersey, Åland, Guadeloupe) are outside unless SHOP_TAX_AREA names
them. The EU's threshold below which a small seller may charge its home rate everywhere is not applied.
"""

from django.conf import settings

EU = frozenset((
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
))  # fmt: skip
# Codes that are taxed as another country: the Isle of Man has the United Kingdom's VAT, Monaco that of France.
TAXED_AS = {"IM": "GB", "MC": "FR"}


def tax_area() -> frozenset[str]:
    """Countries (ISO 3166 alpha-2) whose rates apply to what goes there: home, and all of the EU when home is in it.

    SHOP_TAX_AREA says otherwise where it is not empty.
    """
    if settings.SHOP_TAX_AREA:
        return frozenset(settings.SHOP_TAX_AREA)
    home = settings.SHOP_COUNTRY
    return EU if home in EU else frozenset({home})


def taxing_country(destination: str) -> str:
    """Whose rates apply to goods that go there; empty for an export."""
    country = TAXED_AS.get(destination, destination)
    return country if country in tax_area() else ""
