"""Size systems, and size charts of the garments themselves, laid flat and doubled (millimetres)."""

from collections.abc import Mapping
from dataclasses import dataclass

from shop.catalog.models import Size, SizeChart, SizeChartEntry, SizeSystem
from shop.demo.source import Article

# name: (label beside the word Size, the sizes from small to large)
SYSTEMS = {
    "Letters": ("UK / regular", ("XS", "S", "M", "L", "XL", "XXL")),
    "UK dress sizes": ("UK", ("6", "8", "10", "12", "14", "16")),
    "Waist": ("waist in inches", ("28", "30", "32", "34", "36")),
    "One size": ("fits all", ("One size",)),
}

# Body measurements by cut, from its smallest size up: what the cloth has to go round.
CHEST: Mapping[str, tuple[int, ...]] = {
    "women": (820, 870, 920, 980, 1050),
    "men": (960, 1010, 1060, 1120, 1180),
    "unisex": (860, 910, 970, 1030, 1090),
}
WAIST: Mapping[str, tuple[int, ...]] = {
    "women": (660, 710, 760, 820, 890),
    "men": (790, 840, 890, 950, 1010),
    "unisex": (690, 740, 800, 860, 920),
    "UK dress sizes": (640, 680, 720, 760, 810, 860),
    "Waist": (711, 762, 813, 864, 914),
}
HIP: Mapping[str, tuple[int, ...]] = {
    "women": (900, 950, 1000, 1060, 1130),
    "men": (940, 990, 1040, 1100, 1160),
    "unisex": (900, 950, 1010, 1070, 1130),
    "UK dress sizes": (880, 920, 960, 1000, 1050, 1100),
    "Waist": (890, 940, 990, 1040, 1090),
}


@dataclass(frozen=True)
class Round:
    """A measurement round the body: the body's own plus the room the garment leaves."""

    name: str
    body: Mapping[str, tuple[int, ...]]
    room: int

    def of(self, cut: str, step: int) -> int:
        return self.body[cut][step] + self.room


@dataclass(frozen=True)
class Along:
    """A length: of the smallest size, and how much each further size adds; men's cuts begin longer."""

    name: str
    first: int
    each: int
    men: int = 0

    def of(self, cut: str, step: int) -> int:
        return self.first + step * self.each + (self.men if cut in ("men", "Waist") else 0)


def top(room: int, length: int, sleeve: int = 0) -> tuple[Round | Along, ...]:
    sleeves = (Along("Sleeve", sleeve, 12, 35),) if sleeve else ()
    return (Round("Chest", CHEST, room), Along("Length", length, 18, 40), *sleeves)


def bottom(room: int, leg: int) -> tuple[Round | Along, ...]:
    return (Round("Waist", WAIST, room), Round("Hip", HIP, 60 + room), Along("Inside leg", leg, 4, 25))


MEASUREMENTS: dict[str, tuple[Round | Along, ...]] = {
    "tee": top(110, 640, 190),
    "tank": top(20, 590),
    "shirt": top(140, 690, 570),
    "knit": top(120, 620, 585),
    "cardigan": top(150, 630, 575),
    "hoodie": top(180, 650, 580),
    "chore": top(170, 680, 580),
    "coat": top(190, 1080, 590),
    "dress": (Round("Chest", CHEST, 60), Round("Waist", WAIST, 70), Along("Length", 1130, 12)),
    "skirt": (Round("Waist", WAIST, 10), Round("Hip", HIP, 120), Along("Length", 740, 8)),
    "trousers": bottom(10, 760),
    "jeans": bottom(20, 770),
    "shorts": bottom(30, 160),
    "scarf": (Along("Width", 700, 0), Along("Length", 1950, 0)),
    "beanie": (Along("Width", 205, 0), Along("Height", 235, 0)),
    "tote": (Along("Width", 390, 0), Along("Height", 420, 0), Along("Handles", 620, 0)),
}

NAMES = {
    "tee": "T-shirts", "tank": "Vests", "shirt": "Shirts", "knit": "Jumpers", "cardigan": "Cardigans",
    "hoodie": "Hoodies", "chore": "Jackets", "coat": "Coats", "dress": "Dresses", "skirt": "Skirts",
    "trousers": "Trousers", "jeans": "Jeans", "shorts": "Shorts", "scarf": "Scarves", "beanie": "Beanies",
    "tote": "Bags",
}  # fmt: skip
CUTS = {"women": ", women", "men": ", men", "unisex": "", "UK dress sizes": ", women", "Waist": ", men", "One size": ""}

HOW = {
    "Chest": "Chest: lay one you like flat and buttoned, measure from armpit to armpit, and double it.",
    "Waist": "Waist: lay it flat and closed, measure straight across the top edge, and double it.",
    "Hip": "Hip: measure across the widest part of the seat, laid flat, and double it.",
    "Length": "Length: from the highest point, beside the neck or at the waistband, straight down to the hem.",
    "Sleeve": "Sleeve: from the shoulder seam to the end of the cuff.",
    "Inside leg": "Inside leg: from where the legs meet, along the seam, to the hem.",
    "Width": "Width: across the middle, laid flat.",
    "Height": "Height: from the opening to the bottom, laid flat.",
    "Handles": "Handles: one handle from seam to seam.",
}


def make_systems() -> dict[tuple[str, str], Size]:
    """The sizes by (system, name), made where missing."""
    sizes = {}
    for name, (label, names) in SYSTEMS.items():
        system, _ = SizeSystem.objects.get_or_create(name=name, defaults={"label": label})
        for position, each in enumerate(names):
            size, _ = Size.objects.get_or_create(system=system, name=each, defaults={"position": position})
            sizes[name, each] = size
    return sizes


def system_of(article: Article) -> str:
    """The first system that has all the article's sizes."""
    return next(name for name, (_, sizes) in SYSTEMS.items() if set(article.sizes) <= set(sizes))


def cut_of(article: Article) -> str:
    """Whose measurements its sizes go by: a department where sizes are letters, else the system itself."""
    system = system_of(article)
    return article.department if system == "Letters" else system


def make_charts(articles: tuple[Article, ...], sizes: dict[tuple[str, str], Size]) -> dict[tuple[str, str], SizeChart]:
    """The size charts by (garment, cut), made with their entries where missing."""
    charts: dict[tuple[str, str], SizeChart] = {}
    for article in articles:
        key = article.garment, cut_of(article)
        if key not in charts:
            charts[key] = make_chart(article, sizes)
    return charts


def make_chart(article: Article, sizes: dict[tuple[str, str], Size]) -> SizeChart:
    """The chart of the article's garment in its cut. An existing one is left as it is."""
    cut, measurements = cut_of(article), MEASUREMENTS[article.garment]
    how = "\n".join(HOW[each.name] for each in measurements)
    slug = f"{article.garment}-{cut}".lower().replace(" ", "-")
    chart, new = SizeChart.objects.get_or_create(
        garment=slug, defaults={"name": NAMES[article.garment] + CUTS[cut], "how_to_measure": how}
    )
    if new:
        SizeChartEntry.objects.bulk_create(
            SizeChartEntry(
                chart=chart,
                size=sizes[system_of(article), size],
                measurement=each.name,
                position=position,
                millimetres=each.of(cut, step),
            )
            for position, each in enumerate(measurements)
            for step, size in enumerate(article.sizes)
        )
    return chart
