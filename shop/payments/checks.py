"""System checks of the payment settings."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from shop.adapters import payments_stripe, paypal_client

PAYPAL_SETTINGS = ("PAYPAL_CLIENT_ID", "PAYPAL_CLIENT_SECRET", "PAYPAL_WEBHOOK_ID")


def payment_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Money may only go where it is safe; the adapters refuse to work as well, since servers run no checks."""
    problems: list[CheckMessage] = []
    if problem := payments_stripe.unsafe_settings():
        problems.append(Error(problem, id="shop.E001"))
    if problem := paypal_client.unsafe_settings():
        problems.append(Error(problem, id="shop.E003"))
    if "paypal" in settings.PAYMENT_PROVIDERS:
        missing = [name for name in PAYPAL_SETTINGS if not getattr(settings, name)]
        problems += [Error(f"PayPal is offered, but {name} is empty", id="shop.E004") for name in missing]
    return problems
