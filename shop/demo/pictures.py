"""Pictures of the demo's articles: coloured and encoded by worker processes, stored and recorded here."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TextIO

from django.core.files.storage import default_storage
from django.db import transaction

from shop.catalog.images import WIDTHS, put
from shop.catalog.models import Colour, Product, ProductImage
from shop.demo import words
from shop.demo.drawing import Sheet, View, draw, start_worker
from shop.demo.progress import Bar
from shop.demo.source import Article, Colourway

WORKERS = 2
# So many sheets are drawn before two workers have started.
FEW = 4
FOLDER = "products/demo"
Drawn = list[list[dict[int, bytes]]]
VIEWS = (View("whole", WIDTHS[::-1]), View("detail", (600, 320)), View("close", (600, 320)))


def make_pictures(
    articles: Iterable[Article], stream: TextIO, *, views: tuple[View, ...] = VIEWS, record_new: bool = True
) -> int:
    """Draw the pictures of articles that lost files and, with record_new, of those that have none.

    Returns how many articles that were. Each is recorded in a transaction of its own, so an interrupted run goes on
    where it stopped.
    """
    slugs = lost_files() | (without_pictures() if record_new else set())
    missing = {article.slug: article for article in articles if article.slug in slugs}
    # One garment after the other, so that a worker reads its plates once.
    ordered = sorted(missing.values(), key=lambda article: (article.garment, article.slug))
    sheets = [Sheet(a.slug, a.garment, tuple(a.cloth(c) for c in a.colourways), views) for a in ordered]
    if sheets:
        with Bar("Pictures", sum(len(sheet.cloths) for sheet in sheets), stream) as bar:
            for sheet, drawn in drawings(sheets):
                store(missing[sheet.slug], views, drawn)
                bar.advance(len(sheet.cloths))
    return len(sheets)


def without_pictures() -> set[str]:
    """Slugs of products that have no picture recorded."""
    return set(Product.objects.filter(images=None).values_list("slug", flat=True))


def lost_files() -> set[str]:
    """Slugs of products with a picture of the demo whose file is gone."""
    files = ProductImage.objects.filter(file__startswith=FOLDER).values_list("product__slug", "file")
    return {slug for slug, file in files if not default_storage.exists(file)}


def drawings(sheets: list[Sheet]) -> Iterator[tuple[Sheet, Drawn]]:
    """Each sheet with what was drawn for it, in the order they get ready."""
    if len(sheets) < FEW:
        yield from ((sheet, draw(sheet)) for sheet in sheets)
        return
    with workers() as pool:
        waiting = {pool.submit(draw, sheet): sheet for sheet in sheets}
        for ready in as_completed(waiting):
            # Popped, so that finished pictures do not pile up in memory.
            yield waiting.pop(ready), ready.result()


@contextmanager
def workers() -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes (a fork would share this one's database connection); an error drops what waits."""
    pool = ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"), initializer=start_worker)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@transaction.atomic
def store(article: Article, views: tuple[View, ...], drawn: Drawn) -> None:
    """Put the files into the storage, and record them unless they are."""
    product = Product.objects.get(slug=article.slug)
    colours = {colour.slug: colour for colour in Colour.objects.filter(slug__in=[c.slug for c in article.colourways])}
    images = []
    for colourway, pictures in zip(article.colourways, drawn, strict=True):
        for position, (view, files) in enumerate(zip(views, pictures, strict=True)):
            image = record(article, colourway, view, files)
            image.product, image.colour, image.position = product, colours[colourway.slug], position
            images.append(image)
    if not product.images.exists():
        ProductImage.objects.bulk_create(images)


def record(article: Article, colourway: Colourway, view: View, files: dict[int, bytes]) -> ProductImage:
    """Store one picture. Its largest rendition stands for the original too: nothing larger was ever drawn."""
    base = f"{FOLDER}/{article.slug}/{colourway.slug}-{view.name}"
    names = {str(width): put(f"{base}-{width}.webp", content) for width, content in files.items()}
    width = view.widths[0]
    return ProductImage(
        alt=words.alt(article, colourway, view.name),
        file=names[str(width)],
        width=width,
        height=width * 5 // 4,
        renditions=dict(sorted(names.items(), key=lambda item: int(item[0]))),
    )
