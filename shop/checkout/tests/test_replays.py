"""Signed messages over real HTTP, sent again by whoever has recorded one."""

import time
from functools import partial

import pytest
import requests
import stripe
from django.conf import settings

from sandbox.models import Charge, Event, Weather
from sandbox.stripe import announce
from shop.checkout.tests.paying_builders import attempt_of, states
from shop.events.models import OutboxEvent
from shop.orders.models import Order
from shop.payments.models import ProviderCall, ProviderEvent, Refund
from shop.tests.builders import make_rate, make_variant
from shop.tests.parallel import in_parallel
from torture.shopper import Shopper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(shop_site: str) -> Order:
    """Paid at the provider, whose messages were lost on their way."""
    Weather.objects.create(pk=1, lose_next=100)
    make_rate()
    sam = Shopper(shop_site, "sam")
    assert sam.place(make_variant(stock=3).pk)
    # The way back to the shop would bring the payment as well.
    sam.card(follow=False)
    placed = Order.objects.get()
    assert states(placed) == ("open", "pending")
    return placed


def recorded() -> tuple[str, bytes, dict[str, str]]:
    """(address, body, headers) of the message that the payment page was paid on."""
    return announce.message(Event.objects.get(type="checkout.session.completed"))


def replay(message: tuple[str, bytes, dict[str, str]], answers: list[int] | None = None) -> int:
    address, body, headers = message
    status = requests.post(address, data=body, headers=headers, timeout=60).status_code
    if answers is not None:
        answers.append(status)
    return status


def happened(order: Order) -> dict[str, object]:
    """All that a message may have brought about, but for the count of its deliveries."""
    return {
        "states": states(order),
        "told": sorted(OutboxEvent.objects.exclude(name="OrderPlaced").values_list("name", flat=True)),
        "steps": list(order.state_changes.values_list("to_state", flat=True)),
        "captured": attempt_of(order).captured_amount,
        "charged": list(Charge.objects.values_list("amount", "amount_refunded")),
        "refunds": Refund.objects.count(),
        "asked": ProviderCall.objects.count(),
    }


def test_a_message_sent_again_does_nothing_and_asks_nobody(order: Order) -> None:
    message = recorded()
    assert replay(message) == 200
    once = happened(order)
    assert (once["states"], once["told"], once["steps"]) == (("paid", "paid"), ["OrderPaid"], ["pending", "paid"])
    assert [replay(message), replay(message)] == [200, 200]
    assert happened(order) == once
    assert ProviderEvent.objects.get().deliveries == 3


def test_twenty_of_the_same_message_at_once_pay_once(order: Order) -> None:
    answers: list[int] = []
    assert in_parallel(partial(replay, recorded(), answers), 20) == []
    total = order.grand_total
    assert answers == [200] * 20
    assert happened(order) | {"asked": 0} == {
        "states": ("paid", "paid"),
        "told": ["OrderPaid"],
        "steps": ["pending", "paid"],
        "captured": total,
        "charged": [(total, 0)],
        "refunds": 0,
        "asked": 0,
    }
    assert list(ProviderEvent.objects.values_list("deliveries", flat=True)) == [20]


def test_a_message_signed_too_long_ago_is_refused_and_not_kept(order: Order) -> None:
    address, body, headers = recorded()
    before = happened(order)
    for age, status in ((301, 400), (290, 200)):
        signed = stripe.WebhookSignature.generate_signature_header(
            body.decode(), settings.STRIPE_WEBHOOK_SECRET, timestamp=int(time.time()) - age
        )
        assert replay((address, body, headers | {"Stripe-Signature": signed})) == status
        if status == 400:
            assert (happened(order), ProviderEvent.objects.count()) == (before, 0)
    assert states(order) == ("paid", "paid")
