"""Renditions as rows keep them: storage names by width, {"320": "products/12/front-320.webp", ...}."""

from collections.abc import Mapping

from django.conf import settings


def media_url(name: str) -> str:
    """The public address of a stored file, without asking the storage; one that is an address already stays."""
    return name if name.startswith(("/", "http")) else f"{settings.MEDIA_URL}{name}"


def smallest(renditions: Mapping[str, str]) -> str:
    """The stored name of the narrowest rendition; empty where there is none."""
    return renditions[min(renditions, key=int)] if renditions else ""


def largest(renditions: Mapping[str, str]) -> str:
    """The stored name of the widest rendition; empty where there is none."""
    return renditions[max(renditions, key=int)] if renditions else ""
