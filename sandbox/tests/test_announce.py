"""Webhooks on their way to the shop: lost, late, refused, taken once."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import transaction
from django.utils import timezone

from sandbox import deliveries
from sandbox.models import Delivery, Weather
from sandbox.stripe import announce

pytestmark = pytest.mark.django_db


def test_a_delivery_inside_a_transaction_is_refused() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        deliveries.deliver_due()


def test_a_refused_delivery_waits_longer_each_time_until_it_is_given_up() -> None:
    announce.announce("charge.succeeded", {"id": "ch_1"})
    delivery = Delivery.objects.get()
    pauses = []
    with patch.object(deliveries, "post", return_value=(False, "500 please send it again")):
        for _ in range(deliveries.MOST_ATTEMPTS):
            before = timezone.now()
            assert deliveries.deliver(delivery) is False
            delivery.refresh_from_db()
            pauses.append(round((delivery.next_at - before).total_seconds()))
    assert pauses[:4] == [5, 10, 20, 40]
    assert max(pauses) == 600
    assert (delivery.state, delivery.answer) == ("failed", "500 please send it again")


def test_a_taken_delivery_is_not_made_again() -> None:
    announce.announce("charge.succeeded", {"id": "ch_1"})
    with patch.object(deliveries, "post", return_value=(True, "200")) as post:
        assert (deliveries.deliver_due(), deliveries.deliver_due()) == (1, 0)
    assert post.call_count == 1


def test_two_workers_make_one_try() -> None:
    announce.announce("charge.succeeded", {"id": "ch_1"})
    first, second = Delivery.objects.get(), Delivery.objects.get()
    with patch.object(deliveries, "post", return_value=(True, "200")) as post:
        deliveries.deliver(first)
        assert deliveries.deliver(second) is False
    assert post.call_count == 1


def test_bad_weather_loses_as_many_as_it_says_and_delays_the_rest() -> None:
    Weather.objects.create(pk=1, lose_next=1, delay_seconds=60)
    for number in range(2):
        announce.announce("charge.succeeded", {"id": f"ch_{number}"})
    lost, late = Delivery.objects.order_by("pk")
    assert (lost.state, late.state) == ("lost", "waiting")
    assert late.next_at > timezone.now() + timedelta(seconds=55)
    assert deliveries.deliver_due() == 0
