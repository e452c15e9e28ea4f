"""What each event carries. docs/events.md says the same in words, and a test keeps the two together."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shop.adapters.bus import MAX_BYTES


class InvalidEvent(ValueError):
    """An event that does not keep to its schema: a mistake in our own code."""


@dataclass(frozen=True)
class Schema:
    """Where an event comes from, and the exact types of its fields. Amounts are minor units."""

    source: str
    fields: Mapping[str, type]
    optional: Mapping[str, type] = field(default_factory=dict)


_ORDER = {"order_id": int, "number": str}
_SHIPMENT = {"shipment_id": int, "shipment": str}
_AMOUNT = {"currency": str, "grand_total": int}

SCHEMAS: dict[str, Schema] = {
    "OrderPlaced": Schema("aspireclothes.orders", _ORDER, _AMOUNT),
    "OrderPaid": Schema("aspireclothes.orders", _ORDER, _AMOUNT),
    "OrderCancelled": Schema("aspireclothes.orders", _ORDER, {"reason": str}),
    "RefundIssued": Schema("aspireclothes.payments", {**_ORDER, "refund_id": str, "amount": int, "currency": str}),
    "StockLow": Schema("aspireclothes.warehouse", {"variant_id": int, "sku": str, "location": str, "available": int}),
    "ReorderDue": Schema("aspireclothes.warehouse", {"variant_id": int, "sku": str, "location": str, "available": int}),
    "StockReceived": Schema("aspireclothes.warehouse", {"document": str, "variant_ids": list}),
    "BackOrderFilled": Schema("aspireclothes.warehouse", {**_ORDER, "line_ids": list}),
    "PurchaseOrderSent": Schema("aspireclothes.suppliers", {"purchase_order_id": int, "number": str}),
    "PackageCreated": Schema("aspireclothes.packing", {**_ORDER, **_SHIPMENT}),
    "PackagingFailed": Schema("aspireclothes.packing", {**_ORDER, "task": str}, {"reason": str}),
    "ParcelShipped": Schema("aspireclothes.delivery", {**_ORDER, **_SHIPMENT}, {"tracking_number": str}),
    "DeliveryCompleted": Schema("aspireclothes.delivery", {**_ORDER, **_SHIPMENT}),
    "DeliveryFailed": Schema("aspireclothes.delivery", {**_ORDER, **_SHIPMENT}, {"reason": str}),
    "ReturnReceived": Schema("aspireclothes.returns", {**_ORDER, "return_id": int, "return_number": str}),
    "CustomerSignedUp": Schema("aspireclothes.accounts", {"user_id": int}),
    "MailBounced": Schema("aspireclothes.mail", {"mail_id": int, "number": str, "reason": str}),
    "ProductChanged": Schema("aspireclothes.catalog", {"product_id": int, "slug": str, "reason": str}),
}


def check(name: str, detail: Mapping[str, Any]) -> Schema:
    """The schema of that event, once the detail is found to keep to it. Raises InvalidEvent saying what is wrong."""
    schema = SCHEMAS.get(name)
    if schema is None:
        raise InvalidEvent(f"{name} has no schema")
    known = {**schema.fields, **schema.optional}
    faults = [f"{key} is missing" for key in schema.fields if key not in detail]
    faults += [f"{key} is not a field" for key in detail if key not in known]
    faults += [
        f"{key} is {type(value).__name__}, not {known[key].__name__}"
        for key, value in detail.items()
        # Exact types: isinstance would let True pass as a number.
        if key in known and type(value) is not known[key]
    ]
    if faults:
        raise InvalidEvent(f"{name}: {'; '.join(faults)}")
    size = len(json.dumps({"name": name, "source": schema.source, "detail": detail}).encode())
    if size > MAX_BYTES:
        raise InvalidEvent(f"{name}: {size} bytes are more than {MAX_BYTES}")
    return schema
