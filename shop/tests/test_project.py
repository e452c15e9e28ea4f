"""The whole tree: cheap tests that catch most broken commits."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver

TEMPLATES = Path(settings.BASE_DIR) / "templates"


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("path", sorted(str(p.relative_to(TEMPLATES)) for p in TEMPLATES.rglob("*.html")) or ["-"])
def test_template_compiles(path: str) -> None:
    if path != "-":
        assert get_template(path)


def names(patterns: list[URLPattern | URLResolver]) -> list[str]:
    found: list[str] = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += [] if pattern.namespace or pattern.app_name else names(pattern.url_patterns)
        elif pattern.name:
            found.append(pattern.name)
    return found


def test_every_address_has_a_name_of_its_own() -> None:
    found = names(get_resolver().url_patterns)
    assert "healthz" in found
    assert len(found) == len(set(found))
