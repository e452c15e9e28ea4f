"""Pictures as they come from people: any size, turned, broken, hostile."""

import hashlib
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from shop.catalog import images
from shop.catalog.models import ProductImage
from shop.core.errors import ShopError
from shop.tests.builders import make_product

ORIENTATION = 0x0112


def picture_bytes(size: tuple[int, int], kind: str = "JPEG", mode: str = "RGB", **options: Any) -> bytes:
    out = BytesIO()
    Image.new(mode, size, "rebeccapurple" if mode.startswith("RGB") else 0).save(out, kind, **options)
    return out.getvalue()


def make_image(content: bytes, name: str = "front.jpg") -> ProductImage:
    """A row whose file is stored without being looked at, as after any upload path."""
    product = make_product()
    stored = default_storage.save(f"products/{product.pk}/{name}", ContentFile(content))
    return ProductImage.objects.create(product=product, alt="A shirt", file=stored, width=1, height=1)


def stored_size(name: str) -> tuple[int, int]:
    with default_storage.open(name) as file:
        picture = Image.open(file)
        assert picture.format == "WEBP"
        return picture.size


@pytest.mark.django_db
def test_a_large_picture_gets_every_width_beside_it() -> None:
    image = make_image(picture_bytes((1600, 2000)))
    images.make_renditions(image)
    image = ProductImage.objects.get()
    folder = f"products/{image.product_id}"
    stored = {width: default_storage.open(name).read() for width, name in image.renditions.items()}
    digests = {width: hashlib.sha256(content).hexdigest()[:10] for width, content in stored.items()}
    assert image.renditions == {str(w): f"{folder}/front-{w}.{digests[str(w)]}.webp" for w in (320, 600, 900, 1200)}
    assert [stored_size(name) for name in image.renditions.values()] == [
        (320, 400), (600, 750), (900, 1125), (1200, 1500),
    ]  # fmt: skip
    assert (image.width, image.height) == (1600, 2000)


@pytest.mark.parametrize(
    ("width", "made"),
    [(100, [100]), (320, [320]), (500, [320, 500]), (600, [320, 600]), (1199, [320, 600, 900, 1199]),
     (1200, [320, 600, 900, 1200]), (5000, [320, 600, 900, 1200])],
)  # fmt: skip
def test_no_rendition_is_larger_than_the_picture(width: int, made: list[int]) -> None:
    assert images.widths_for(width) == made


@pytest.mark.django_db
def test_a_picture_lying_on_its_side_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image = make_image(picture_bytes((800, 400), exif=exif))
    images.make_renditions(image)
    assert (image.width, image.height) == (400, 800)
    assert stored_size(image.renditions["320"]) == (320, 640)


@pytest.mark.django_db
def test_renditions_carry_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera maker"
    image = make_image(picture_bytes((400, 500), exif=exif))
    images.make_renditions(image)
    with default_storage.open(image.renditions["320"]) as file:
        assert not Image.open(file).getexif()


@pytest.mark.django_db
def test_making_them_again_keeps_their_names() -> None:
    image = make_image(picture_bytes((700, 700)))
    images.make_renditions(image)
    before = dict(image.renditions)
    images.make_renditions(image)
    assert image.renditions == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "I;16"), ("JPEG", "CMYK"), ("GIF", "L")]
)
def test_any_colour_mode_becomes_webp(kind: str, mode: str) -> None:
    image = make_image(picture_bytes((330, 340), kind, mode))
    images.make_renditions(image)
    assert stored_size(image.renditions["320"]) == (320, 330)


@pytest.mark.django_db
def test_transparency_survives() -> None:
    out = BytesIO()
    Image.new("RGBA", (400, 400), (10, 20, 30, 0)).save(out, "PNG")
    image = make_image(out.getvalue(), "clear.png")
    images.make_renditions(image)
    with default_storage.open(image.renditions["320"]) as file:
        assert Image.open(file).mode == "RGBA"


HOSTILE = {
    "text": (b"this is no picture", "not a picture"),
    "empty": (b"", "not a picture"),
    "cut off": (picture_bytes((900, 900))[:2000], "not a picture"),
    "script": (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "not a picture"),
    "too many pixels": (picture_bytes((8000, 5001), "PNG", "1"), "40 megapixels"),
    "bomb": (picture_bytes((30000, 6000), "PNG", "1"), "40 megapixels"),
    "strip": (picture_bytes((10, 13000), "PNG", "1"), "longer than 12000"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", HOSTILE)
def test_a_file_that_is_no_sane_picture_is_refused_and_nothing_is_stored(case: str) -> None:
    content, reason = HOSTILE[case]
    image = make_image(content, "bad.jpg")
    with pytest.raises(ShopError, match=reason):
        images.make_renditions(image)
    assert ProductImage.objects.get().renditions == {}
    assert default_storage.listdir(f"products/{image.product_id}")[1] == ["bad.jpg"]


@pytest.mark.django_db
def test_a_file_of_too_many_bytes_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 500)
    image = make_image(picture_bytes((600, 600)) + bytes(501))
    with pytest.raises(ShopError, match="larger than"):
        images.make_renditions(image)


@pytest.mark.django_db
def test_where_less_gets_through_less_is_taken_but_what_was_made_of_it_may_be_larger(settings: Any) -> None:
    settings.UPLOAD_MOST_BYTES = 500
    content = picture_bytes((600, 600)) + bytes(501)
    with pytest.raises(ShopError, match="larger than"):
        images.without_metadata(ContentFile(content, name="front.jpg"))
    images.make_renditions(make_image(content))


@pytest.mark.django_db
def test_a_missing_file_is_said_so() -> None:
    image = make_image(picture_bytes((400, 400)))
    default_storage.delete(str(image.file.name))
    with pytest.raises(ShopError, match="upload it again"):
        images.make_renditions(image)
