"""Uploaded files, in a folder and in S3: the same for whoever stores them, and never asked while a page is made."""

import json
import socket
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.stub import Stubber
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage, storages
from django.test import Client
from PIL import Image

from shop.adapters.aws import client as aws
from shop.adapters.files_s3 import BucketError
from shop.catalog import images, listings
from shop.catalog.models import ProductImage
from shop.catalog.renditions import media_url
from shop.tests.builders import make_product, make_variant

S3 = "shop.adapters.files_s3.MediaStorage"
FOLDER = "django.core.files.storage.FileSystemStorage"


@pytest.fixture(params=[FOLDER, S3])
def files(request: pytest.FixtureRequest, settings: Any) -> Storage:
    """The default storage, by either adapter."""
    if request.param == S3:
        request.getfixturevalue("bucket")
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": request.param}}
    return storages["default"]


@pytest.fixture
def bucket(settings: Any, cloud: str) -> str:
    settings.MEDIA_BUCKET = f"media-{uuid4().hex}"
    aws("s3").create_bucket(Bucket=settings.MEDIA_BUCKET)
    return str(settings.MEDIA_BUCKET)


def name() -> str:
    return f"products/{uuid4().hex}/front.jpg"


def test_what_is_saved_is_read_again(files: Storage) -> None:
    stored = files.save(name(), ContentFile(b"a picture"))
    assert files.exists(stored)
    assert files.size(stored) == 9
    with files.open(stored) as file:
        assert file.read() == b"a picture"


def test_a_name_that_is_taken_becomes_another_and_nothing_is_replaced(files: Storage) -> None:
    first = files.save(name(), ContentFile(b"first"))
    second = files.save(first, ContentFile(b"second"))
    assert second != first
    assert files.open(first).read() == b"first"
    assert files.open(second).read() == b"second"


def test_what_is_deleted_is_gone_and_deleting_it_again_does_no_harm(files: Storage) -> None:
    stored = files.save(name(), ContentFile(b"a picture"))
    files.delete(stored)
    files.delete(stored)
    assert not files.exists(stored)


def test_a_file_that_is_missing_says_so(files: Storage) -> None:
    with pytest.raises(FileNotFoundError):
        files.open(name()).read()


@pytest.mark.parametrize("site", ["/media/", "https://files.example/media/"])
def test_the_address_is_the_one_that_pages_show(files: Storage, settings: Any, site: str) -> None:
    settings.MEDIA_URL = site
    assert files.url("products/12/a b.webp") == f"{site}products/12/a%20b.webp"
    assert media_url("products/12/front.webp") == files.url("products/12/front.webp")


@pytest.mark.parametrize("hostile", ["../outside.jpg", "/etc/passwd", "products/../../x"])
def test_no_name_leads_out_of_the_folder(files: Storage, hostile: str) -> None:
    with pytest.raises(Exception, match=r"(?i)denied|path|outside|detected"):
        files.save(hostile, ContentFile(b"x"))


def uploaded(files: Storage, colour: str, stored: str) -> ProductImage:
    out = BytesIO()
    Image.new("RGB", (320, 400), colour).save(out, "JPEG")
    kept = files.save(stored, ContentFile(out.getvalue()))
    return ProductImage.objects.create(product=make_product(), alt="A shirt", file=kept, width=1, height=1)


@pytest.mark.django_db
def test_renditions_are_made_of_it_and_another_picture_of_that_name_gets_other_addresses(files: Storage) -> None:
    stored = name()
    image = uploaded(files, "navy", stored)
    images.make_renditions(image)
    before = image.renditions["320"]
    with default_storage.open(before) as file:
        assert Image.open(file).size == (320, 400)
    files.delete(stored)
    again = uploaded(files, "white", stored)
    images.make_renditions(again)
    assert again.file.name == stored
    assert again.renditions["320"] != before
    assert files.exists(before)


def test_in_the_bucket_a_file_is_private_kept_for_ever_and_lies_where_the_edge_asks(bucket: str) -> None:
    stored = storages.create_storage({"BACKEND": S3}).save("products/1/a.webp", ContentFile(b"x"))
    head = aws("s3").head_object(Bucket=bucket, Key=f"media/{stored}")
    assert head["CacheControl"] == "public, max-age=31536000, immutable"
    assert head["ContentType"] == "image/webp"
    grants = aws("s3").get_object_acl(Bucket=bucket, Key=f"media/{stored}")["Grants"]
    assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]


@pytest.mark.parametrize(("code", "status"), [("SlowDown", 503), ("ExpiredToken", 400), ("AccessDenied", 403)])
def test_a_refusal_of_the_bucket_is_no_missing_file(bucket: str, code: str, status: int) -> None:
    files: Any = storages.create_storage({"BACKEND": S3})
    stubber = Stubber(files.connection.meta.client)
    stubber.add_client_error("head_object", code, http_status_code=status)
    with stubber, pytest.raises(BucketError, match=code):
        files.exists("products/1/a.webp")


@pytest.mark.parametrize("call", ["save", "open", "size", "delete"])
def test_a_bucket_that_does_not_answer_is_like_a_disk_that_is_gone(bucket: str, settings: Any, call: str) -> None:
    settings.AWS_ENDPOINT = "http://127.0.0.1:1"
    files: Any = storages.create_storage({"BACKEND": S3})
    asked = {"save": ("products/1/a.webp", ContentFile(b"a"))}.get(call, ("products/1/a.webp",))
    with pytest.raises(BucketError, match="pictures"):
        getattr(files, call)(*asked)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/shop/", "/product/quarry/", "/search/?q=quarry", "/feeds/products.xml"])
def test_a_page_with_pictures_is_made_without_asking_the_bucket_or_anybody(
    settings: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": S3}}
    settings.MEDIA_URL, settings.MEDIA_BUCKET = "https://files.example/media/", "none"
    product = make_product("Quarry", slug="quarry")
    make_variant(product)
    picture = {"file": "products/1/a.jpg", "renditions": {"320": "products/1/a-320.webp"}, "width": 320, "height": 400}
    ProductImage.objects.create(product=product, alt="It", **picture)
    listings.refresh([product.pk])

    def connect(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"somebody asks {address}")

    # The database's own client does not go by Python's sockets.
    monkeypatch.setattr(socket.socket, "connect", connect)
    answer = b"".join(Client().get(address)).decode()
    assert "https://files.example/media/products/1/a-320.webp" in answer


def test_a_bucket_that_is_silent_holds_a_transaction_no_longer_than_docs_say(bucket: str) -> None:
    """The staff site saves an original inside one; docs/aws.md names these bounds, the function's own among them."""
    made: Any = storages.create_storage({"BACKEND": S3})
    config = made.client_config
    assert (config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]) == (2, 20, 3)
    stage = json.loads((Path(settings.BASE_DIR) / "zappa_settings.json").read_text())["base"]
    assert stage["timeout_seconds"] == 30
