"""The hosted payment page, used as a buyer would."""

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from sandbox.models import Charge, Event, Session, Weather
from sandbox.stripe import paying
from sandbox.stripe.cards import find
from sandbox.tests.builders import make_session

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def all_webhooks_get_lost() -> None:
    Weather.objects.create(pk=1, lose_next=1000)


def card(number: str = "4242 4242 4242 4242", expiry: str = "12/40", cvc: str = "123") -> dict[str, str]:
    return {"card_number": number, "expiry": expiry, "cvc": cvc}


def page(session: Session) -> str:
    return f"/sandbox/stripe/pay/{session.pk}/"


def test_the_page_says_that_it_is_a_sandbox_and_what_is_paid(client: Client) -> None:
    html = client.get(page(make_session())).content.decode()
    assert "No money moves here" in html
    assert "£79.99" in html
    assert "&lt;b&gt;Shirt&lt;/b&gt;" in html
    assert "4000 0000 0000 0002" in html
    assert "https://shop.example/cancelled/" in html


@pytest.mark.parametrize(
    ("currency", "amount", "text"), [("jpy", 1200, "JP¥1,200"), ("kwd", 12340, "12.340"), ("isk", 90000, "900")]
)
def test_every_currency_is_written_in_its_own_units(client: Client, currency: str, amount: int, text: str) -> None:
    assert text in client.get(page(make_session(currency=currency, amount_total=amount))).content.decode()


def test_pay_leads_back_to_the_shop_paid(client: Client) -> None:
    session = make_session()
    response = client.post(page(session), card())
    assert (response.status_code, response["Location"]) == (303, f"https://shop.example/return/?s={session.pk}")
    session.refresh_from_db()
    assert (session.status, session.payment_status) == ("complete", "paid")


def test_a_second_pay_takes_nothing_more(client: Client) -> None:
    session = make_session()
    for _ in range(2):
        assert client.post(page(session), card()).status_code == 303
    assert Charge.objects.filter(status="succeeded").count() == 1
    assert Event.objects.filter(type="checkout.session.completed").count() == 1
    assert "This payment is made" in client.get(page(session)).content.decode()


@pytest.mark.parametrize("status", ["complete", "expired"])
def test_presses_that_race_past_the_page_find_it_closed(status: str) -> None:
    session = make_session(status=status)
    for press in (partial(paying.pay_by_card, card=find("4242424242424242")), paying.pay_by_debit):
        press(session.pk)
    paying.confirm(session.pk, succeeds=True)
    assert (Charge.objects.count(), Event.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("number", "why"),
    [("4000000000000002", "Your card was declined."), ("4000 0000 0000 9995", "insufficient funds")],
)
def test_a_decline_says_why_and_keeps_the_form(client: Client, number: str, why: str) -> None:
    session = make_session()
    response = client.post(page(session), card(number))
    html = response.content.decode()
    assert why in html
    assert f'value="{number}"' in html
    session.refresh_from_db()
    assert session.status == "open"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (card(""), "Enter the card number."),
        (card("4242424242424241"), "not valid"),
        (card("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"), "not valid"),
        (card(expiry="13/40"), "12/34"),
        (card(expiry="01/20"), "has expired"),
        (card(cvc="12"), "three or four digits"),
        (card("4" * 5000), "at most 30"),
    ],
)
def test_a_mistyped_card_is_told_beside_its_field_and_tried_nowhere(
    client: Client, typed: dict[str, str], why: str
) -> None:
    session = make_session()
    response = client.post(page(session), typed)
    assert (response.status_code, why in response.content.decode()) == (200, True)
    assert not Charge.objects.exists()


def test_3d_secure_has_a_page_of_its_own_that_may_fail_first(client: Client) -> None:
    session = make_session()
    response = client.post(page(session), card("4000000000003220"))
    assert response["Location"] == page(session) + "confirm/"
    assert "Confirm with your bank" in client.get(response["Location"]).content.decode()
    assert client.post(page(session) + "confirm/", {"refuse": "1"})["Location"] == page(session)
    assert "confirmation with your bank failed" in client.get(page(session)).content.decode()
    client.post(page(session), card("4000002500003155"))
    assert client.post(page(session) + "confirm/", {"confirm": "1"}).status_code == 303
    session.refresh_from_db()
    assert session.payment_status == "paid"


def test_the_confirm_page_is_nothing_without_a_card_waiting(client: Client) -> None:
    session = make_session()
    assert client.post(page(session) + "confirm/", {"confirm": "1"})["Location"] == page(session)
    session.refresh_from_db()
    assert session.status == "open"


def test_a_bank_debit_completes_unpaid(client: Client) -> None:
    session = make_session()
    assert client.post(page(session), {"debit": "1"}).status_code == 303
    session.refresh_from_db()
    assert (session.status, session.payment_status) == ("complete", "unpaid")


def test_an_expired_page_says_so_and_takes_nothing(client: Client) -> None:
    session = make_session(expires_at=timezone.now() - timedelta(seconds=1))
    assert "has expired" in client.get(page(session)).content.decode()
    assert client.post(page(session), card())["Location"] == page(session)
    assert not Charge.objects.exists()
    assert Event.objects.get().type == "checkout.session.expired"


def test_an_unknown_page_is_a_404(client: Client) -> None:
    assert client.get("/sandbox/stripe/pay/cs_nobody/").status_code == 404
    assert client.get("/sandbox/stripe/pay/cs_nobody/confirm/").status_code == 404


def test_the_control_page_shows_and_changes_what_happens(client: Client) -> None:
    session, debit = make_session(), make_session()
    paying.pay_by_debit(debit.pk)
    html = client.get("/sandbox/").content.decode()
    assert "A7KM-29QX" in html
    for action, row in (("expire", session), ("succeed", debit)):
        assert client.post(f"/sandbox/sessions/{row.pk}/{action}/").status_code == 303
        row.refresh_from_db()
    assert (session.status, debit.payment_status) == ("expired", "paid")
    assert client.post(f"/sandbox/sessions/{session.pk}/explode/").status_code == 404


def test_the_clock_of_one_page_can_be_moved(client: Client) -> None:
    session = make_session(expires_at=timezone.now() + timedelta(minutes=20))
    client.post(f"/sandbox/sessions/{session.pk}/later/")
    session.refresh_from_db()
    assert session.status == "open"
    client.post(f"/sandbox/sessions/{session.pk}/later/")
    session.refresh_from_db()
    assert session.status == "expired"


@pytest.mark.parametrize(("typed", "kept"), [("3", 3), ("-1", 0), ("x", 0), ("99999999", 1000), ("", 0), ("²", 0)])
def test_the_weather_takes_sane_numbers_only(client: Client, typed: str, kept: int) -> None:
    assert client.post("/sandbox/weather/", {"lose_next": typed, "delay_seconds": typed}).status_code == 303
    assert Weather.today().lose_next == kept
