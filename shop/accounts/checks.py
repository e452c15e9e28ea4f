"""System checks of the settings for accounts."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from shop.adapters import cognito_client


def account_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Passwords may only go where they are safe; the adapter refuses to work as well, since servers run no checks."""
    if settings.ACCOUNTS_ADAPTERS["cognito"] != settings.ACCOUNTS_PROVIDER:
        return []
    problem = cognito_client.unsafe_settings()
    return [Error(problem, id="shop.E005")] if problem else []
