"""Releases: told as JSON by a deploy, kept once, whole or not at all."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from shop.operations.models import Release
from shop.operations.releases import write_release

pytestmark = pytest.mark.django_db


def told(**changes: Any) -> str:
    fields = {
        **{"run": "r1", "stage": "dev", "kind": "update", "build": "0123456789ab", "commit": "0" * 40, "who": "anna"},
        **{"zip_sha256": "a" * 64, "zip_bytes": 29_000_000, "migrations": ["shop.0003_more"], "outcome": "live"},
        **{"began_at": "2026-11-23T08:00:00+00:00", "ended_at": "2026-11-23T08:04:00+00:00", "log": "all well"},
    }
    return json.dumps({**fields, **changes})


def test_a_release_is_written_once_however_often_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("release", told())
    call_command("release", told())
    release = Release.objects.get()
    assert (release.build, release.migrations, release.zip_bytes) == ("0123456789ab", ["shop.0003_more"], 29_000_000)
    assert release.began_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert capsys.readouterr().out == "dev 0123456789ab: Live\n" * 2


def test_what_a_program_said_is_kept_without_what_no_table_keeps() -> None:
    release = write_release(told(log="all\0 well \ud800", migrations=["shop.0003\0"]))
    release.refresh_from_db()
    assert (release.log, release.migrations) == ("all well ?", ["shop.0003"])


BAD = {
    "no JSON": "{",
    "no object": "[]",
    "a missing field": json.dumps({"run": "r1"}),
    "a time that is none": told(began_at="yesterday"),
    "an outcome that is none": told(outcome="splendid"),
    "a name that is too long": told(stage="s" * 50),
    "a size that is none": told(zip_bytes="large"),
    "a size without end": told(zip_bytes=float("inf")),
    "brackets without end": "[" * 100_000,
    "a day that there is not": told(ended_at="2026-02-31T08:00:00+00:00"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_release_is_refused_in_words_and_nothing_is_written(kind: str) -> None:
    with pytest.raises(ValidationError):
        write_release(BAD[kind])
    with pytest.raises(CommandError):
        call_command("release", BAD[kind])
    assert not Release.objects.exists()
