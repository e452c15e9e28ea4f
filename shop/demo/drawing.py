"""Draws and encodes the pictures of one article. Runs in worker processes: knows nothing of Django's models."""

import signal
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from shop.core.parents import end_with_parent
from shop.demo.art.colour import Cloth, colour

# Quality at each width, and the size in bytes from which a coarse cloth is encoded once more with less: 600 and 320
# are what phones load.
QUALITY = {1200: 52, 900: 50, 600: 46, 320: 52}
LIMIT = {1200: 90_000, 900: 60_000, 600: 30_000, 320: 14_000}
LESS = 0.7
# Method 2 takes less than half the time of Pillow's default 4, for files a twentieth larger.
METHOD = 2


@dataclass(frozen=True)
class View:
    """A picture of a garment: the whole or a crop named in plates.json, in these widths (largest first)."""

    name: str
    widths: tuple[int, ...]

    @property
    def crop(self) -> str | None:
        return None if self.name == "whole" else self.name


@dataclass(frozen=True)
class Sheet:
    """The pictures to draw of one article: each of its cloths in each view."""

    slug: str
    garment: str
    cloths: tuple[Cloth, ...]
    views: tuple[View, ...]


def start_worker() -> None:
    """In a worker: Ctrl-C is the parent's to handle, and a parent that was killed leaves nothing to wait for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


def draw(sheet: Sheet) -> list[list[dict[int, bytes]]]:
    """Per cloth and view, the WebP files by width."""
    # View by view, so that a plate is read once for all cloths.
    by_view = [[draw_view(sheet.garment, cloth, view) for cloth in sheet.cloths] for view in sheet.views]
    return [list(views) for views in zip(*by_view, strict=True)]


def draw_view(garment: str, cloth: Cloth, view: View) -> dict[int, bytes]:
    """The files of one picture, each width made from the next larger one."""
    largest = view.widths[0]
    picture = colour(garment, cloth, (largest, largest * 5 // 4), view.crop)
    files = {}
    for width in view.widths:
        if picture.width != width:
            picture = picture.resize((width, width * 5 // 4), Image.Resampling.BICUBIC)
        files[width] = within_limit(picture)
    return files


def within_limit(picture: Image.Image) -> bytes:
    quality, limit = QUALITY.get(picture.width, 50), LIMIT.get(picture.width, 0)
    file = webp(picture, quality)
    return file if len(file) <= limit or not limit else webp(picture, round(quality * LESS))


def webp(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "WEBP", quality=quality, method=METHOD)
    return out.getvalue()
