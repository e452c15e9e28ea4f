"""A pretended AWS that ends and begins again: another process at the same port, which knows nothing."""

import math
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import boto3
import pytest
from django.conf import settings

from sandbox.cloud.server import ENVIRONMENT, REGION
from sandbox.tests.twin_builders import ONCE, depth, effects, shirt
from sandbox.twin import consumer, making, names
from shop.core import clock
from shop.events.models import InboxEntry, OutboxEvent
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
from torture.shopper import Shopper

PLAY = """
import sys, threading
from sandbox.cloud.server import serve
print(serve(int(sys.argv[1])), flush=True)
threading.Event().wait()
"""


@contextmanager
def cloud_at(port: int) -> Iterator[str]:
    """moto in a process of its own; its address, or "" where it ended instead."""
    command = [sys.executable, "-c", PLAY, str(port)]
    child = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
    assert child.stdout
    try:
        yield child.stdout.readline().strip()
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def quiet_port() -> int:
    """Free, and below those that the system gives to connections: nobody takes it between two processes."""
    for port in random.sample(range(20_000, 30_000), 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise RuntimeError("a hundred ports were taken")


def queues(address: str) -> list[str]:
    sqs: Any = boto3.client("sqs", REGION, endpoint_url=address)
    return sorted(url.rpartition("/")[2] for url in sqs.list_queues().get("QueueUrls", []))


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[int]:
    """Where the cloud of this test will be, of which the shop is told already."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    found = quiet_port()
    settings.AWS_ENDPOINT = f"http://127.0.0.1:{found}"
    for name, value in (names.told("again", settings.AWS_ENDPOINT) | names.ADAPTERS).items():
        setattr(settings, name, value)
    making.resources.cache_clear()
    yield found
    making.resources.cache_clear()


def test_all_is_made_again_in_a_cloud_that_was_started_anew(port: int) -> None:
    with cloud_at(port) as first:
        making.make_all()
        made = queues(first)
    assert "aspireclothes-again-events" in made
    with cloud_at(port) as second:
        assert (second, queues(second)) == (first, [])
        making.make_all()
        assert queues(second) == made


@pytest.mark.django_db(transaction=True)
def test_a_purchase_has_each_of_its_effects_once_though_the_cloud_ends_twice_meanwhile(
    port: int, shop_site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, buyer = consumer.Consumer(print), Shopper(shop_site, "sam")
    function.due = dict.fromkeys(consumer.schedules(), math.inf)
    with cloud_at(port):
        function.round()
        assert buyer.place(shirt().pk), buyer.page.url
    # Nobody plays AWS while the buyer pays.
    buyer.card()
    assert (Order.objects.get().state, buyer.faults) == (Order.State.PAID, [])
    function.round()
    with cloud_at(port):
        function.round()
        OutboxEvent.objects.update(next_attempt_at=clock.now())
        assert consumer.tick("relay")
        assert depth("events") >= 2
    # And what lay in its queues is lost.
    function.round()
    with cloud_at(port):
        function.round()
        assert (depth("events"), InboxEntry.objects.count()) == (0, 0)
        later = clock.now() + timedelta(hours=1)
        monkeypatch.setattr(clock, "now", lambda: later)
        assert all(consumer.tick(job) for job in ("republish unacknowledged", "relay"))
        consumer.drain()
        assert consumer.tick("mail")
    assert effects() == ONCE
    mails = OutgoingMail.objects.filter(to=buyer.email, about=Order.objects.get().number)
    assert list(mails.values_list("state", flat=True)) == [OutgoingMail.State.SENT]


def test_a_port_that_somebody_has_ends_it_at_once_with_words(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        with cloud_at(port) as address:
            assert address == ""
    assert f"Port {port} is in use by another program" in capfd.readouterr().err
