"""The small tables whose rows public pages show, read together in one query when the catalogue has changed."""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeVar, cast

from django.apps import apps
from django.db import connection
from django.db.models import F, Model, QuerySet, Value
from django.db.models.functions import JSONObject

M = TypeVar("M", bound=Model)

# By name, since some belong to domains that stand above the catalogue. Whoever changes a row of one of them calls
# listings.bump_version(). A model that others point to stands before them.
MODELS = (
    *("Category", "Colour", "SizeSystem", "Size", "StockLocation"),
    *("ShippingMethod", "ShippingRate", "ShippingClosure", "TaxRate", "Promotion"),
)


class Tables:
    """All rows of these models. What a row points to within them is filled in."""

    def __init__(self, rows: Iterable[tuple[str, dict[str, Any]]]) -> None:
        self._rows: dict[type[Model], dict[Any, Model]] = {_model(name): {} for name in MODELS}
        of_name: dict[str, list[dict[str, Any]]] = {name: [] for name in MODELS}
        for name, row in rows:
            of_name[name].append(row)
        for name in MODELS:
            self._fill(_model(name), of_name[name])

    def all(self, model: type[M]) -> list[M]:
        """The rows of one of MODELS, in no order. Shared by all threads: not to be changed."""
        return cast(list[M], list(self._rows[model].values()))

    def fill(self, rows: Iterable[Model], name: str, model: type[Model]) -> None:
        """Fill in what the rows point to by this foreign key. What is newer than the tables stays to be asked for."""
        known = self._rows[model]
        for row in rows:
            found = known.get(getattr(row, f"{name}_id"))
            if found is not None:
                setattr(row, name, found)

    def _fill(self, model: type[Model], rows: Iterable[dict[str, Any]]) -> None:
        fields = model._meta.concrete_fields
        for row in rows:
            values = {field.attname: field.to_python(row[field.attname]) for field in fields}
            found = self._rows[model][row[model._meta.pk.attname]] = model(**values)
            for field in fields:
                if field.related_model not in self._rows or field.related_model is model:
                    continue
                if values[field.attname] is not None:
                    setattr(found, field.name, self._rows[field.related_model][values[field.attname]])


def read() -> Tables:
    """One query, whatever the number of tables and rows."""
    with connection.cursor() as cursor:
        cursor.execute(*_question())
        return Tables((name, json.loads(row)) for name, row in cursor)


@lru_cache(maxsize=1)
def _question() -> tuple[str, tuple[Any, ...]]:
    """Its SQL and parameters: the same each time, and Django takes longer to write it than PostgreSQL to answer."""
    first, *others = (_rows_of(name) for name in MODELS)
    return first.union(*others, all=True).query.sql_with_params()


def _rows_of(name: str) -> QuerySet[Any, tuple[str, dict[str, Any]]]:
    model = _model(name)
    columns = {field.attname: F(field.attname) for field in model._meta.concrete_fields}
    rows: QuerySet[Any] = model._default_manager.order_by().annotate(table=Value(name), row=JSONObject(**columns))
    return rows.values_list("table", "row")


def _model(name: str) -> type[Model]:
    return apps.get_model("shop", name)
