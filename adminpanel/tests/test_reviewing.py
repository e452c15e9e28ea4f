"""The buttons on the page of an order in review: for those with the right, asked for once more, and harmless twice."""

import pytest
from django.test import Client

from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.test_refunding import address, care, text
from shop.alerts.models import Alert
from shop.checkout.tests.conftest import fake
from shop.checkout.tests.paying_builders import FakeProvider, states
from shop.checkout.tests.test_reviewing import in_review
from shop.events.models import OutboxEvent
from shop.payments.models import Refund

__all__ = ["fake"]
pytestmark = pytest.mark.django_db


def test_an_order_is_accepted_by_a_press_and_twice_is_once(fake: FakeProvider) -> None:
    order, client = in_review(fake, -500), care()
    page = text(client.get(address("order_change", order.pk)))
    for shown in ("£154.95", "Accept as paid", "Refund and cancel", "needed to accept less"):
        assert shown in page
    page = text(client.post(address("review_accept", order.pk), {"refund-why": ""}, follow=True))
    assert "Only £154.95 of £159.95 came. Say why that is enough." in page
    assert states(order) == ("review", "review")
    for _ in range(2):
        page = text(client.post(address("review_accept", order.pk), {"refund-why": "agreed <b>"}, follow=True))
    assert "is not in review any more" in page
    assert ">Accept as paid<" not in page
    assert "agreed &lt;b&gt;" in page
    assert (states(order), Alert.objects.open().count()) == (("review", "paid"), 0)
    assert OutboxEvent.objects.filter(name="OrderPaid").count() == 1
    change = order.state_changes.last()
    assert change and change.actor and change.actor.email == "customer-care@example.org"


def test_an_order_is_refunded_and_cancelled_after_a_last_question(fake: FakeProvider) -> None:
    order, client = in_review(fake, 500), care()
    page = text(client.post(address("review_refund", order.pk), {"refund-why": "fraud?"}))
    for shown in (f"Cancel order {order.number}?", "£164.95", 'value="fraud?"'):
        assert shown in page
    assert (states(order), Refund.objects.count()) == (("review", "review"), 0)
    for _ in range(2):
        client.post(address("review_refund", order.pk), {"refund-why": "fraud?", "confirmed": "1"})
    assert states(order) == ("review", "cancelled")
    refund = Refund.objects.get()
    assert (refund.state, refund.amount, refund.note) == ("succeeded", 16495, "refunded and cancelled by staff: fraud?")


def test_what_was_overpaid_is_refunded_by_the_usual_form_after_it_was_accepted(fake: FakeProvider) -> None:
    order, client = in_review(fake, 500), care()
    client.post(address("review_accept", order.pk), {"refund-why": ""})
    page = text(client.get(address("order_change", order.pk)))
    assert "Refund some or all of the £164.95 that is left" in page
    data = {"refund-key": "k", "refund-reason": "goodwill", "refund-note": "too much", "refund-extra": "5"}
    client.post(address("order_refund", order.pk), data | {"confirmed": "1"})
    assert (Refund.objects.get().state, Refund.objects.get().amount) == ("succeeded", 500)


def test_money_of_another_currency_can_only_go_back(fake: FakeProvider) -> None:
    order, client = in_review(fake, 0, "EUR"), care()
    page = text(client.get(address("order_change", order.pk)))
    assert "€159.95" in page
    assert ">Accept as paid<" not in page
    page = text(client.post(address("review_accept", order.pk), {"refund-why": "x"}, follow=True))
    assert "No money in GBP came" in page
    assert (states(order), Refund.objects.count()) == (("review", "review"), 0)


@pytest.mark.parametrize("why", ["a\0b", "x" * 121])
def test_a_reason_that_cannot_be_kept_is_said(fake: FakeProvider, why: str) -> None:
    order, client = in_review(fake, 500), care()
    for name in ("review_accept", "review_refund"):
        page = text(client.post(address(name, order.pk), {"refund-why": why, "confirmed": "1"}, follow=True))
        assert "Nothing was done: " in page
    assert (states(order), Refund.objects.count()) == (("review", "review"), 0)


@pytest.mark.parametrize("role", ["warehouse", "catalogue", "marketing", "analyst"])
def test_other_roles_are_refused_and_nothing_changes(fake: FakeProvider, role: str) -> None:
    order, client = in_review(fake, 500), signed_in(make_staff(role))
    for name in ("review_accept", "review_refund"):
        assert client.get(address(name, order.pk)).status_code == 403
        response = client.post(address(name, order.pk), {"refund-why": "x", "confirmed": "1"})
        assert response.status_code == 403
    assert ">Accept as paid<" not in text(client.get(address("order_change", order.pk)))
    assert (states(order), Refund.objects.count()) == (("review", "review"), 0)


def test_the_owner_may_and_a_form_from_elsewhere_may_not(fake: FakeProvider) -> None:
    order, owner = in_review(fake, 500), make_staff("owner")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    for name in ("review_accept", "review_refund"):
        response = strict.post(address(name, order.pk), {"refund-why": "x", "confirmed": "1"})
        assert response.status_code == 403
    assert states(order) == ("review", "review")
    signed_in(owner).post(address("review_accept", order.pk), {"refund-why": ""})
    assert states(order) == ("review", "paid")


def test_a_get_changes_nothing(fake: FakeProvider) -> None:
    order, client = in_review(fake, 500), care()
    for name in ("review_accept", "review_refund"):
        assert client.get(address(name, order.pk))["Location"] == address("order_change", order.pk)
    assert states(order) == ("review", "review")
