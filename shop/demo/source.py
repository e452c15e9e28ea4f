"""The demo's articles, read from art/catalogue.json."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shop.core.money import Money
from shop.demo.art.colour import PLATES, Cloth, Fabric

CATALOGUE = PLATES.parent / "catalogue.json"


@dataclass(frozen=True)
class Colourway:
    """A colour, or a pair of colours, that an article comes in; hex and accent are '#rrggbb'."""

    name: str
    slug: str
    hex: str
    accent: str


@dataclass(frozen=True)
class Article:
    """One product of the demo; price in minor units."""

    slug: str
    name: str
    garment: str
    fabric: Fabric
    department: str
    category: str
    composition: str
    description: str
    care: str
    price: int
    currency: str
    sizes: tuple[str, ...]
    trim: str | None
    colourways: tuple[Colourway, ...]

    @property
    def code(self) -> str:
        """What its SKUs begin with: 'QUAR-SHIRT'."""
        return f"{self.slug[:4]}-{self.garment}".upper()

    def sku(self, colourway: Colourway, size: str) -> str:
        """'QUAR-SHIRT-SKY-M'."""
        short = "OS" if size == "One size" else size
        return f"{self.code}-{colourway.slug}-{short}".upper()

    def cloth(self, colourway: Colourway) -> Cloth:
        """What its pictures are coloured with."""
        return Cloth(colourway.hex, self.fabric, colourway.accent or None, self.trim)


@lru_cache(1)
def articles() -> tuple[Article, ...]:
    """All of them, in the file's order."""
    data = json.loads(CATALOGUE.read_text())
    return tuple(article(each) for each in data["products"])


def article(raw: dict[str, Any]) -> Article:
    colourways = tuple(Colourway(c["name"], c["slug"], c["hex"], c.get("accent", "")) for c in raw["colourways"])
    rest = {key: raw[key] for key in raw if key not in ("price", "sizes", "trim", "colourways")}
    price = Money.from_decimal(raw["price"], raw["currency"]).amount
    return Article(price=price, sizes=tuple(raw["sizes"]), trim=raw.get("trim"), colourways=colourways, **rest)
