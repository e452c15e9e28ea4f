"""A pretended AWS that ends and begins again: another process at the same port, which knows nothing."""

import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from django.conf import settings

from sandbox.cloud.server import ENVIRONMENT, REGION
from sandbox.twin import making, names

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


def test_all_is_made_again_in_a_cloud_that_was_started_anew(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    port = quiet_port()
    with cloud_at(port) as first:
        settings.AWS_ENDPOINT = first
        for name, value in (names.told("again", first) | names.ADAPTERS).items():
            setattr(settings, name, value)
        making.resources.cache_clear()
        making.make_all()
        made = queues(first)
    assert "aspireclothes-again-events" in made
    with cloud_at(port) as second:
        assert (second, queues(second)) == (first, [])
        making.make_all()
        assert queues(second) == made
    making.resources.cache_clear()


def test_a_port_that_somebody_has_ends_it_at_once_with_words(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        with cloud_at(port) as address:
            assert address == ""
    assert f"Port {port} is in use by another program" in capfd.readouterr().err
