"""All that the shop keeps, for tests which say that nothing of it changed."""

from functools import lru_cache

from django.apps import apps
from django.db import connection
from django.db.models import Model

# A browser's own notebook, and the counting of its tries: neither is anybody's account.
ASIDE = {"sessions.Session", "shop.RateLimit", "shop.AccountEvent"}


def everything() -> dict[str, list[str]]:
    """Every table's rows but the notes of tries, in the order of their keys, as PostgreSQL writes them."""
    with connection.cursor() as cursor:
        cursor.execute(all_rows())
        return dict(cursor.fetchall())


@lru_cache(maxsize=1)
def all_rows() -> str:
    """One question for all tables: some tests ask it dozens of times."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.label not in ASIDE]
    return " UNION ALL ".join(map(rows_of, models))


def rows_of(model: type[Model]) -> str:
    table, key = model._meta.db_table, model._meta.pk.column
    return f"SELECT '{model._meta.label}', array(SELECT t::text FROM {table} t ORDER BY t.{key})"
