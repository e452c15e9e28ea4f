"""Import and export in the staff site."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from adminpanel.products_admin import ImageForm
from adminpanel.tests.builders import make_staff, signed_in
from shop.imports.models import DataImport
from shop.imports.reading import read_table
from shop.imports.tests.builders import bomb
from shop.tests.builders import make_variant

pytestmark = pytest.mark.django_db


def upload(client: Client, content: bytes, kind: str = "variants") -> Any:
    file = SimpleUploadedFile("prices.csv", content, "text/csv")
    return client.post(reverse(f"admin:shop_import_{kind}"), {"file": file})


def test_prices_come_in_from_a_file_after_a_look_at_them() -> None:
    variant, client = make_variant(sku="A-1"), signed_in(make_staff("catalogue"))
    page = client.get(upload(client, b"sku,price\nA-1,12.50\n").headers["Location"])
    assert "78.00" in page.content.decode()
    assert "Write 1 row" in page.content.decode()
    row = DataImport.objects.get()
    done = client.post(reverse("admin:shop_import_write", args=[row.pk]), follow=True)
    variant.refresh_from_db()
    assert variant.price == 1250
    assert "1 rows were gone through" in done.content.decode()
    again = client.post(reverse("admin:shop_import_write", args=[row.pk]), follow=True)
    assert "cannot be written" in again.content.decode()
    assert variant.history.count() == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"x" * 10_000_001, "larger than 10 MB"), (bomb(), "unpack to far more"), (b"prize\n1\n", "sku is missing")],
)
def test_a_file_that_is_no_table_is_told_by_the_field(content: bytes, words: str) -> None:
    response = upload(signed_in(make_staff("owner")), content)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not DataImport.objects.exists()


def test_where_less_gets_through_less_is_taken_and_the_field_says_so(settings: Any) -> None:
    settings.UPLOAD_MOST_BYTES = 4_000_000
    client = signed_in(make_staff("owner"))
    assert str(ImageForm.base_fields["file"].help_text) == "JPEG, PNG or WebP, at most 4 MB"
    assert "CSV or XLSX, at most 4 MB" in client.get(reverse("admin:shop_import_variants")).content.decode()
    response = upload(client, b"x" * 4_000_001)
    assert (response.status_code, "larger than 4 MB" in response.content.decode()) == (422, True)


def test_every_bad_row_is_shown_and_can_be_fetched() -> None:
    client = signed_in(make_staff("owner"))
    page = client.get(upload(client, b"sku,price\nA-1,5\n=x,-1\n").headers["Location"]).content.decode()
    assert "Nothing was written: 2 problems in 2 rows" in page
    assert "Write 2 rows" not in page
    file = client.get(reverse("admin:shop_import_problems", args=[DataImport.objects.get().pk]))
    assert [row.cells["row"] for row in read_table("p.csv", file.getvalue()).rows] == ["2", "3"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", ["variants", "stock"])
def test_what_is_exported_can_be_uploaded_as_it_is(kind: str, form: str) -> None:
    make_variant(sku="A-1", barcode="=1")
    client = signed_in(make_staff("owner"))
    file = client.get(reverse(f"admin:shop_export_{kind}"), {"format": form})
    content = file.getvalue() if file.streaming else file.content
    upload(client, content, kind)
    row = DataImport.objects.get()
    assert (row.state, row.unchanged, row.changed) == ("checked", 1, 0)


def test_each_role_brings_in_what_it_may_change() -> None:
    make_variant(sku="A-1")
    warehouse, catalogue = signed_in(make_staff("warehouse")), signed_in(make_staff("catalogue"))
    assert upload(warehouse, b"sku,price\nA-1,5\n").status_code == 403
    assert upload(catalogue, b"sku,location,on hand\nA-1,main,5\n", "stock").status_code == 403
    assert upload(warehouse, b"sku,location,on hand\nA-1,main,5\n", "stock").status_code == 302
    row = DataImport.objects.get()
    assert catalogue.post(reverse("admin:shop_import_write", args=[row.pk])).status_code == 403
    assert catalogue.post(reverse("admin:shop_import_cancel", args=[row.pk])).status_code == 403
    row.refresh_from_db()
    assert row.state == "checked"
