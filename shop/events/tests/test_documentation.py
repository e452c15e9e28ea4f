"""docs/events.md, the schemas and the registry tell the same."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from shop.events.registry import HANDLERS
from shop.events.schemas import SCHEMAS, Schema

SECTIONS = re.split(r"^## (\w+)$", (Path(settings.BASE_DIR) / "docs/events.md").read_text(), flags=re.MULTILINE)[1:]
DOCUMENTED = dict(zip(SECTIONS[::2], SECTIONS[1::2], strict=True))


def fields(schema: Schema) -> list[tuple[str, str, str]]:
    required = [(name, kind.__name__, "yes") for name, kind in schema.fields.items()]
    return required + [(name, kind.__name__, "no") for name, kind in schema.optional.items()]


def test_every_event_is_documented() -> None:
    assert list(DOCUMENTED) == list(SCHEMAS) == list(HANDLERS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_documentation_agrees_with_schema_and_registry(name: str) -> None:
    text = DOCUMENTED[name]
    assert f"Source `{SCHEMAS[name].source}`." in text
    assert re.findall(r"^\| `(\w+)` \| (\w+) \| (yes|no) \|", text, re.MULTILINE) == fields(SCHEMAS[name])
    assert tuple(re.findall(r"^- `([\w.]+)`", text, re.MULTILINE)) == HANDLERS[name]


@pytest.mark.parametrize("path", sorted({path for paths in HANDLERS.values() for path in paths}))
def test_every_handler_can_be_imported(path: str) -> None:
    assert callable(import_string(path))
