"""What nobody in their right mind types into the staff's forms, and what must come of it."""

from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import reverse

TEXTS = [
    "-1",
    "101",
    "NaN",
    "Infinity",
    "1e309",
    "1e-9",
    "٣²",
    "9" * 5000,
    "a\0b",
    "🧦 שלום \u202e",
    "x" * 5000,
    "''; --",
]
DATES = ["0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "2030-02-30", "-1", "x" * 5000, "a\0b", "٣²"]
TIMES = ["00:00", "25:61", "23:59:59.999999", "-1", "x" * 5000, "a\0b"]
# Ids of rows that are not there, of rows that cannot be, and of no row at all.
IDS = ["0", "-1", "2147483648", "9" * 30, "NaN", "a\0b", "x" * 5000, "٣²"]
# What an address may have behind a name: each once.
VALUES = list(dict.fromkeys([*IDS, *TEXTS]))


def values_for(name: str) -> list[str]:
    """What to type into a field of that name."""
    if name.endswith("_0") or name == "valid_from":
        return DATES
    if name.endswith("_1"):
        return TIMES
    return IDS if name in ("promotion", "categories", "products") else TEXTS


def saved_or_told(client: Client, model: type[Model], good: dict[str, Any], name: str) -> None:
    """The add form with each value in that field: a row that can be shown, or words by the field and no row."""
    page, lists = f"admin:shop_{model._meta.model_name}_add", f"admin:shop_{model._meta.model_name}_changelist"
    rows = model._default_manager
    before = set(rows.values_list("pk", flat=True))
    for value in values_for(name):
        answer = client.post(reverse(page), {**good, name: value})
        made = rows.exclude(pk__in=before)
        if answer.status_code == 302:
            row = made.get()
            own = reverse(f"admin:shop_{model._meta.model_name}_change", args=[row.pk])
            assert [client.get(where).status_code for where in (own, reverse(lists))] == [200, 200], (name, value[:40])
            made.delete()
        else:
            assert answer.status_code == 200, (name, value[:40])
            errors = answer.context["adminform"].form.errors
            assert errors, (name, value[:40])
            assert not made.exists(), (name, value[:40])
