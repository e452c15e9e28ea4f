"""What became of a row: who changed which field from what to what, and when.

Rows that staff write keep their former states (django-simple-history), and so do the tables in their pages; people and
roles, and what actions do to rows that are only read, are told by Django's log, into which the values are written here.
Rows of which the shop itself keeps a history name its place: `history_in` of their ModelAdmin.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from simple_history.utils import get_m2m_reverse_field_name

from adminpanel.person import signed_in
from shop.core.former import REASON
from shop.core.money import Money, shop_currency

MOST = 200
LONGEST = 300
# Told by when and who already, or of no meaning to a reader.
HOUSEKEEPING = {"id", "created_at", "updated_at"}
# Fields that hold minor units.
AMOUNTS = {"price", "compare_at_price", "cost", "unit_cost", "amount", "minimum_goods", "minimum_order", "free_over"}
AMOUNTS |= {"freight", "duty"}
SHOP = "the shop itself"
TYPES = {"+": "Added", "~": "Changed", "-": "Deleted"}


@dataclass(frozen=True)
class Change:
    """One value of one row. of: which row of a table in the page, empty for the row itself."""

    at: datetime
    who: str
    what: str
    of: str = ""
    field: str = ""
    before: str = ""
    after: str = ""
    why: str = ""
    link: str = ""


def changes_of(model_admin: Any, request: HttpRequest, pk: Any) -> list[Change]:
    """The newest MOST changes of a row and of the tables in its page, newest first."""
    model = model_admin.model
    found = list(kept(model, {"id": pk}, links_of(model_admin, request))) if has_former(model) else []
    for inline in (one.model for one in model_admin.inlines):
        parent = next((one for one in inline._meta.fields if one.related_model is model), None)
        if has_former(inline) and parent:
            found += kept(inline, {parent.attname: pk}, parent=parent.name)
    if not has_former(model):
        found += logged(model, pk)
    return sorted(found, key=lambda change: change.at, reverse=True)[:MOST]


def has_former(model: Any) -> bool:
    return hasattr(model, "history")


def links_of(model_admin: Any, request: HttpRequest) -> str:
    """The name of the page of a former state, for who may go back to one."""
    name = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_simple_history"
    return name if hasattr(model_admin, "history_form_view") and model_admin.has_change_permission(request) else ""


# --- former states -----------------------------------------------------------------------------------------------


def kept(model: Any, chosen: dict[str, Any], links: str = "", parent: str = "") -> Iterator[Change]:
    """What former states of these rows tell. parent: the field that leads to the row whose page it is."""
    rows = model.history.filter(**chosen).select_related("history_user").order_by("-history_date", "-history_id")
    records = list(rows[: MOST + 1])[::-1]
    fields = [one for one in model.history.model.tracked_fields if one.name not in HOUSEKEEPING | {parent}]
    many = sorted(model.history.model._history_m2m_fields, key=lambda one: one.name)
    states = stored(records, fields, many)
    names = names_of([*fields, *many], states)
    before: dict[Any, dict[str, Any]] = {}
    for record, now in zip(records, states, strict=True):
        told = {one.name: words(one, now[one.name], names) for one in [*fields, *many]}
        title = ", ".join([told[one.name] for one in fields if now[one.name] not in (None, "")][:2])
        row = f"{capfirst(str(model._meta.verbose_name))}: {title}" if parent else ""
        then = before.get(record.id)
        before[record.id] = now
        changed = [one for one in [*fields, *many] if then is not None and then[one.name] != now[one.name]]
        differing = [(one, words(one, then[one.name], names), told[one.name]) for one in changed if then]
        if then is None and record.history_type == "~" and record.history_change_reason != REASON:
            yield Change(record.history_date, name_of(record.history_user), "Changed: what it was was not kept", row)
        yield from told_by(record, row, links, differing)


def stored(records: Sequence[Any], fields: Sequence[Any], many: Sequence[Any]) -> list[dict[str, Any]]:
    """Each record's values by field name: keys for rows, sorted keys for many rows. A query for each of `many`."""
    states = [{one.name: getattr(record, one.attname) for one in fields} for record in records]
    for one in many:
        of_record: dict[Any, list[Any]] = defaultdict(list)
        manager: Any = getattr(type(records[0]), one.name) if records else None
        target = f"{get_m2m_reverse_field_name(one)}_id"
        if records:
            rows = manager.model.objects.filter(history_id__in=[record.pk for record in records])
            for pk, key in rows.values_list("history_id", target):
                of_record[pk].append(key)
        for record, state in zip(records, states, strict=True):
            state[one.name] = sorted(of_record[record.pk])
    return states


