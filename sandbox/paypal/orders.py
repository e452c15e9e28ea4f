"""Orders, captures and refunds over the API."""

import secrets
from decimal import Decimal
from typing import Any

from sandbox.paypal import paying
from sandbox.paypal.amounts import MONEY, amount_of
from sandbox.paypal.errors import invalid, missing, refused
from sandbox.paypal.models import PayPalCapture, PayPalOrder, PayPalRefund
from sandbox.paypal.params import one_of, required, shaped, text
from sandbox.paypal.shapes import Json, capture_json, order_json, refund_json

ADDRESS = shaped(r"https?://[!-~]{1,2000}")
BREAKDOWN = ("item_total", "shipping", "handling", "tax_total", "insurance", "shipping_discount", "discount")
TAKEN_OFF = ("shipping_discount", "discount")
ITEM = {
    "name": text(127),
    "description": text(127),
    "sku": text(127),
    "quantity": shaped(r"[1-9][0-9]{0,9}"),
    "unit_amount": MONEY,
    "tax": MONEY,
    "category": one_of("PHYSICAL_GOODS", "DIGITAL_GOODS", "DONATION"),
}
CREATE = {
    "intent": one_of("CAPTURE"),
    "purchase_units": [
        {
            "reference_id": text(256),
            "description": text(127),
            "custom_id": text(127),
            "invoice_id": text(127),
            "soft_descriptor": text(22),
            "amount": {**MONEY, "breakdown": dict.fromkeys(BREAKDOWN, MONEY)},
            "items": [ITEM],
        }
    ],
    "payment_source": {
        "paypal": {
            "experience_context": {
                "brand_name": text(127),
                "locale": shaped(r"[a-z]{2}(-[A-Za-z]{4})?(-[A-Z]{2})?"),
                "shipping_preference": one_of("NO_SHIPPING", "GET_FROM_FILE", "SET_PROVIDED_ADDRESS"),
                "user_action": one_of("PAY_NOW", "CONTINUE"),
                "payment_method_preference": one_of("UNRESTRICTED", "IMMEDIATE_PAYMENT_REQUIRED"),
                "landing_page": one_of("LOGIN", "GUEST_CHECKOUT", "NO_PREFERENCE"),
                "return_url": ADDRESS,
                "cancel_url": ADDRESS,
            }
        }
    },
}
REFUND = {"amount": MONEY, "custom_id": text(127), "invoice_id": text(127), "note_to_payer": text(255)}
NOTHING: dict[str, Any] = {}


def create(params: Json, base: str) -> Json:
    required(params, "", "intent", "purchase_units", "payment_source")
    if len(params["purchase_units"]) != 1:
        raise invalid("/purchase_units", "INVALID_ARRAY_LENGTH", "The sandbox plays orders of one purchase unit.")
    unit = params["purchase_units"][0]
    context = params["payment_source"].get("paypal", {}).get("experience_context", {})
    required(context, "/payment_source/paypal/experience_context", "return_url", "cancel_url")
    order = PayPalOrder.objects.create(
        value=_total(unit),
        currency=unit["amount"]["currency_code"],
        unit={"reference_id": "default", **unit},
        return_url=context["return_url"],
        cancel_url=context["cancel_url"],
        payer_id=f"SANDBOX{secrets.token_hex(3).upper()}",
    )
    return order_json(order, base)


def get(order_id: str, params: Json, base: str) -> Json:
    return order_json(_order(order_id), base)


def capture(order_id: str, params: Json, base: str) -> Json:
    order = _order(order_id)
    paying.capture(order, base)
    return order_json(order, base)


def get_capture(capture_id: str, params: Json, base: str) -> Json:
    return capture_json(_capture(capture_id), base)


def refund(capture_id: str, params: Json, base: str) -> Json:
    found = _capture(capture_id)
    value = None
    if "amount" in params:
        value = amount_of(params["amount"], "/amount", found.order.currency, zero=False)
    made = paying.refund(
        found, value, base, custom_id=params.get("custom_id", ""), note=params.get("note_to_payer", "")
    )
    return refund_json(made, base)


def get_refund(refund_id: str, params: Json, base: str) -> Json:
    made = PayPalRefund.objects.select_related("capture__order").filter(pk=refund_id).first()
    if made is None:
        raise missing()
    return refund_json(made, base)


def _order(order_id: str) -> PayPalOrder:
    try:
        return paying.locked(order_id)
    except PayPalOrder.DoesNotExist:
        raise missing() from None


def _capture(capture_id: str) -> PayPalCapture:
    found = PayPalCapture.objects.filter(pk=capture_id).first()
    if found is None:
        raise missing()
    order = paying.locked(found.order_id)
    return PayPalCapture.objects.select_related("order").get(pk=capture_id, order=order)


def _total(unit: Json) -> Decimal:
    """What the unit costs. Raises ApiError where its parts do not add up."""
    where = "/purchase_units/0/amount"
    required(unit, "/purchase_units/0", "amount")
    amount = unit["amount"]
    required(amount, where, "currency_code", "value")
    total, currency = amount_of(amount, where, zero=False), amount["currency_code"]
    parts = {
        name: amount_of(part, f"{where}/breakdown/{name}", currency)
        for name, part in amount.get("breakdown", {}).items()
    }
    if parts and total != sum(-value if name in TAKEN_OFF else value for name, value in parts.items()):
        raise refused("AMOUNT_MISMATCH", "Should equal the sum of the breakdown.", f"{where}/value")
    if unit.get("items"):
        _check_items(unit["items"], parts.get("item_total"), currency)
    return total


def _check_items(items: list[Json], item_total: Decimal | None, currency: str) -> None:
    if item_total is None:
        where = "/purchase_units/0/amount/breakdown/item_total"
        raise refused("ITEM_TOTAL_REQUIRED", "If item details are specified, item_total is required.", where)
    total = Decimal(0)
    for index, item in enumerate(items):
        where = f"/purchase_units/0/items/{index}"
        required(item, where, "name", "quantity", "unit_amount")
        total += amount_of(item["unit_amount"], f"{where}/unit_amount", currency) * int(item["quantity"])
    if total != item_total:
        raise refused("ITEM_TOTAL_MISMATCH", "Should equal sum of (unit_amount * quantity) across all items.")
