"""What customers see and send, well-meant or not."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from shop.checkout.tests.paying_builders import FakeProvider
from shop.core import clock
from shop.orders.models import Order
from shop.returns.models import Return
from shop.returns.tests.builders import ask, delivered, sent_back, shirts
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


def at(order: Order, page: str) -> str:
    return f"/orders/{order.number}/{order.key}/{page}"


def typed(order: Order, **fields: Any) -> dict[str, str]:
    line = order.lines.get().pk
    data = {"key": "k", f"units_{line}": "1", f"reason_{line}": "too-small", f"wish_{line}": "refund"}
    return data | {f"{name}_{line}" if name != "key" else name: str(value) for name, value in fields.items()}


EDITED = [
    *({"units": 3}, {"units": -1}, {"units": "x"}, {"units": 0}, {"reason": ""}, {"reason": "undelivered"}),
    *({"wish": "999999"}, {"wish": "'"}, {"key": ""}, {"key": "\0"}, {"reason": "\0"}),
]


@pytest.mark.parametrize("fields", EDITED)
def test_edited_fields_are_refused_beside_them(client: Client, fake: FakeProvider, fields: dict[str, Any]) -> None:
    order = delivered(fake)
    assert client.post(at(order, "return/"), typed(order, **fields)).status_code == 422
    assert not Return.objects.exists()


def test_the_same_size_is_sent_again_only_for_a_faulty_piece(client: Client, fake: FakeProvider) -> None:
    (shirt,) = shirts("S")
    order = delivered(fake, shirt)
    assert client.post(at(order, "return/"), typed(order, wish=shirt.pk)).status_code == 422
    assert client.post(at(order, "return/"), typed(order, wish=shirt.pk, reason="faulty")).status_code == 303
    assert Order.objects.filter(grand_total=0).count() == 1


def test_another_orders_pieces_are_not_in_the_form(client: Client, fake: FakeProvider) -> None:
    order, other = delivered(fake), delivered(fake)
    assert client.post(at(order, "return/"), typed(other)).status_code == 422
    assert not Return.objects.exists()


def test_the_summary_says_where_it_went_and_what_was_in_it_of_tax(client: Client, fake: FakeProvider) -> None:
    order = delivered(fake)
    for page in ("return/", "withdraw/"):
        shown = client.get(at(order, page)).content.decode()
        assert "Delivering to</dt><dd>" + order.full_name in shown


@pytest.mark.parametrize("page", ["return/", "withdraw/"])
def test_past_the_deadline_it_is_said_so(client: Client, fake: FakeProvider, page: str) -> None:
    order = delivered(fake, at=clock.now() - timedelta(days=31))
    shown = client.get(at(order, page))
    assert (shown.status_code, "ended on" in shown.content.decode()) == (200, True)
    assert client.post(at(order, page), typed(order)).status_code == 409
    assert "Return something" not in client.get(order.get_absolute_url()).content.decode()


def test_a_wrong_key_or_another_orders_return_is_not_there(client: Client, fake: FakeProvider) -> None:
    order, other = delivered(fake), delivered(fake)
    parent = sent_back(order)
    for address in (f"returns/{parent.number}/", f"returns/{parent.number}/slip.pdf"):
        assert client.get(at(order, address)).status_code == 200
        assert client.get(at(other, address)).status_code == 404
        assert client.get(f"/orders/{order.number}/wrong/{address}").status_code == 404
    assert client.post(at(other, f"returns/{parent.number}/cancel/")).status_code == 404
    assert Return.objects.get().state == "approved"


def test_withdrawing_takes_two_steps_and_shows_its_receipt(client: Client, fake: FakeProvider) -> None:
    order = delivered(fake)
    line, page = order.lines.get().pk, at(order, "withdraw/")
    assert "Withdraw from the contract here" in client.get(order.get_absolute_url()).content.decode()
    data = {"key": "k", "name": "Sam Okafor", f"units_{line}": "2"}
    assert "Confirm withdrawal" in client.post(page, data).content.decode()
    assert not Return.objects.exists()
    said = client.post(page, data | {"confirmed": "1"})
    shown = client.get(said.headers["Location"]).content.decode()
    assert "We received your withdrawal on" in shown
    assert "Return slip (PDF)" in shown
    assert client.post(page, data | {"confirmed": "1"}).headers["Location"] == said.headers["Location"]
    assert Return.objects.get().note == "Declared by Sam Okafor"


def test_a_customer_keeps_it_after_all_but_a_withdrawal_stands(client: Client, fake: FakeProvider) -> None:
    order = delivered(fake)
    wanted, withdrawn = ask(order), ask(order, kind=Return.Kind.WITHDRAWAL)
    for parent in (wanted, withdrawn):
        client.post(at(order, f"returns/{parent.number}/cancel/"))
    assert list(Return.objects.order_by("pk").values_list("state", flat=True)) == ["cancelled", "approved"]


def test_the_slip_is_a_pdf_and_only_of_what_may_be_sent(client: Client, fake: FakeProvider) -> None:
    order = delivered(fake)
    parent = ask(order)
    assert client.get(at(order, f"returns/{parent.number}/slip.pdf")).status_code == 404
    other = sent_back(order)
    slip = client.get(at(order, f"returns/{other.number}/slip.pdf"))
    assert (slip.content[:5], slip.headers["Content-Type"]) == (b"%PDF-", "application/pdf")


def test_pieces_kept_for_an_exchange_cannot_be_paid_for(client: Client, fake: FakeProvider) -> None:
    small, large = shirts("S", "L")
    order = delivered(fake, small)
    user = make_user("ada@example.org")
    Order.objects.filter(pk=order.pk).update(user=user)
    other = ask(order, size=large).replacement
    assert other
    assert "Kept for your exchange" in client.get(other.get_absolute_url()).content.decode()
    assert client.post(at(other, "pay/"), {"payment": "stripe"}).status_code == 303
    assert not other.payment_attempts.exists()
    client.force_login(user)
    assert "Pay now" not in client.get(f"/account/orders/{other.number}/").content.decode()
    assert "Return something" in client.get(f"/account/orders/{order.number}/").content.decode()


def test_the_help_page_says_what_the_order_page_offers(client: Client, fake: FakeProvider) -> None:
    order = delivered(fake)
    told = client.get("/pages/returns/").content.decode()
    offered = client.get(f"/orders/{order.number}/{order.key}/").content.decode()
    for words in ("Return something", "Withdraw from the contract here"):
        assert words in told and words in offered
    assert "For 14 days from the arrival" in told and "/account/orders/" in told
    asked = client.get(at(order, "return/")).content.decode()
    for page in (told, asked):
        assert "for you until your parcel is here" in page
    for wrong in ("One line is enough", "Any post office or carrier", "Order the size you want"):
        assert wrong not in told


def test_the_key_of_a_form_of_another_order_makes_nothing(client: Client, fake: FakeProvider) -> None:
    first, second = delivered(fake), delivered(fake)
    assert client.post(at(first, "return/"), typed(first)).status_code == 303
    assert client.post(at(second, "return/"), typed(second)).status_code == 422
    assert Return.objects.get().order == first
