"""`manage.py purge_edge`."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from shop.adapters.edge_files import PageStore
from shop.edge.models import EdgePurge
from shop.edge.services import purge_later
from shop.edge.tests.edges import Laptop

pytestmark = pytest.mark.django_db


def run(*tags: str) -> str:
    out = StringIO()
    call_command("purge_edge", *tags, stdout=out)
    return out.getvalue()


def test_by_itself_it_takes_everything_and_with_tags_what_has_them(settings: Any) -> None:
    edge = Laptop(settings)
    edge.visit("/pages/terms/", "/pages/about/", "/robots.txt")
    assert run("page:terms", "page:nothing") == "Purged.\n"
    assert edge.kept() == {"/pages/about/", "/robots.txt"}
    run()
    assert edge.kept() == set()


def test_it_tries_again_what_was_given_up_and_says_what_is_wrong(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Laptop(settings)
    purge_later(["home"])
    EdgePurge.objects.update(state=EdgePurge.State.DEAD)

    def refuses(store: PageStore, tags: Any, reference: str) -> int:
        raise OSError("no disk")

    with monkeypatch.context() as patched, pytest.raises(CommandError, match="no disk"):
        patched.setattr(PageStore, "purge", refuses)
        run()
    EdgePurge.objects.update(next_attempt_at="2020-01-01T00:00Z")
    run()
    assert set(EdgePurge.objects.values_list("state", flat=True)) == {EdgePurge.State.PURGED}
