"""Renditions: the sizes of a product picture that pages show, made once when the picture arrives."""

import hashlib
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from shop.core import uploads
from shop.core.errors import ShopError

if TYPE_CHECKING:
    from shop.catalog.models import ProductImage

WIDTHS = (320, 600, 900, 1200)
QUALITY = 78
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
MAX_BYTES = 25_000_000
MAX_PIXELS = 40_000_000
# WebP itself ends at 16383; no product picture comes near it.
MAX_SIDE = 12_000


class NotStored(ShopError):
    """The files' store refuses, is full, or does not answer. What was stored before stays."""

    def __init__(self) -> None:
        super().__init__("The picture could not be stored just now. Please save the product again in a moment.")


def make_renditions(image: "ProductImage") -> None:
    """Write WebP renditions beside the stored original and save their names, and the upright size, in the row.

    Raises ShopError, with nothing stored or saved, for a file that is no picture, broken, or too large, and NotStored
    with nothing saved. Renditions of an earlier file stay: pages that edges still keep show them.
    """
    name = str(image.file.name)
    try:
        with default_storage.open(name) as file:
            picture = read(BytesIO(limited(file, MAX_BYTES)))
    except FileNotFoundError as error:
        raise ShopError("The picture's file is gone. Please upload it again.") from error
    except OSError as error:
        raise NotStored from error
    made = {width: encode(picture, width) for width in widths_for(picture.width)}
    try:
        stored = {str(width): put(rendition_name(name, width, content), content) for width, content in made.items()}
    except OSError as error:
        raise NotStored from error
    image.renditions = stored
    image.width, image.height = picture.size
    image.save(update_fields=["renditions", "width", "height", "updated_at"])


def without_metadata(file: Any) -> "ContentFile[bytes]":
    """An uploaded picture as it is kept: upright, without what the camera wrote into it (place, time, owner).

    Raises ShopError for whatever is no picture of a sane size.
    """
    path = PurePosixPath(file.name)
    picture = read(BytesIO(limited(file, uploads.most_bytes(MAX_BYTES))))
    lossless = picture.mode == "RGBA" or path.suffix.lower() in (".png", ".gif")
    out = BytesIO()
    picture.save(out, "PNG" if lossless else "JPEG", quality=95, icc_profile=picture.info.get("icc_profile"))
    return ContentFile(out.getvalue(), name=str(path.with_suffix(".png" if lossless else ".jpg")))


def limited(file: Any, most: int) -> bytes:
    """The file's bytes; a ShopError for one of more than that, without reading all of it."""
    content: bytes = file.read(most + 1)
    if len(content) > most:
        raise ShopError(f"The picture's file is larger than {most // 1_000_000} MB. Please save a smaller one.")
    return content


def read(file: BytesIO) -> Image.Image:
    """The picture, upright, in RGB or RGBA. Raises ShopError for whatever is no picture of a sane size."""
    try:
        picture = Image.open(file, formats=FORMATS)
        refuse_enormous(picture)
        picture.load()
        return upright(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ShopError(too_many_pixels()) from error
    # Pillow's readers raise any of these for a damaged file.
    except (OSError, SyntaxError, ValueError, IndexError, TypeError, EOFError) as error:
        raise ShopError("This file is not a picture, or it is damaged. Please use a JPEG, PNG or WebP file.") from error


def refuse_enormous(picture: Image.Image) -> None:
    """Raise ShopError, from the header alone, for a picture that would not fit into memory or into WebP."""
    if picture.width * picture.height > MAX_PIXELS:
        raise ShopError(too_many_pixels())
    if max(picture.size) > MAX_SIDE:
        raise ShopError(f"The picture is longer than {MAX_SIDE} pixels. Please crop it.")


def too_many_pixels() -> str:
    return f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels. Please make it smaller."


def upright(picture: Image.Image) -> Image.Image:
    """Turned as its EXIF says, in a mode that WebP knows; the colour profile survives where it still applies."""
    profile = picture.info.get("icc_profile") if picture.mode in ("RGB", "RGBA") else None
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    turned = ImageOps.exif_transpose(picture).convert(mode)
    turned.info = {"icc_profile": profile} if profile else {}
    return turned


def widths_for(width: int) -> list[int]:
    """The widths to make of a picture that wide: never larger than it is, and always at least one."""
    fitting = [each for each in WIDTHS if each <= width]
    return fitting if width >= WIDTHS[-1] or width in fitting else [*fitting, width]


def rendition_name(original: str, width: int, content: bytes) -> str:
    """'products/12/front.jpg' and 320 -> 'products/12/front-320.1a2b3c4d5e.webp'.

    What is in a file is part of its name, so that edges and browsers may keep it for ever.
    """
    path = PurePosixPath(original)
    return str(path.with_name(f"{path.stem}-{width}.{hashlib.sha256(content).hexdigest()[:10]}.webp"))


def encode(picture: Image.Image, width: int, quality: int = QUALITY) -> bytes:
    """The picture as WebP of that width (at most its own), aspect kept, without its metadata (place, camera)."""
    height = max(1, round(picture.height * width / picture.width))
    sized = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = BytesIO()
    sized.save(out, "WEBP", quality=quality, method=4, icc_profile=picture.info.get("icc_profile") or b"")
    return out.getvalue()


def put(name: str, content: bytes) -> str:
    """Store the bytes under exactly that name; returns it. A whole file that is there already is left as it is."""
    if default_storage.exists(name):
        if default_storage.size(name) == len(content):
            return name
        default_storage.delete(name)
    return default_storage.save(name, ContentFile(content))
