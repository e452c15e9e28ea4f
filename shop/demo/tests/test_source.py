"""What the catalogue file holds, and what is made of its words."""

from collections import Counter

from shop.demo import prices, words
from shop.demo.art.colour import index
from shop.demo.sizes import MEASUREMENTS, system_of
from shop.demo.source import articles


def test_there_are_53_articles_in_196_colourways() -> None:
    assert len(articles()) == 53
    assert sum(len(article.colourways) for article in articles()) == 196


def test_skus_are_unique_readable_and_fit() -> None:
    skus = Counter(a.sku(c, size) for a in articles() for c in a.colourways for size in a.sizes)
    assert skus["QUAR-SHIRT-SKY-M"] == 1
    assert max(skus.values()) == 1
    assert max(map(len, skus)) <= 36


def test_every_garment_has_words_measurements_and_a_size_system() -> None:
    for article in articles():
        assert article.garment in MEASUREMENTS
        assert {"detail", "close"} <= set(index()[article.garment]["crops"])
        assert system_of(article)
        assert article.category in {name for name, *_ in words.CATEGORIES}
        assert words.describe(article).count(". ") >= 1
        assert words.care(article)
        for view in ("whole", "detail", "close"):
            assert len(words.alt(article, article.colourways[0], view)) <= 200


def test_fabrics_are_a_list() -> None:
    tee = articles()[0]
    assert words.fabrics(tee) == ["100% organic cotton", "240 g/m²"]


def test_reduced_and_new_articles_exist_and_reductions_are_whole_pounds() -> None:
    by_slug = {article.slug: article for article in articles()}
    assert set(prices.REDUCED) | set(prices.NEW) <= set(by_slug)
    for slug, (_, colours) in prices.REDUCED.items():
        article = by_slug[slug]
        assert set(colours) <= {each.slug for each in article.colourways}
        for colourway in article.colourways:
            price, before = prices.price(article, colourway)
            reduced = not colours or colourway.slug in colours
            assert (before == article.price and price < before and price % 100 == 0) == reduced
