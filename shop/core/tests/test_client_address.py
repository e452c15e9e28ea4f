"""Whom a request comes from: the peer, or what our own proxies wrote down, but nothing that a stranger could write."""

from typing import Any

import pytest
from django.test import RequestFactory

from shop.core.http import client_address


@pytest.mark.parametrize(
    ("trusted", "forwarded", "found"),
    [
        (0, "203.0.113.7", "198.51.100.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "10.0.0.1, 203.0.113.7", "203.0.113.7"),
        (2, "6.6.6.6, 203.0.113.7, 70.132.1.1", "203.0.113.7"),
        (2, "203.0.113.7", "198.51.100.1"),
        (1, "", "198.51.100.1"),
        (1, "nonsense", "198.51.100.1"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
        (1, "2001:DB8:0:0::1", "2001:db8::1"),
        (1, "fe80::1%eth0", "198.51.100.1"),
    ],
)
def test_only_as_many_entries_count_as_there_are_proxies_of_ours(
    settings: Any, trusted: int, forwarded: str, found: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory(REMOTE_ADDR="198.51.100.1").get("/", headers={"x-forwarded-for": forwarded})
    assert client_address(request) == found


def test_a_server_without_peers_gives_none() -> None:
    assert client_address(RequestFactory(REMOTE_ADDR="").get("/")) is None
