"""The sandbox must never take the place of the payment provider in production."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

PROBLEM = "the sandbox is installed with DEBUG off: anybody could mark orders as paid"


def only_on_a_laptop(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    return [Error(PROBLEM, id="sandbox.E001")] if misplaced() else []


def refuse_production() -> None:
    """Raise ImproperlyConfigured where the sandbox must not be."""
    if misplaced():
        raise ImproperlyConfigured(PROBLEM)


def misplaced() -> bool:
    """With DEBUG off only tests and benchmarks may have it, and they say so."""
    return not settings.DEBUG and not getattr(settings, "SANDBOX_ALLOWED_WITHOUT_DEBUG", False)
