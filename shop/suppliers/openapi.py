"""The description of the HTTP interface: OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0), and its page."""

from typing import Any

from shop.core.http import absolute

Json = dict[str, Any]
DAY: Json = {"type": "string", "format": "date", "examples": ["2026-12-11"]}
WHOLE: Json = {"type": "integer", "minimum": 0}
TEXT: Json = {"type": "string", "maxLength": 300}
BASE = "/supplier/api/v1"
REFUSALS = {
    "400": "The body is not as described",
    "401": "No key, or one that is not known",
    "404": "No such order of yours",
    "409": "The order is in another state",
    "413": "The body is too large",
    "422": "A line cannot be so; nothing was written",
    "429": "Too many requests; wait as Retry-After says",
}


def description() -> Json:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "AspireClothes for suppliers",
            "version": "1.0.0",
            "description": "Read purchase orders, confirm them, propose changes, say that goods have left. "
            "Amounts are whole minor units (cents) of the order's currency. 120 requests a minute.",
        },
        "servers": [{"url": absolute(BASE)}],
        "security": [{"key": []}],
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "The key that we gave you"}},
            "schemas": schemas(),
        },
        "paths": {
            "/orders/": {"get": operation("orders", "Orders from which goods are still to come", answer="Orders")},
            "/orders/{number}/": {"get": operation("order", "One order", number=True)},
            "/orders/{number}/confirm/": {
                "post": operation("confirm", "Confirm every line: how many come, and when", "Confirmation", number=True)
            },
            "/orders/{number}/proposals/": {
                "post": operation("propose", "Propose another quantity, price or day", "Proposals", number=True)
            },
            "/orders/{number}/ship-notice/": {
                "post": operation("shipNotice", "Say that the goods have left", "ShipNotice", number=True)
            },
        },
    }


def operation(name: str, summary: str, body: str = "", *, number: bool = False, answer: str = "Order") -> Json:
    wrong = [code for code in REFUSALS if body or code in ("401", "429") or (number and code == "404")]
    answers = {"200": {"description": "As it is now", "content": content(answer)}}
    refusals = {code: {"description": REFUSALS[code], "content": content("Refusal")} for code in wrong}
    found: Json = {"operationId": name, "summary": summary, "responses": {**answers, **refusals}}
    if number:
        parameter = {"name": "number", "in": "path", "required": True, "schema": {"type": "string"}}
        found["parameters"] = [parameter]
    if body:
        found["requestBody"] = {"required": True, "content": content(body)}
    return found


def content(schema: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def of_lines(required: list[str], **properties: Json) -> Json:
    line = {"type": "object", "required": ["line", *required], "properties": {"line": WHOLE, **properties}}
    lines = {"type": "array", "minItems": 1, "maxItems": 2000, "items": line}
    return {"type": "object", "required": ["lines"], "properties": {"lines": lines}}


def schemas() -> Json:
    return {
        "Confirmation": of_lines(["quantity"], quantity=WHOLE, arrives_on=DAY, note=TEXT),
        "Proposals": of_lines([], quantity=WHOLE, unit_cost=WHOLE, arrives_on=DAY, note=TEXT),
        "ShipNotice": {
            "type": "object",
            "required": ["shipped_on"],
            "properties": {"shipped_on": DAY, "tracking": {"type": "string", "maxLength": 80}, "arrives_on": DAY},
        },
        "Orders": {
            "type": "object",
            "properties": {"orders": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}},
        },
        "Order": order_schema(),
        "Refusal": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": {"type": "string"}, "lines": {"type": "array", "items": {"type": "object"}}},
        },
    }


def order_schema() -> Json:
    states = ["sent", "confirmed", "partly-received", "received", "closed", "cancelled"]
    maybe_day: Json = {**DAY, "type": ["string", "null"]}
    words: Json = {"type": "string"}
    line = dict.fromkeys(("your_sku", "our_sku", "description", "unit_cost_text"), words)
    line |= dict.fromkeys(("line", "quantity", "unit_cost", "received", "damaged"), WHOLE)
    line |= {"confirmed_quantity": {**WHOLE, "type": ["integer", "null"]}, "arrives_on": maybe_day}
    own = dict.fromkeys(("number", "currency", "deliver_to", "tracking"), words)
    own |= {"state": {"type": "string", "enum": states}, "shipped_on": maybe_day}
    own |= {"sent_at": {"type": ["string", "null"], "format": "date-time"}}
    lines = {"type": "array", "items": {"type": "object", "properties": line}}
    return {"type": "object", "properties": {**own, "lines": lines}}


def operations(found: Json) -> list[Json]:
    """The description flattened for its page."""
    schemas_by_name = found["components"]["schemas"]
    rows = []
    for path, methods in found["paths"].items():
        for method, about in methods.items():
            name = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            body = schemas_by_name.get(name.get("$ref", "").rpartition("/")[2])
            fields = fields_of(body) if body else []
            answers = [(code, answer["description"]) for code, answer in about["responses"].items()]
            row = {"id": about["operationId"], "method": method.upper(), "path": BASE + path}
            rows.append({**row, "summary": about["summary"], "fields": fields, "answers": answers})
    return rows


def fields_of(schema: Json) -> list[tuple[str, str, bool]]:
    """Name, kind and whether it is needed, of each field of a body; those of lines as 'lines[].quantity'."""
    properties, needed, before = schema["properties"], schema["required"], ""
    if "lines" in properties:
        items = properties["lines"]["items"]
        properties, needed, before = items["properties"], items["required"], "lines[]."
    return [
        (before + name, "day" if kind.get("format") == "date" else kind["type"], name in needed)
        for name, kind in properties.items()
    ]
