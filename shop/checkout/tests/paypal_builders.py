"""An order on its way through the sandbox's PayPal, and PayPal's messages about it."""

from typing import Any

from django.test import Client
from django.utils.module_loading import import_string

from sandbox import deliveries
from sandbox.models import Event, Weather
from shop.checkout.paying import start_payment
from shop.checkout.tests.paying_builders import attempt_of, place
from shop.orders.models import Order


def started() -> tuple[Order, str]:
    """A placed order and the path of the page where its buyer agrees."""
    order = place(provider="paypal")
    url = start_payment(attempt_of(order).pk)
    return order, url[url.index("/sandbox/paypal/approve/") :]


def agree(page: str, funding: str = "balance") -> Any:
    return Client().post(page, {"funding": funding})


def lose_messages() -> None:
    Weather.objects.update_or_create(pk=1, defaults={"lose_next": 100})


def message_of(type: str) -> tuple[bytes, dict[str, str]]:
    """The newest message of that type as the sandbox sends it."""
    event = Event.objects.filter(type=type).latest("created")
    _, body, headers = import_string(deliveries.MESSAGES[event.provider])(event)
    return body, headers


def send(body: bytes, headers: dict[str, str]) -> Any:
    return Client().post("/webhooks/paypal/", body, "application/json", headers=headers)
