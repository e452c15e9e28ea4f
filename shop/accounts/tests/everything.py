"""All that the shop keeps, for tests which say that nothing of it changed."""

from typing import Any

from django.apps import apps

# A browser's own notebook, and the counting of its tries: neither is anybody's account.
ASIDE = {"sessions.Session", "shop.RateLimit", "shop.AccountEvent"}


def everything() -> dict[str, list[Any]]:
    """Every table's rows but the notes of tries, in the order of their keys."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.label not in ASIDE]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}
