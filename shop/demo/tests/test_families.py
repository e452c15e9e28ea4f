"""Each of the demo's colours was looked at once; this table is what was seen."""

import pytest

from shop.demo.families import family
from shop.demo.source import articles

SEEN = {
    "white": "chalk",
    "neutral": "ecru oat stone sand natural",
    "brown": "cocoa tobacco camel",
    "yellow": "marigold butter",
    "red": "clay brick rust oxblood",
    "pink": "blush rose",
    "purple": "lilac plum",
    "blue": "navy petrol sky mid-wash rinse light-wash indigo midnight",
    "green": "sage moss olive forest bottle",
    "grey": "slate mist ash charcoal",
    "black": "ink black",
}


@pytest.mark.parametrize("wanted", SEEN)
def test_colours_are_in_the_family_that_people_would_look_in(wanted: str) -> None:
    hexes = {each.slug.split("-")[0]: each.hex for article in articles() for each in article.colourways}
    hexes |= {each.slug: each.hex for article in articles() for each in article.colourways}
    assert {slug: family(hexes[slug]).value for slug in SEEN[wanted].split() if slug in hexes} == dict.fromkeys(
        [slug for slug in SEEN[wanted].split() if slug in hexes], wanted
    )


def test_every_first_colour_was_looked_at() -> None:
    seen = set(" ".join(SEEN.values()).split())
    firsts = {each.slug if not each.accent else each.slug.split("-")[0] for a in articles() for each in a.colourways}
    assert firsts <= seen
