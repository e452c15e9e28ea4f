"""What an invoice or credit note says, as the JSON that is kept with it. Amounts are minor units, days ISO 8601."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from shop.core.countries import country_names, short_name
from shop.orders.labels import address_lines
from shop.orders.models import Order, OrderLine
from shop.payments.models import Refund, RefundLine
from shop.tax.amounts import TaxShare, by_rate

Content = dict[str, Any]
REASONS = {
    Refund.Reason.CANCELLED: "The order was cancelled.",
    Refund.Reason.RETURNED: "Pieces came back.",
    Refund.Reason.UNPACKED: "Pieces could not be sent.",
    Refund.Reason.GOODWILL: "Goodwill.",
}


def invoice_content(order: Order, lines: Sequence[OrderLine], at: datetime) -> Content:
    """All an invoice says about a paid order; at: when it is issued."""
    return {
        **head(order, at),
        "lines": [line_content(line) for line in lines],
        "delivery": {
            "name": order.shipping_name,
            "price": order.delivery_total,
            "discount": order.delivery_discount,
            "charged": order.delivery_total - order.delivery_discount,
        },
        "taxes": shares_content(invoiced_shares(order)),
        "totals": {"goods": order.lines_total, "discount": order.discount_total, "delivery": order.delivery_total}
        | {"gross": order.grand_total, "tax": order.tax_total, "net": order.grand_total - order.tax_total},
        "payment": payment_content(order),
        "note": export_note(order),
    }


def credit_note_content(
    refund: Refund, invoice: Content, invoice_number: str, shares: Sequence[TaxShare], at: datetime
) -> Content:
    """All a credit note says; shares: what it takes off each rate."""
    order = refund.attempt.order
    gross, tax = sum(share.gross for share in shares), sum(share.tax for share in shares)
    return {
        **head(order, at),
        # As on the invoice it corrects, whatever the settings say by now.
        "seller": invoice["seller"],
        "corrects": {"number": invoice_number, "issued_on": invoice["issued_on"]},
        "reason": REASONS.get(Refund.Reason(refund.reason), ""),
        "lines": [refund_line_content(line) for line in refund.lines.select_related("order_line")],
        "delivery": {"name": order.shipping_name, "charged": refund.delivery_amount},
        # Not for a piece or for the delivery; what the invoice had no more room for is not credited.
        "other": gross - sum(line.amount for line in refund.lines.all()) - refund.delivery_amount,
        "taxes": shares_content(shares),
        "totals": {"gross": gross, "tax": tax, "net": gross - tax},
        "payment": {"provider": refund.attempt.provider, "reference": refund.provider_id or "", "paid_on": day(at)},
        "note": export_note(order),
    }


def head(order: Order, at: datetime) -> Content:
    """Who, whom, when and which order."""
    return {
        "issued_on": day(at),
        "order": order.number,
        "placed_on": day(order.placed_at),
        "supplied_on": day(order.paid_at or at),
        "currency": order.currency,
        "seller": {
            "name": settings.SELLER_NAME,
            "address": list(settings.SELLER_ADDRESS),
            "vat_id": settings.SELLER_VAT_ID,
            "email": settings.SHOP_EMAIL,
        },
        "buyer": {"address": address_lines(order), "email": order.email, "country": country_name(order)},
        "tax_country": order.tax_country,
    }


def country_name(order: Order) -> str:
    return country_names().get(order.country, order.country)


def line_content(line: OrderLine) -> Content:
    return {
        "name": line.product_name,
        "detail": f"{line.colour_name}, size {line.size_name}",
        "sku": line.sku,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "discount": line.discount_total,
        "charged": line.charged,
        "rate": rate_text(line.tax_rate),
        "tax": line.tax_total,
    }


def refund_line_content(line: RefundLine) -> Content:
    bought = line.order_line
    return {
        "name": bought.product_name,
        "detail": f"{bought.colour_name}, size {bought.size_name}",
        "sku": bought.sku,
        "quantity": line.quantity,
        "charged": line.amount,
        "rate": rate_text(bought.tax_rate),
    }


def payment_content(order: Order) -> Content:
    """The payment that paid the order; its attempts are few."""
    attempt = next((one for one in order.payment_attempts.all() if one.captured_amount), None)
    if attempt is None:
        return {"provider": "", "reference": "", "paid_on": ""}
    reference = attempt.intent_id or attempt.session_id
    return {"provider": attempt.provider, "reference": reference, "paid_on": day(attempt.paid_at or order.paid_at)}


def export_note(order: Order) -> str:
    if order.tax_country:
        return ""
    return f"Export: without {short_name(settings.SHOP_COUNTRY)} VAT. Import duties and taxes are the buyer's."


def invoiced_shares(order: Order) -> tuple[TaxShare, ...]:
    """The order's breakdown by rate; an export's is all at no tax."""
    shares = tuple(TaxShare(tax.rate, tax.gross, tax.tax) for tax in order.taxes.all())
    return shares or (TaxShare(Decimal(0), order.grand_total, 0),)


def delivery_shares(content: Content) -> tuple[TaxShare, ...]:
    """Over which rates an invoice's delivery went: what its breakdown has beyond the lines."""
    goods = [TaxShare(Decimal(line["rate"]), -line["charged"], 0) for line in content["lines"]]
    return by_rate((*read_shares(content), *goods))


def shares_content(shares: Iterable[TaxShare]) -> list[Content]:
    return [
        {"rate": rate_text(share.rate), "net": share.net, "tax": share.tax, "gross": share.gross} for share in shares
    ]


def read_shares(content: Mapping[str, Any]) -> tuple[TaxShare, ...]:
    """The breakdown of a kept document."""
    return tuple(TaxShare(Decimal(share["rate"]), share["gross"], share["tax"]) for share in content["taxes"])


def rate_text(rate: Decimal) -> str:
    """'20', '25.5': a percentage without needless zeros."""
    return f"{rate.normalize():f}"


def day(moment: datetime | None) -> str:
    """The day it was where the shop is."""
    return timezone.localdate(moment).isoformat() if moment else ""
