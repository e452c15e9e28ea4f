"""What comes in over the HTTP interface, read strictly; and what goes out."""

import json
from datetime import date
from typing import Any

from shop.core.errors import ShopError
from shop.core.money import Money
from shop.suppliers.answering import LineAnswer, Proposed, ShipNotice
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseOrderLine

Json = dict[str, Any]
LARGEST = 200_000
MOST_LINES = 2_000
MOST_UNITS = 1_000_000


class BadRequest(ShopError):
    """The request is not as the description says; the words name the place."""


def read_body(body: bytes) -> Json:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise BadRequest("The body must be an object.")
    return found


def read_lines(body: Json) -> list[Json]:
    lines = body.get("lines")
    if not isinstance(lines, list) or not 1 <= len(lines) <= MOST_LINES:
        raise BadRequest(f"lines: must be a list of 1 to {MOST_LINES} objects.")
    if not all(isinstance(line, dict) for line in lines):
        raise BadRequest("lines: must be objects.")
    return lines


def read_answers(body: Json) -> list[LineAnswer]:
    return [
        LineAnswer(whole(line, "line"), whole(line, "quantity"), day(line, "arrives_on"), text(line, "note"))
        for line in read_lines(body)
    ]


def read_proposals(body: Json, order: PurchaseOrder) -> list[Proposed]:
    """What is left out stays as it is in the order."""
    known = {line.pk: line for line in order.lines.all()}
    found = []
    for each in read_lines(body):
        pk = whole(each, "line")
        line = known.get(pk)
        units = promised(line) if line and "quantity" not in each else whole(each, "quantity")
        cost = line.unit_cost if line and "unit_cost" not in each else whole(each, "unit_cost", 10**10)
        found.append(Proposed(pk, units, cost, day(each, "arrives_on"), text(each, "note")))
    return found


def promised(line: PurchaseOrderLine) -> int:
    """What was confirmed of the line, or else ordered."""
    return line.quantity if line.confirmed_quantity is None else line.confirmed_quantity


def read_notice(body: Json) -> ShipNotice:
    shipped = day(body, "shipped_on")
    if shipped is None:
        raise BadRequest("shipped_on: is missing.")
    return ShipNotice(shipped, text(body, "tracking", 80), day(body, "arrives_on"))


def whole(source: Json, name: str, most: int = MOST_UNITS) -> int:
    value = source.get(name)
    # True is an int to Python.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= (2**62 if name == "line" else most):
        raise BadRequest(f"{name}: must be a whole number from 0 to {most}.")
    return value


def text(source: Json, name: str, longest: int = 300) -> str:
    value = source.get(name, "")
    if not isinstance(value, str) or len(value) > longest or "\0" in value or not value.isprintable():
        raise BadRequest(f"{name}: must be text of up to {longest} characters on one line.")
    return value


def day(source: Json, name: str) -> date | None:
    value = source.get(name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadRequest(f"{name}: must be a day such as 2026-12-11.") from None


def written(order: PurchaseOrder) -> Json:
    """An order as the interface gives it. Wants supplier and location loaded."""
    return {
        "number": order.number,
        "state": order.state,
        "currency": order.currency,
        "deliver_to": order.location.name,
        "sent_at": order.sent_at.isoformat() if order.sent_at else None,
        "shipped_on": order.shipped_on.isoformat() if order.shipped_on else None,
        "tracking": order.tracking,
        "lines": [written_line(order, line) for line in order.lines.all()],
    }


def written_line(order: PurchaseOrder, line: PurchaseOrderLine) -> Json:
    return {
        "line": line.pk,
        "your_sku": line.supplier_sku,
        "our_sku": line.variant.sku,
        "description": line.description,
        "quantity": line.quantity,
        "unit_cost": line.unit_cost,
        "unit_cost_text": str(Money(line.unit_cost, order.currency)),
        "confirmed_quantity": line.confirmed_quantity,
        "arrives_on": line.confirmed_on.isoformat() if line.confirmed_on else None,
        "received": line.received,
        "damaged": line.damaged,
    }
