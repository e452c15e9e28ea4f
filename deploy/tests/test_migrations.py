"""What a migration may do while the former version serves."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from deploy import migrations as check
from deploy.programs import ROOT

pytestmark = pytest.mark.django_db


def verdict(*operations: Any, name: str = "0003_test") -> list[str]:
    """What is said of a migration with those operations, after all that there are."""
    loader = MigrationLoader(connection)
    added = type("Migration", (migrations.Migration,), {"operations": list(operations), "dependencies": last(loader)})
    key = ("shop", name)
    loader.disk_migrations = {**loader.disk_migrations, key: added(name, "shop")}
    loader.graph.add_node(key, loader.disk_migrations[key])
    for parent in loader.disk_migrations[key].dependencies:
        loader.graph.add_dependency(loader.disk_migrations[key], key, parent)
    return [line.partition(": ")[2] for line in check.unsafe(loader)]


def last(loader: MigrationLoader) -> list[tuple[str, str]]:
    return [key for key in loader.graph.leaf_nodes() if key[0] == "shop"]


BAD = {
    "drop column": (migrations.RemoveField("category", "name"), "DROPPING columns"),
    "drop table": (migrations.DeleteModel("WishItem"), "DROPPING table"),
    "rename column": (migrations.RenameField("category", "name", "title"), "RENAMING columns"),
    "rename table": (migrations.AlterModelTable("category", "shelf"), "RENAMING tables"),
    "column that must be filled": (
        migrations.AddField("category", "mood", models.CharField(max_length=9, default="calm")),
        "NOT NULL constraint on columns",
    ),
    "column that must be filled from now on": (
        migrations.AlterField("alert", "order", models.ForeignKey("shop.Order", models.CASCADE)),
        "NOT NULL constraint on columns",
    ),
    "another type": (
        migrations.AlterField("category", "name", models.TextField()),
        "ALTERING columns",
    ),
    "unique from now on": (
        migrations.AddConstraint("category", models.UniqueConstraint(fields=["name"], name="one_name")),
        "ADDING unique constraint",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_the_former_version_would_trip_over_is_refused(kind: str) -> None:
    operation, words = BAD[kind]
    assert any(line.startswith(words) for line in verdict(operation)), verdict(operation)


GOOD = {
    "table": migrations.CreateModel(
        "Shelf", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())]
    ),
    "column that may be empty": migrations.AddField("category", "mood", models.CharField(max_length=9, null=True)),
    "column that the database fills": migrations.AddField(
        "category", "mood", models.CharField(max_length=9, db_default="calm")
    ),
}


@pytest.mark.parametrize("kind", GOOD)
def test_what_only_adds_is_safe(kind: str) -> None:
    assert verdict(GOOD[kind]) == []


def test_what_was_looked_at_is_accepted_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "ACCEPTED", {"0003_drop": "nothing reads it"})
    assert verdict(BAD["drop column"][0], name="0003_drop") == []
    assert verdict(BAD["drop column"][0], name="0004_drop") == ["DROPPING columns"]


def test_the_shops_own_migrations_are_safe_and_the_first_ones_need_not_be() -> None:
    loader = MigrationLoader(connection)
    assert list(check.unsafe(loader)) == []
    there = {path.stem for path in (ROOT / "shop" / "migrations").glob("0*.py")}
    assert there >= {*check.FIRST, *check.ACCEPTED}
    assert all(check.ACCEPTED.values())


def test_the_command_names_what_is_not_safe_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("django.setup", lambda: None)
    assert check.main() == 0
    bad = SimpleNamespace(app_label="shop", name="0003_bad")
    monkeypatch.setattr(check, "judged", lambda loader: [bad])
    monkeypatch.setattr(check, "statements", lambda loader, migration: ['ALTER TABLE "t" DROP COLUMN "c";'])
    assert check.main() == 1
    assert capsys.readouterr().err.startswith("shop 0003_bad: DROPPING columns\nExpand now")
