"""The twin's edge and its bucket: pages fall by invalidations, pictures come out of the pretended S3."""

from typing import Any

import pytest
from django.conf import settings as current
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.test import Client

from sandbox.tests.twin_builders import shirt
from sandbox.twin import consumer, edge, making
from sandbox.twin.clients import client as aws
from shop.adapters.edge_files import PageStore
from shop.catalog import listings
from shop.catalog.models import Product
from shop.core import shown
from shop.edge.models import EdgePurge
from shop.edge.services import purge_later

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(twin: str, settings: Any) -> Client:
    settings.EDGE = True
    PageStore().clear()
    listings.refresh([shirt().product_id])
    return Client()


def came(browser: Client, address: str = "") -> tuple[int, bool, bool]:
    """(status, whether out of the edge, whether with what only CloudFront is to see). address: else the shirt's."""
    answer = browser.get(address or Product.objects.get().get_absolute_url())
    return answer.status_code, "X-Cache" in answer.headers, "Page-Tags" in answer.headers


def keys() -> list[str]:
    """What lies in the bucket of pictures."""
    found = aws("s3").list_objects_v2(Bucket=current.MEDIA_BUCKET).get("Contents", [])
    return [each["Key"] for each in found]


def settle() -> None:
    """As if what was purged so far were purged long ago: pages made just after a purge are not kept."""
    EdgePurge.objects.update(purged_at="2020-01-01T00:00Z")


def test_a_page_is_kept_until_an_invalidation_names_one_of_its_tags(browser: Client) -> None:
    consumer.tick("purge edge")
    settle()
    before = len(edge.invalidations())
    assert [came(browser), came(browser), came(browser, "/shop/")] == [
        (200, False, False), (200, True, False), (200, False, False),
    ]  # fmt: skip
    tag = shown.product(Product.objects.get().pk)
    purge_later([tag])
    assert consumer.tick("purge edge")
    (newest, *older) = edge.invalidations()
    assert (newest["paths"], len(older)) == ([f"#{tag}"], before)
    settle()
    assert (came(browser), came(browser)) == ((200, False, False), (200, True, False))


def test_an_edge_that_was_forgotten_loses_no_purge(browser: Client) -> None:
    lost = edge.distribution()
    aws("cloudfront").delete_distribution(Id=lost, IfMatch=aws("cloudfront").get_distribution(Id=lost)["ETag"])
    EdgePurge.objects.all().delete()
    purge_later(["p1"])
    consumer.tick("purge edge")
    assert list(EdgePurge.objects.values_list("state", flat=True)) == [EdgePurge.State.PENDING]
    making.make_all(visibility=0)
    EdgePurge.objects.update(next_attempt_at="2020-01-01T00:00Z")
    consumer.tick("purge edge")
    assert [each["paths"] for each in edge.invalidations()] == [["#p1"]]


def test_a_picture_comes_out_of_the_bucket_and_again_when_that_forgot_it(twin: str, client: Client) -> None:
    name = default_storage.save("products/1/front.webp", ContentFile(b"a picture"))
    assert keys() == [f"media/{name}"]
    aws("s3").delete_object(Bucket=current.MEDIA_BUCKET, Key=f"media/{name}")
    assert (keys(), default_storage.exists(name)) == ([], True)
    answer = client.get(f"/sandbox/media/{name}")
    assert (answer.status_code, answer.getvalue(), keys()) == (200, b"a picture", [f"media/{name}"])
    assert "immutable" in answer.headers["Cache-Control"]
    default_storage.delete(name)
    assert (keys(), FileSystemStorage().exists(name)) == ([], False)
    assert client.get(f"/sandbox/media/{name}").status_code == 404
    assert client.get("/sandbox/media/products/").status_code == 404


def test_a_shop_without_a_twin_serves_no_bucket(client: Client) -> None:
    assert client.get("/sandbox/media/products/1/front.webp").status_code == 404
