"""The page behind a supplier's signed link."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from shop.catalog.models import ProductImage
from shop.core import clock
from shop.suppliers import ordering
from shop.suppliers.files import LARGEST
from shop.suppliers.links import token_for
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseProposal, SupplierFile
from shop.suppliers.tests.builders import PDF, make_confirmed, make_purchase, make_sent
from shop.tests.builders import make_variant

pytestmark = pytest.mark.django_db
HERE = {"Origin": "http://testserver"}


@pytest.fixture
def supplier() -> Client:
    return Client(headers=HERE)


def address(order: PurchaseOrder) -> str:
    return f"/supplier/{token_for(order)}/"


def day(days: int = 10) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def test_confirming_line_by_line(supplier: Client) -> None:
    order = make_sent(make_variant(stock=0), make_variant(stock=0))
    one, two = order.lines.all()
    form = {f"q{one.pk}": "20", f"d{one.pk}": day(), f"q{two.pk}": "5", f"d{two.pk}": day(12)}
    form[f"n{two.pk}"] = "Yarn late"
    response = supplier.post(address(order), {**form, "do": "confirm"})
    assert response.status_code == 303
    assert "the order is confirmed" in supplier.get(response.headers["Location"]).content.decode()
    order.refresh_from_db()
    two.refresh_from_db()
    assert (order.state, two.confirmed_quantity, two.supplier_note) == ("confirmed", 5, "Yarn late")


def test_more_than_asked_is_refused_beside_its_field_and_nothing_is_confirmed(supplier: Client) -> None:
    order = make_sent(units=20)
    line = order.lines.get()
    response = supplier.post(address(order), {f"q{line.pk}": "21", f"d{line.pk}": day(), "do": "confirm"})
    assert response.status_code == 422
    assert "20 at most: that many were ordered." in response.content.decode()
    line.refresh_from_db()
    assert (line.confirmed_quantity, PurchaseOrder.objects.get().state) == (None, "sent")


@pytest.mark.parametrize(("typed", "words"), [("", "Say when they arrive"), ("2020-01-01", "passed already")])
def test_a_day_that_cannot_be_is_refused(supplier: Client, typed: str, words: str) -> None:
    order = make_sent()
    line = order.lines.get()
    response = supplier.post(address(order), {f"q{line.pk}": "1", f"d{line.pk}": typed, "do": "confirm"})
    assert (response.status_code, words in response.content.decode()) == (422, True)


def test_what_does_not_come_needs_no_day(supplier: Client) -> None:
    order = make_sent()
    line = order.lines.get()
    assert supplier.post(address(order), {f"q{line.pk}": "0", f"d{line.pk}": "", "do": "confirm"}).status_code == 303
    line.refresh_from_db()
    assert (line.confirmed_quantity, line.confirmed_on) == (0, None)


def test_saved_for_later_confirms_nothing_and_is_there_again(supplier: Client) -> None:
    order = make_sent()
    line = order.lines.get()
    supplier.post(address(order), {f"q{line.pk}": "7", f"n{line.pk}": "ask Rui", "do": "save"})
    line.refresh_from_db()
    assert (line.confirmed_quantity, PurchaseOrder.objects.get().state) == (None, "sent")
    page = supplier.get(address(order)).content.decode()
    assert 'value="7"' in page
    assert 'value="ask Rui"' in page


def test_a_confirmed_order_takes_proposals_only(supplier: Client) -> None:
    order = make_confirmed()
    line = order.lines.get()
    again = supplier.post(address(order), {f"q{line.pk}": "1", f"d{line.pk}": day(), "do": "confirm"})
    assert again.status_code == 409
    assert supplier.post(address(order), {f"pd{line.pk}": day(30), "do": "propose"}).status_code == 303
    proposal = PurchaseProposal.objects.get()
    assert (proposal.quantity, proposal.unit_cost, proposal.channel) == (20, 2140, "link")
    assert supplier.post(address(order), {"do": "propose"}).status_code == 422


def test_an_edited_link_shows_nothing(supplier: Client) -> None:
    order = make_sent()
    token = token_for(order)
    for wrong in (token[:-1], token + "x", "x" + token, "a:b", "1"):
        response = supplier.get(f"/supplier/{wrong}/")
        assert response.status_code == 404, wrong
        assert order.number not in response.content.decode()


def test_an_expired_link_says_so(supplier: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    url = address(make_sent())
    later = clock.now() + timedelta(days=61)
    monkeypatch.setattr("shop.suppliers.links.timezone.localdate", lambda: later.date())
    response = supplier.get(url)
    assert (response.status_code, "This link worked until" in response.content.decode()) == (410, True)


def test_a_replaced_link_names_the_newer_mail(supplier: Client) -> None:
    order = make_sent()
    url = address(order)
    ordering.send_again(order.pk, actor=None)
    response = supplier.post(url, {"do": "confirm"})
    assert (response.status_code, "newer link" in response.content.decode()) == (410, True)


def test_a_draft_has_no_page_and_a_cancelled_order_no_buttons(supplier: Client) -> None:
    assert supplier.get(address(make_purchase())).status_code == 404
    order = make_sent()
    ordering.cancel(order.pk, actor=None, reason="no")
    page = supplier.get(address(order)).content.decode()
    assert "We have cancelled this order" in page
    assert "<button" not in page.partition("<main")[2].partition("</main>")[0]


def test_another_site_cannot_post_here() -> None:
    assert Client(headers={"Origin": "https://evil.example"}).post(address(make_sent())).status_code == 403


def test_an_invoice_is_kept_once(supplier: Client) -> None:
    order = make_sent()
    for _ in range(2):
        assert upload(supplier, order, PDF).status_code == 303
    file = SupplierFile.objects.get()
    assert (file.name, file.content_type, bytes(file.content)) == ("invoice.pdf", "application/pdf", PDF)


@pytest.mark.parametrize("content", [b"MZ an exe", b"", b"<svg onload=alert(1)>"])
def test_other_kinds_of_files_are_refused(supplier: Client, content: bytes) -> None:
    assert upload(supplier, make_sent(), content).status_code == 422
    assert not SupplierFile.objects.exists()


def test_a_huge_upload_is_read_past_and_refused(supplier: Client) -> None:
    response = upload(supplier, make_sent(), PDF + b" " * LARGEST)
    assert (response.status_code, "larger than 4 MB" in response.content.decode()) == (413, True)
    assert not SupplierFile.objects.exists()


def upload(client: Client, order: PurchaseOrder, content: bytes, field: str = "paper"):  # type: ignore[no-untyped-def]
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    return client.post(f"{address(order)}upload/", {field: SimpleUploadedFile("../invoice.pdf", content)})


def test_it_says_how_many_lines_are_ready_and_shows_each_article(supplier: Client) -> None:
    shirt, tee = make_variant(stock=0), make_variant(stock=0)
    renditions = {"320": "products/shirt.webp"}
    picture = ProductImage(product=shirt.product, colour=shirt.colour, alt="A shirt", renditions=renditions)
    ProductImage.objects.bulk_create([picture])
    order = make_sent(shirt, tee)
    page = supplier.get(address(order)).content.decode()
    assert "2 of 2 lines ready" in page
    assert page.count("products/shirt.webp") > 0
    first, second = order.lines.all()
    typed = {f"q{first.pk}": "", f"d{first.pk}": day(), f"q{second.pk}": "5", f"d{second.pk}": day()}
    supplier.post(address(order), {**typed, "do": "save"})
    assert "1 of 2 lines ready" in supplier.get(address(order)).content.decode()
