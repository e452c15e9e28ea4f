"""System checks of the payment settings."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error

from shop.adapters.payments_stripe import unsafe_settings


def payment_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Money may only go where it is safe; the adapter refuses to work as well, since servers run no checks."""
    problem = unsafe_settings()
    return [Error(problem, id="shop.E001")] if problem else []
