"""Writing down what was released."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime

from shop.core.storable import storable
from shop.operations.models import Release

# What a deploy tells, each once.
TEXTS = ("stage", "kind", "build", "commit", "zip_sha256", "outcome", "who", "log")
TIMES = ("began_at", "ended_at")


def write_release(told: str) -> Release:
    """Keep one run of a deploy, told as JSON (deploy/release.py); told again it is the same row.

    Raises ValidationError for what is no such thing; then nothing is written.
    """
    fields = read(told)
    kept, _ = Release.objects.get_or_create(run=fields["run"], defaults=checked(fields))
    return kept


def read(told: str) -> dict[str, Any]:
    """The JSON's fields, of the right kinds."""
    try:
        fields = json.loads(told)
        texts = {name: storable(str(fields[name])) for name in (*TEXTS, "run")}
        times = {name: parse_datetime(fields[name]) for name in TIMES}
        migrations = [storable(str(name)) for name in fields["migrations"]]
        size = int(fields["zip_bytes"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValidationError(f"not what a deploy tells: {error!r}") from error
    return texts | times | {"migrations": migrations, "zip_bytes": size}


def checked(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields, once a row of them would be whole. Raises ValidationError."""
    Release(**fields).full_clean(validate_unique=False)
    return fields
