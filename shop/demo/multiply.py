"""Every table many times as long: copies of all rows of the shop, made by the database itself in seconds.

Copy n of a row points to copy n of everything that the row points to, so that what belongs together stays so. Triggers
and foreign keys are not asked: this is for databases that are measured and thrown away.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Model, UniqueConstraint

# Copy n of row k has the primary key k + n * STRIDE, and so many rows a table may have before.
STRIDE = 1_000_000
# Keys that are no numbers tell by this whether they are a copy's.
UUID_MARK, TEXT_MARK = "c0c0c0c0", "~"
# So long a text has to be to hold a document's number and a copy's.
ROOM = 12
# Texts that name rows of other tables.
REFERENCES = {"shop_stockmovement": "document", "shop_outgoingmail": "about"}
NEVER = {"shop_catalogversion", "shop_documentcounter"}
# What was made later is so much older than its original.
AGE = "interval '45 minutes'"
Column = Any


@dataclass(frozen=True)
class Copies:
    """How many copies of each row: `times` by table name, `rest` for all other tables of the shop.

    first: those before it have been made already. gather: every so manieth copy has parents of its own; each of the
    others hangs on one of the originals, so that an original gets many of everything. 1: all have their own.
    """

    rest: int
    times: Mapping[str, int] = field(default_factory=dict)
    first: int = 1
    gather: int = 1

    def of(self, model: type[Model]) -> int:
        table = model._meta.db_table
        if model._meta.app_label != "shop" and table != "auth_group":
            return 0
        return 0 if table in NEVER else self.times.get(table, self.rest)


def multiply(copies: Copies) -> dict[str, int]:
    """Write the copies; how many rows each table got. Needs a database user who may switch triggers off."""
    made = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for model in apps.get_models(include_auto_created=True):
            if copies.of(model) >= copies.first:
                cursor.execute(insertion(model, copies))
                made[model._meta.db_table] = cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = origin")
    return made


def insertion(model: type[Model], copies: Copies) -> str:
    """The statement that makes the copies of one table."""
    columns, values = zip(*assignments(model, copies), strict=True)
    table = quoted(model._meta.db_table)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "  # noqa: S608 - names of our own
        f"FROM {table} AS t, generate_series({copies.first}, {copies.of(model)}) AS n WHERE {is_original(model)} "
        # Pairs of which both take turns (a promotion's categories) come round again.
        "ON CONFLICT DO NOTHING"
    )


def assignments(model: type[Model], copies: Copies) -> Iterator[tuple[str, str]]:
    """(column, what it holds in copy n) of each column, as SQL."""
    varied = varied_columns(model, copies)
    gathered = gatherable(model, copies, varied)
    for column in model._meta.concrete_fields:
        if not getattr(column, "generated", False):
            value = value_in_copy(model, column, copies, varied)
            if column in gathered:
                turn = f"mod(n / {copies.gather}, {len(gathered)}) = {gathered.index(column)}"
                value = f"CASE WHEN mod(n, {copies.gather}) <> 0 AND {turn} THEN {own(column)} ELSE {value} END"
            yield quoted(column.column), value


def value_in_copy(model: type[Model], column: Column, copies: Copies, varied: set[str]) -> str:
    """What the column of copy n holds, as SQL, when it hangs on no original."""
    value = own(column)
    if pointed := pointed_to(model, column):
        return key_of_copy(column, pointed, copies)
    if column.name in varied or REFERENCES.get(model._meta.db_table) == column.name:
        return another(column, value, "n")
    if isinstance(column, models.EmailField):
        return another(column, value, "n")
    if isinstance(column, models.DateTimeField):
        return f"{value} - n * {AGE}"
    if isinstance(column, models.JSONField) and column.name == "detail":
        moved = f"{value} || jsonb_build_object('order_id', ({value} ->> 'order_id')::bigint + n * {STRIDE}::bigint)"
        return f"CASE WHEN {value} ->> 'order_id' IS NULL THEN {value} ELSE {moved} END"
    return value


def pointed_to(model: type[Model], column: Column) -> type[Model] | None:
    """The model whose key the column holds: its own, another's, or the one that it is the history of."""
    if column.remote_field:
        related: type[Model] = column.remote_field.model
        return related
    if column.primary_key:
        return model
    original = getattr(model, "instance_type", None)
    return original if original and column.name == original._meta.pk.name else None


