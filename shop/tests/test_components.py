"""The tags and the small templates that every page is made of."""

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from shop.catalog.models import ProductImage
from shop.templatetags.shop import picture
from storefront import stylesheet

RENDITIONS = {"320": "products/1/a-320.webp", "600": "products/1/a-600.webp", "1200": "products/1/a-1200.webp"}


def test_picture_names_every_rendition_and_shows_the_600_wide_one() -> None:
    html = picture(RENDITIONS, sizes="50vw", alt="Quarry & co")
    assert 'src="/media/products/1/a-600.webp"' in html
    assert 'srcset="/media/products/1/a-320.webp 320w, /media/products/1/a-600.webp 600w, ' in html
    assert 'width="600" height="750" alt="Quarry &amp; co" loading="lazy"' in html


def test_picture_of_a_row_keeps_its_own_shape_and_words() -> None:
    image = ProductImage(renditions={"320": "a.webp"}, width=1000, height=1500, alt="Collar, close up")
    html = picture(image, sizes="50vw", eager=True)
    assert 'width="320" height="480" alt="Collar, close up" fetchpriority="high"' in html
    assert "lazy" not in html


@pytest.mark.parametrize("source", [None, {}, ProductImage(renditions={})])
def test_a_picture_without_renditions_leaves_its_frame_empty(source: ProductImage | dict[str, str] | None) -> None:
    assert picture(source, sizes="50vw") == ""


def test_a_price_says_what_it_was() -> None:
    sale = {"price": 2400, "compare_at_price": 3200, "currency": "GBP"}
    assert '£24 <del><span class="vh">was </span>£32</del>' in render_to_string("components/price.html", sale)
    plain = {"price": 2450, "compare_at_price": None, "currency": "GBP", "from_price": True}
    assert render_to_string("components/price.html", plain).strip().endswith('<p class="price">from £24.50</p>')


def test_the_stylesheet_holds_every_part_and_names_the_layers_first() -> None:
    css = stylesheet.join().read_text()
    assert css.index("@layer reset, tokens, base, layout, components, utilities;") < css.index("@layer tokens {")
    assert all(part.read_text().strip() in css for part in stylesheet.parts())
    names = [str(part.relative_to(stylesheet.CSS)) for part in stylesheet.parts()]
    assert names[:3] == ["tokens.css", "base.css", "layout.css"]


def test_every_font_and_picture_the_stylesheet_names_exists() -> None:
    css = stylesheet.join()
    named = [part.split(")")[0] for part in css.read_text().split("url(")[1:]]
    assert named
    for url in named:
        assert (settings.BASE_DIR / "static" / "css" / url).resolve().exists(), url
