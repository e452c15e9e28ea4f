"""Products in the staff site: list, pictures, history, prices in and out."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from adminpanel.tests.builders import make_staff, signed_in
from shop.catalog.models import Product, ProductImage
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.tests.builders import make_category, make_product, make_variant

LIST = "admin:shop_product_changelist"
# Tags of EXIF.
MAKER, ORIENTATION, GPS = 0x010F, 0x0112, 0x8825


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def picture(kind: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 800), "#8a3b22").save(out, kind)
    return out.getvalue()


def product_form(product: Product | None = None, **changes: Any) -> dict[str, Any]:
    """The fields of the edit page, with no pictures."""
    form: dict[str, Any] = {
        "name": product.name if product else "Quarry Linen Shirt",
        "slug": product.slug if product else "quarry-linen-shirt",
        "category": make_category().pk,
        "department": "unisex",
        "tax_class": "standard",
        "description": "Midweight washed linen.",
        "weight_grams": "400",
        "volume_cm3": "2000",
        "fabrics": "100% linen\n\n  Horn buttons ",
        "care": "",
        "fit": "",
        "size_chart": "",
        "published_at_0": "",
        "published_at_1": "",
        "images-TOTAL_FORMS": "0",
        "images-INITIAL_FORMS": "0",
        "images-MIN_NUM_FORMS": "0",
        "images-MAX_NUM_FORMS": "1000",
    }
    return form | changes


def with_picture(content: bytes, name: str = "front.png") -> dict[str, Any]:
    return {
        "images-TOTAL_FORMS": "1",
        "images-0-file": SimpleUploadedFile(name, content, "image/png"),
        "images-0-colour": "",
        "images-0-alt": "Shirt from the front",
        "images-0-position": "0",
    }


@pytest.mark.django_db
def test_the_list_takes_the_same_queries_for_three_and_for_thirty_products() -> None:
    client = signed_in(make_staff("owner"))
    for number in range(3):
        make_variant(make_product(f"Shirt {number}"))
    few = queries(client, reverse(LIST))
    for number in range(27):
        make_variant(make_product(f"Coat {number}"))
    assert queries(client, reverse(LIST)) == few
    assert few <= 10


@pytest.mark.django_db
def test_the_list_shows_price_range_stock_and_state() -> None:
    product = make_product("Two Price Shirt")
    make_variant(product, price=1250, stock=3)
    make_product("Next Week Coat", published_at=clock.now() + timedelta(days=7))
    make_product("Unborn Coat", published_at=None)
    page = signed_in(make_staff("owner")).get(reverse(LIST)).content.decode()
    assert "£12.50" in page
    assert all(word in page for word in ("Live", "Scheduled", "Draft"))


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "names"), [("live", {"A"}), ("scheduled", {"B"}), ("draft", {"C"})])
def test_the_state_filter_parts_the_products(state: str, names: set[str]) -> None:
    make_product("A")
    make_product("B", published_at=clock.now() + timedelta(days=7))
    make_product("C", published_at=None)
    response = signed_in(make_staff("owner")).get(reverse(LIST), {"state": state})
    assert {product.name for product in response.context["cl"].result_list} == names


@pytest.mark.django_db
@pytest.mark.parametrize("term", ["🧦", "x" * 5000, "%", "'; drop table", "\0", "شرت"])
@pytest.mark.parametrize("model", ["product", "productvariant", "order", "stocklevel", "user", "paymentattempt"])
def test_any_search_gets_an_answer(term: str, model: str) -> None:
    response = signed_in(make_staff("owner")).get(reverse(f"admin:shop_{model}_changelist"), {"q": term})
    assert response.status_code == 200


@pytest.mark.django_db
def test_a_new_product_leads_on_to_its_grid() -> None:
    response = signed_in(make_staff("owner")).post(reverse("admin:shop_product_add"), product_form())
    product = Product.objects.get()
    assert response.headers["Location"] == reverse("admin:shop_product_grid", args=[product.pk])
    assert product.fabrics == ["100% linen", "Horn buttons"]
    assert OutboxEvent.objects.get(name="ProductChanged").detail["reason"] == "edited"


@pytest.mark.django_db
def test_a_change_is_kept_in_the_history_with_who_made_it() -> None:
    product, owner = make_product(), make_staff("owner")
    client = signed_in(owner)
    url = reverse("admin:shop_product_change", args=[product.pk])
    assert client.post(url, product_form(product, name="New Name")).status_code == 302
    assert product.history.first().history_user == owner
    page = client.get(reverse("admin:shop_product_history", args=[product.pk]))
    assert page.status_code == 200
    assert owner.email in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "x" * 5000}, "at most 120 characters"),
        ({"name": ""}, "This field is required"),
        ({"slug": "نعم 🧦"}, "valid “slug”"),
        ({"fabrics": "y" * 121}, "longer than 120 characters"),
        ({"category": "999999"}, "not one of the available choices"),
        ({"published_at_0": "31/02/2026", "published_at_1": "10:00"}, "Enter a valid date"),
    ],
)
def test_bad_product_input_gets_a_message_and_changes_nothing(changes: dict[str, str], message: str) -> None:
    product = make_product()
    url = reverse("admin:shop_product_change", args=[product.pk])
    response = signed_in(make_staff("owner")).post(url, product_form(product, **changes))
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_uploaded_picture_gets_its_renditions() -> None:
    product = make_product()
    url = reverse("admin:shop_product_change", args=[product.pk])
    response = signed_in(make_staff("owner")).post(url, product_form(product, **with_picture(picture())))
    assert response.status_code == 302
    image = ProductImage.objects.get()
    assert (image.width, image.height) == (640, 800)
    assert set(image.renditions) == {"320", "600", "640"}


def away(*asked: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.django_db(transaction=True)
def test_where_a_picture_cannot_be_stored_nothing_is_saved_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    product = make_product()
    url, client = reverse("admin:shop_product_change", args=[product.pk]), signed_in(make_staff("owner"))
    monkeypatch.setattr(FileSystemStorage, "_save", away)
    response = client.post(url, product_form(product, name="Another", **with_picture(picture())), follow=True)
    assert response.redirect_chain == [(url, 302)]
    assert "Nothing was saved. The picture could not be stored just now." in response.content.decode()
    product.refresh_from_db()
    assert (product.name != "Another", ProductImage.objects.count(), OutboxEvent.objects.count()) == (True, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_renditions_that_could_not_be_stored_are_made_when_the_product_is_saved_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    product = make_product()
    url, client = reverse("admin:shop_product_change", args=[product.pk]), signed_in(make_staff("owner"))
    with monkeypatch.context() as patch:
        patch.setattr("shop.catalog.images.put", away)
        response = client.post(url, product_form(product, **with_picture(picture())), follow=True)
    assert "The picture could not be stored just now. Please save the product again" in response.content.decode()
    image = ProductImage.objects.get()
    assert image.renditions == {}
    again = with_picture(b"") | {"images-INITIAL_FORMS": "1", "images-0-id": str(image.pk)}
    again |= {"images-0-product": str(product.pk)}
    del again["images-0-file"]
    assert client.post(url, product_form(product, **again)).status_code == 302
    image.refresh_from_db()
    assert set(image.renditions) == {"320", "600", "640"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"not a picture", "front.png"),
        (picture()[:300], "front.png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "front.svg"),
        (b"", "front.png"),
    ],
)
def test_a_broken_picture_gets_a_message_by_its_field_and_nothing_is_stored(content: bytes, name: str) -> None:
    product = make_product()
    url = reverse("admin:shop_product_change", args=[product.pk])
    response = signed_in(make_staff("owner")).post(url, product_form(product, **with_picture(content, name)))
    assert response.status_code == 200
    assert response.context["errors"]
    assert not ProductImage.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["0", "99999999999999999999", "abc", "-1"])
def test_unknown_products_lead_nowhere_without_breaking(key: str) -> None:
    client = signed_in(make_staff("owner"))
    assert client.get(f"/admin/shop/product/{key}/change/").status_code == 302
    assert client.get(f"/admin/shop/product/{key}/grid/").status_code in (302, 404)


@pytest.mark.django_db
def test_the_picture_that_is_kept_has_no_place_or_camera_in_it(django_capture_on_commit_callbacks: Any) -> None:
    product = make_product()
    exif, out = Image.Exif(), BytesIO()
    exif[MAKER], exif[ORIENTATION] = "Camera maker", 6
    exif.get_ifd(GPS)[1] = "N"
    Image.new("RGB", (800, 400), "#8a3b22").save(out, "JPEG", exif=exif)
    url = reverse("admin:shop_product_change", args=[product.pk])
    form = product_form(product, **with_picture(out.getvalue(), "front.jpeg"))
    with django_capture_on_commit_callbacks(execute=True):
        assert signed_in(make_staff("owner")).post(url, form).status_code == 302
    kept = Image.open(ProductImage.objects.get().file)
    assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (400, 800), {})