def key_of_copy(column: Column, pointed: type[Model], copies: Copies) -> str:
    """The key of the copy that belongs to copy n. Of a table with fewer copies they take turns, the original too."""
    if not copies.of(pointed):
        return own(column)
    turn = f"mod(n, {copies.of(pointed) + 1})"
    key = another(pointed._meta.pk, own(column), turn)
    return f"CASE WHEN {turn} = 0 THEN {own(column)} ELSE {key} END"


def another(column: Column, value: str, number: str) -> str:
    """A value for copy `number` that no other row has."""
    while column.remote_field:
        column = column.remote_field.model._meta.pk
    if isinstance(column, models.UUIDField):
        return f"('{UUID_MARK}' || substr(md5({value}::text || {number}), 9))::uuid"
    if isinstance(column, models.DateField):
        return f"{value} - {number}"
    if isinstance(column, models.EmailField):
        return f"CASE WHEN {value} = '' THEN '' ELSE 'c' || {number} || '.' || {value} END"
    if isinstance(column, models.CharField):
        end = f"{TEXT_MARK if column.primary_key else ''}"
        room = f"{column.max_length} - {len(end)} - length(({number})::text)"
        return f"CASE WHEN {value} = '' THEN '' ELSE left({value}, {room}) || '{end}' || {number} END"
    return f"{value} + {number} * {STRIDE}::bigint"


def is_original(model: type[Model]) -> str:
    """Copies are not copied again."""
    key = model._meta.pk
    while key.remote_field:
        key = key.remote_field.model._meta.pk
    value = own(model._meta.pk)
    if isinstance(key, models.UUIDField):
        return f"NOT starts_with({value}::text, '{UUID_MARK}')"
    if isinstance(key, models.CharField):
        return f"strpos({value}, '{TEXT_MARK}') = 0"
    return f"{value} < {STRIDE}"


def unique_groups(model: type[Model]) -> list[list[Column]]:
    """The columns of each rule that says 'only once'."""
    groups: list[list[Column]] = [
        [column] for column in model._meta.concrete_fields if column.unique and not column.primary_key
    ]
    groups += [[model._meta.get_field(name) for name in names] for names in model._meta.unique_together]
    for rule in model._meta.constraints:
        if isinstance(rule, UniqueConstraint):
            parts: list[Any] = [each for part in rule.expressions for each in part.flatten()]  # type: ignore[union-attr]
            inner = [each.name for each in parts if hasattr(each, "name")]
            groups.append([model._meta.get_field(name) for name in [*rule.fields, *inner]])
    return groups


def moves(model: type[Model], column: Column, copies: Copies) -> bool:
    """Whether the column points to a different row in each copy."""
    pointed = pointed_to(model, column)
    return pointed is not None and copies.of(pointed) >= copies.of(model)


def varied_columns(model: type[Model], copies: Copies) -> set[str]:
    """Of each rule that no moving key satisfies, the one column that is made different."""
    chosen = set()
    for group in unique_groups(model):
        if not any(moves(model, column, copies) for column in group):
            chosen.add(max(group, key=roominess).name)
    return chosen


def roominess(column: Column) -> int:
    """How well another value fits in; 0: not at all."""
    if isinstance(column, models.UUIDField | models.DateField):
        return 1000
    if isinstance(column, models.CharField):
        most = column.max_length or 0
        return most if most >= ROOM else 0
    return 1


def gatherable(model: type[Model], copies: Copies, varied: set[str]) -> list[Column]:
    """The pointers that may stay at an original without breaking a rule."""
    if copies.gather == 1:
        return []
    found = []
    columns: list[Column] = list(model._meta.concrete_fields)
    for column in columns:
        if column.many_to_one and copies.of(column.remote_field.model) and not column.primary_key:
            groups = [group for group in unique_groups(model) if column in group]
            if all(
                any(other.name in varied or (other != column and moves(model, other, copies)) for other in group)
                for group in groups
            ):
                found.append(column)
    return found


def own(column: Column) -> str:
    return f"t.{quoted(column.column)}"


def quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))


def analyse() -> None:
    """Tell the planner how long the tables are now; outside a transaction, clean them up as well."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.in_atomic_block else "VACUUM ANALYZE")
