"""The buttons beside a payment and a provider's message: asked for once more, and harmless twice."""

from uuid import uuid4

import pytest
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.test_provider_events import given_up
from adminpanel.tests.test_refunding import address, care, text
from shop.adapters.payments import PageGone, ProviderUnavailable
from shop.alerts.models import Alert
from shop.checkout.tests.conftest import fake, paypal
from shop.checkout.tests.paying_builders import FakePayPal, FakeProvider, attempt_of, states
from shop.checkout.tests.test_forgotten import in_doubt
from shop.checkout.tests.test_reviewing import in_review, paid_again_in
from shop.payments.models import ProviderEvent, Refund

__all__ = ["fake", "paypal"]
pytestmark = pytest.mark.django_db


def test_a_payment_nobody_knows_about_is_ended_after_a_last_question(paypal: FakePayPal) -> None:
    order, attempt = in_doubt(paypal)
    client, end = care(), address("payment_end", order.pk, attempt.pk)
    assert "Ask once more and end it" in text(client.get(address("order_change", order.pk)))
    assert f"First look for {order.number}" in text(client.post(end))
    assert states(order) == ("open", "pending")
    paypal.errors = [ProviderUnavailable("away <b>")]
    assert "away &lt;b&gt;" in text(client.post(end, {"confirmed": "1"}, follow=True))
    assert states(order) == ("open", "pending")
    paypal.errors = [PageGone("404")]
    page = text(client.post(end, {"confirmed": "1"}, follow=True))
    assert f"The payment of {order.total} is failed now." in page
    assert "Ask once more and end it…" not in page
    assert "nothing to end" in text(client.post(end, follow=True))
    assert (states(order), Alert.objects.open().count()) == (("failed", "cancelled"), 0)


def test_a_second_payment_in_another_currency_is_given_back_in_that_currency(fake: FakeProvider) -> None:
    order, second = paid_again_in(fake, "EUR")
    client, give = care(), address("payment_return", order.pk, second.pk)
    assert "Give back…" in text(client.get(address("order_change", order.pk)))
    assert "Give €159.95 back to" in text(client.post(give))
    assert Refund.objects.count() == 0
    for _ in range(2):
        page = text(client.post(give, {"confirmed": "1"}, follow=True))
    assert "went back already" in page
    assert "Give back…" not in page
    refund = Refund.objects.get()
    assert (str(refund.total), refund.state, refund.reason) == ("€159.95", "succeeded", "duplicate")
    assert (states(order, second.pk), Alert.objects.open().count()) == (("review", "paid"), 0)


@pytest.mark.parametrize("name", ["payment_end", "payment_return"])
@pytest.mark.parametrize("role", ["warehouse", "catalogue", "marketing", "analyst"])
def test_other_roles_are_refused(fake: FakeProvider, role: str, name: str) -> None:
    order, second = paid_again_in(fake, "EUR")
    client, where = signed_in(make_staff(role)), address(name, order.pk, second.pk)
    assert (client.get(where).status_code, client.post(where, {"confirmed": "1"}).status_code) == (403, 403)
    assert Refund.objects.count() == 0


@pytest.mark.parametrize("name", ["payment_end", "payment_return"])
def test_a_payment_of_another_order_or_of_none_is_not_found_and_a_get_does_nothing(
    fake: FakeProvider, name: str
) -> None:
    order, second = paid_again_in(fake, "EUR")
    other, client = in_review(fake, 500), care()
    for which in (attempt_of(other).pk, uuid4()):
        assert client.post(address(name, order.pk, which), {"confirmed": "1"}).status_code == 404
    assert client.get(address(name, order.pk, second.pk)).status_code == 302
    assert Refund.objects.count() == 0


def test_an_order_in_review_has_one_button_that_cancels_it_even_with_nothing_kept(fake: FakeProvider) -> None:
    order, client = in_review(fake, 500), care()
    attempt_of(order).refunds.create(amount=16495, currency="GBP", reason="provider", state="succeeded")
    type(attempt_of(order)).objects.update(refunded_amount=16495)
    page = text(client.get(address("order_change", order.pk)))
    assert page.count("Cancel the order…") == 1
    assert "went back" in page
    assert "Refund and cancel…" not in page
    client.post(address("review_refund", order.pk), {"refund-why": "", "confirmed": "1"})
    assert (states(order), Refund.objects.count()) == (("review", "cancelled"), 1)


def again(row: ProviderEvent) -> str:
    return reverse("admin:shop_providerevent_again", args=[row.pk])


def test_a_message_is_tried_again_from_its_own_page(fake: FakeProvider) -> None:
    order, row = given_up(fake)
    client, own = care(), reverse("admin:shop_providerevent_change", args=[row.pk])
    assert "This message was given up" in text(client.get(own))
    fake.errors = [ProviderUnavailable("still <away>")]
    assert "failed again: still &lt;away&gt;" in text(client.post(again(row), follow=True))
    assert states(order) == ("open", "pending")
    page = text(client.post(again(row), follow=True))
    assert "was worked on." in page
    assert "This message was given up" not in page
    assert "was worked on before" in text(client.post(again(row), follow=True))
    assert (states(order), Alert.objects.open().count()) == (("paid", "paid"), 0)


@pytest.mark.parametrize("back", ["", "https://elsewhere.example/", "//elsewhere.example", "\0"])
def test_a_message_is_tried_again_from_the_orders_timeline_and_leads_nowhere_else(
    fake: FakeProvider, back: str
) -> None:
    order, row = given_up(fake)
    ProviderEvent.objects.update(attempt=attempt_of(order))
    client, order_page = care(), address("order_change", order.pk)
    assert f'action="{again(row)}"' in text(client.get(order_page))
    assert client.post(again(row), {"back": back})["Location"] == reverse(
        "admin:shop_providerevent_change", args=[row.pk]
    )
    assert client.post(again(row), {"back": order_page})["Location"] == order_page
    assert f'action="{again(row)}"' not in text(client.get(order_page))


@pytest.mark.parametrize("role", ["warehouse", "marketing", "analyst", "catalogue"])
def test_other_roles_cannot_try_a_message_again(fake: FakeProvider, role: str) -> None:
    order, row = given_up(fake)
    assert signed_in(make_staff(role)).post(again(row)).status_code == 403
    assert care().get(again(row)).status_code == 405
    assert states(order) == ("open", "pending")