def told_by(record: Any, row: str, links: str, differing: Sequence[tuple[Any, str, str]]) -> Iterator[Change]:
    """A line for each value that differs, and one where the row came or went."""
    who, why = name_of(record.history_user), record.history_change_reason or ""
    link = reverse(links, args=[record.id, record.pk]) if links else ""
    if why == REASON:
        return
    if record.history_type != "~":
        yield Change(record.history_date, who, TYPES[record.history_type], row, why=why, link=link)
    for field, old, new in differing:
        label = capfirst(str(field.verbose_name))
        yield Change(record.history_date, who, "Changed", row, label, old, new, why, link)
        link = ""


def names_of(fields: Iterable[Any], values: Sequence[dict[str, Any]]) -> dict[Any, dict[Any, str]]:
    """What the rows are called that these values point to. A query a table."""
    keys: dict[Any, set[Any]] = defaultdict(set)
    for field in (one for one in fields if one.related_model):
        for row in values:
            value = row[field.name]
            keys[field.related_model] |= set(value) if field.many_to_many else {value} - {None}
    return {
        model: {row.pk: str(row) for row in model._default_manager.filter(pk__in=pks)}
        for model, pks in keys.items()
        if pks
    }


def words(field: Any, value: Any, names: dict[Any, dict[Any, str]]) -> str:
    """A stored value as a reader knows it."""
    if field.related_model:
        known = names.get(field.related_model, {})
        keys = value if field.many_to_many else [] if value is None else [value]
        return ", ".join(known.get(key, f"one that is gone ({key})") for key in keys) or "none"
    if field.name in AMOUNTS and isinstance(value, int):
        return f"{Money(value, shop_currency()).decimal:f}"
    return plain_words(dict(field.flatchoices).get(value, value) if isinstance(value, str) else value)


def plain_words(value: Any) -> str:
    match value:
        case None | "" | []:
            return "empty"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return date_format(timezone.localtime(value) if timezone.is_aware(value) else value, "j M Y, H:i")
        case date():
            return date_format(value, "j M Y")
        case list():
            return ", ".join(map(str, value))[:LONGEST]
        case Decimal():
            return f"{value.normalize():f}"
    return str(value)[:LONGEST]


def name_of(user: Any) -> str:
    return str(user.get_full_name() or user) if user else SHOP


# --- Django's log ------------------------------------------------------------------------------------------------


def logged(model: Any, pk: Any) -> Iterator[Change]:
    """What the log tells of a row."""
    kind = ContentType.objects.get_for_model(model)
    rows = LogEntry.objects.filter(content_type=kind, object_id=str(pk)).select_related("user")
    for entry in rows.order_by("-action_time")[:MOST]:
        values = values_in(entry)
        who = name_of(entry.user)
        if not values:
            yield Change(entry.action_time, who, entry.get_change_message() or entry.get_action_flag_display())
        for label, before, after in values:
            yield Change(entry.action_time, who, "Changed", "", label, before, after)


def values_in(entry: LogEntry) -> list[list[str]]:
    """[label, before, after] of each value that an entry names; none in one that Django wrote by itself."""
    try:
        parts = json.loads(entry.change_message or "[]")
    except ValueError:
        return []
    return [value for part in parts for value in part.get("changed", {}).get("values", [])]


def typed_values(form: Any) -> list[list[str]]:
    """[label, before, after] of what was changed in a form; of a password only that it was."""
    found = []
    for name in (name for name in form.changed_data if name in form.fields and "password" not in name):
        form_field = form.fields[name]
        before, after = form.initial.get(name), form.cleaned_data.get(name)
        if hasattr(form_field, "queryset"):
            before, after = chosen(form_field, before, after)
        found.append([str(form_field.label or capfirst(name)), plain_words(before), plain_words(after)])
    return found


def chosen(form_field: Any, before: Any, after: Any) -> tuple[str, str]:
    """Of a choice of rows, what it was and is; of a choice of many, what was taken away and what was given."""
    if isinstance(after, Model) or after is None:
        old = form_field.queryset.model._default_manager.filter(pk=getattr(before, "pk", before)).first()
        return str(old or "none"), str(after or "none")
    old = {getattr(row, "pk", row) for row in before or ()}
    new = {row.pk for row in after}
    names = {row.pk: str(row) for row in form_field.queryset.filter(pk__in=old ^ new)}
    gone, given = (", ".join(sorted(names[pk] for pk in pks if pk in names)) for pks in (old - new, new - old))
    return f"taken away: {gone or 'nothing'}", f"given: {given or 'nothing'}"


def note_changes(request: HttpRequest, rows: Sequence[Any], *values: tuple[str, str, str]) -> None:
    """Into the log: these rows got these values, (label, before, after), by this person."""
    told = {"fields": [label for label, *_ in values], "values": [list(value) for value in values]}
    if rows:
        LogEntry.objects.log_actions(signed_in(request).pk, rows, CHANGE, change_message=[{"changed": told}])
