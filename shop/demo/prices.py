"""What is reduced, and when each article came out."""

import random
from datetime import datetime, timedelta

from shop.demo.source import Article, Colourway

# slug: (percent off, the colours it holds for; empty is all of them)
REDUCED: dict[str, tuple[int, tuple[str, ...]]] = {
    "slub-linen-tee": (25, ()),
    "two-way-vest": (30, ("mist", "olive")),
    "heavy-linen-overshirt": (20, ("slate", "olive")),
    "linen-pleat-trouser": (30, ("clay", "mist")),
    "linen-drawstring-short": (30, ()),
    "deckchair-short": (40, ("butter-clay", "sage-chalk")),
    "meadow-linen-skirt": (25, ("clay",)),
    "heron-linen-dress": (25, ("sky", "clay")),
    "picnic-dress": (20, ()),
    "linen-field-jacket": (25, ("rose",)),
    "drill-duster": (20, ("stone", "olive")),
    "deckchair-tote": (20, ()),
}

# Out in the last three weeks, newest first; everything else over the twenty months before.
NEW = (
    "storm-check-coat", "reading-room-cardigan", "hearth-check-scarf", "orchard-check-shirt", "loom-check-skirt",
    "tweed-fleck-crew", "gallery-check-trouser", "striped-beanie",
)  # fmt: skip
NEW_DAYS, OLD_DAYS = 21, 640


def price(article: Article, colourway: Colourway) -> tuple[int, int | None]:
    """(price, price before the reduction or None), minor units; reduced prices are whole pounds."""
    percent, colours = REDUCED.get(article.slug, (0, ()))
    if not percent or (colours and colourway.slug not in colours):
        return article.price, None
    return article.price * (100 - percent) // 10_000 * 100, article.price


def published(article: Article, now: datetime) -> datetime:
    """When it came out: always the same number of days before `now`."""
    luck = random.Random(article.slug)  # noqa: S311 - not a secret: the demo must be repeatable
    if article.slug in NEW:
        days = 1 + NEW.index(article.slug) * (NEW_DAYS - 2) // (len(NEW) - 1)
    else:
        days = luck.randrange(NEW_DAYS + 14, OLD_DAYS)
    return (now - timedelta(days=days)).replace(hour=9, minute=0, second=0, microsecond=0)
