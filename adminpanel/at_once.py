"""Several querysets answered by one statement, for pages that show a little of many tables."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Field, JSONField, QuerySet
from django.db.models.query import get_related_populators


def at_once(*querysets: QuerySet[Any]) -> list[list[Any]]:
    """The rows of each, in their order, with what select_related() and annotate() add. Nothing is prefetched.

    Each queryset becomes an array of JSON: good for the dozens of rows that belong to one thing, not for long tables.
    """
    parts = [Part(queryset) for queryset in querysets]
    asked = [part for part in parts if part.sql]
    if asked:
        with connection.cursor() as cursor:
            statement = "SELECT " + ", ".join(part.sql for part in asked)
            cursor.execute(statement, [value for part in asked for value in part.params])
            for part, found in zip(asked, cursor.fetchone(), strict=True):
                part.rows = json.loads(found, parse_float=Decimal) if found else []
    return [list(part.instances()) for part in parts]


class Part:
    """One queryset as a column of the statement."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self.compiler: Any = queryset.query.get_compiler(connection.alias)
        self.known = queryset._known_related_objects  # type: ignore[attr-defined]
        self.rows: list[dict[str, Any]] = []
        self.params: tuple[Any, ...] = ()
        try:
            rows, self.params = self.compiler.as_sql()
        except EmptyResultSet:
            self.sql = ""
        else:
            # Joined tables have columns of the same name.
            names = ", ".join(f"c{place}" for place in range(len(self.compiler.select)))
            self.sql = f"(SELECT json_agg(part)::text FROM ({rows}) AS part({names}))"  # noqa: S608 - of Django's making

    def instances(self) -> Iterator[Any]:
        """The rows as instances, made as Django's own ModelIterable makes them."""
        if not self.rows:
            return
        select, about = self.compiler.select, self.compiler.klass_info
        first, last = about["select_fields"][0], about["select_fields"][-1] + 1
        names = [column.target.attname for column, *_ in select[first:last]]
        populators = get_related_populators(about, select, connection.alias)  # type: ignore[call-arg]  # typed for a later Django
        fields = [column.output_field for column, *_ in select]
        for row in self.rows:
            values = [native(field, row[f"c{place}"]) for place, field in enumerate(fields)]
            instance = about["model"].from_db(connection.alias, names, values[first:last])
            for populator in populators:
                populator.populate(values, instance)
            for name, place in self.compiler.annotation_col_map.items():
                setattr(instance, name, values[place])
            for field, rows in self.known.items():
                setattr(instance, field.name, rows[getattr(instance, field.attname)])
            yield instance


def native(field: "Field[Any, Any]", value: Any) -> Any:
    """What the field's attribute holds, of what JSON made of it."""
    return value if value is None or isinstance(field, JSONField) else field.to_python(value)
