"""Do the migrations leave the code that serves meanwhile in peace? `python -m deploy.migrations`

A migration runs while the former version still serves, and a roll back puts that version over the new tables. So a
migration may only expand: new tables, new columns that the former code need not know. What it drops, renames or asks
for comes a release later, once nothing reads it, and is named in ACCEPTED with the reason.
"""

import os
import sys
from collections.abc import Iterator

import django
from django.conf import settings
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements, get_sql_analyser_class

from storefront.embedded_postgres import start_or_exit

APPS = ("shop",)
# The tables that a shop begins with: there is no former version to leave in peace.
FIRST = ("0001_initial", "0002_guards")
# Those that take away or ask for something, with why no version that may still serve minds, such as:
# "0007_drop_order_note": "nothing has read Order.note since 0006 was released".
ACCEPTED: dict[str, str] = {}


def judged(loader: MigrationLoader) -> list[Migration]:
    """The migrations of the shop that have to be safe, in their order."""
    known = {*FIRST, *ACCEPTED}
    ours = [key for key in loader.disk_migrations if key[0] in APPS and key[1] not in known]
    return [loader.disk_migrations[key] for key in sorted(ours)]


def unsafe(loader: MigrationLoader) -> Iterator[str]:
    """What the former version would trip over, each in a line."""
    analyser = get_sql_analyser_class(settings.DATABASES["default"]["ENGINE"])
    for migration in judged(loader):
        errors, _ignored, warnings = analyse_sql_statements(analyser, statements(loader, migration), [])
        for issue in [*errors, *warnings]:
            yield f"{migration.app_label} {migration.name}: {issue.message}"


def statements(loader: MigrationLoader, migration: Migration) -> list[str]:
    """The SQL of a migration; nothing of it is run."""
    lines: list[str] = loader.collect_sql([(migration, False)])
    return [line for line in lines if line and not line.startswith("--")]


def main() -> int:
    """Exit code 1, with a line for each, when one is not safe."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storefront.settings.local")
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = start_or_exit()
    django.setup()
    loader = MigrationLoader(connection, replace_migrations=False)
    found = list(unsafe(loader))
    if found:
        advice = (
            "Expand now, contract a release later (docs/operations.md, Migrations), or say in ACCEPTED why it is safe."
        )
        sys.stderr.write("\n".join([*found, advice, ""]))
        return 1
    sys.stdout.write(f"Migrations: {len(judged(loader))} to judge, all safe beside the former version.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
