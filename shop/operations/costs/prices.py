"""What AWS asks for things: a dated file, with the page of each price and what it was checked against."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
REGIONS = ("us-east-1", "eu-west-2")


@dataclass(frozen=True, slots=True)
class PriceTable:
    """USD by key in one region, and how much of each costs nothing a month: always, and in an account's first year.

    seen: the public copy that a price was checked against; a price without one is from memory.
    """

    region: str
    as_of: str
    usd: Mapping[str, float]
    units: Mapping[str, str]
    seen: Mapping[str, str]
    always_free: Mapping[str, float]
    first_year_free: Mapping[str, float]

    @property
    def unseen(self) -> list[str]:
        return sorted(set(self.usd) - set(self.seen))


@lru_cache(maxsize=4)
def price_table(region: str) -> PriceTable:
    """Raises KeyError for a region that the file does not have."""
    told = read("prices.json")
    prices = told["prices"]
    return PriceTable(
        region=region,
        as_of=told["as_of"],
        usd={key: float(each[region]) for key, each in prices.items()},
        units={key: each["unit"] for key, each in prices.items()},
        seen={key: each["seen"] for key, each in prices.items() if region in each["verified"]},
        always_free=told["free"]["always"],
        first_year_free=told["free"]["first_year"],
    )


def read(name: str) -> dict[str, Any]:
    """A file beside this one."""
    found: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return found
