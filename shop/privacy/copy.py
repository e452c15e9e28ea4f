"""All that the shop keeps about a customer, as tables of plain values: the same for JSON and for CSV."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from shop.accounts.customer_models import Address, Consent
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent
from shop.cart.stores import store
from shop.catalog.models import ProductVariant
from shop.invoices.models import Document
from shop.mail.models import OutgoingMail
from shop.orders.models import Order, OrderLine
from shop.payments.models import Refund
from shop.wishlist.models import WishItem

Row = dict[str, Any]
ADDRESS = ("full_name", "phone", "address", "address_extra", "city", "region", "postcode", "country")
# A spreadsheet would take text that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def tables(user: User) -> dict[str, list[Row]]:
    """By name of the table. Amounts are in major units ('12.50') beside their currency, times are UTC (ISO 8601)."""
    return {name: [written(row) for row in read(user)] for name, read in TABLES.items()}


def as_zip(found: dict[str, list[Row]]) -> bytes:
    """A CSV file for each table that has rows, UTF-8 with a mark at the start, as spreadsheets want it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in found.items():
            if rows:
                archive.writestr(f"{name}.csv", "\ufeff" + as_csv(rows))
    return packed.getvalue()


def as_csv(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would run gets an apostrophe, which it hides."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def written(row: Row) -> Row:
    """Dates and times as text; the rest is plain already."""
    return {name: value.isoformat() if isinstance(value, datetime | date) else value for name, value in row.items()}


def values(rows: QuerySet[Any], *names: str) -> list[Row]:
    return list(rows.values(*names))


def _person(user: User) -> Iterable[Row]:
    names = ("email", "full_name", "pending_email", "email_confirmed_at", "date_joined")
    return [{name: getattr(user, name) for name in names}]


def _addresses(user: User) -> Iterable[Row]:
    names = ("label", *ADDRESS, "default_delivery", "default_billing", "created_at")
    return values(Address.objects.filter(user=user), *names)


def _orders(user: User) -> Iterable[Row]:
    for order in Order.objects.of(user).order_by("placed_at"):
        yield {
            "number": order.number,
            "placed_at": order.placed_at,
            "state": order.get_state_display(),
            "delivery_state": order.get_fulfilment_state_display(),
            "email": order.email,
            **{name: getattr(order, name) for name in ADDRESS},
            "currency": order.currency,
            **{name: str(order.money(getattr(order, name)).decimal) for name in SUMS},
            **{name: getattr(order, name) for name in ("paid_at", "shipped_at", "delivered_at", "cancelled_at")},
        }


SUMS = ("lines_total", "delivery_total", "discount_total", "tax_total", "grand_total")


def _order_lines(user: User) -> Iterable[Row]:
    for line in OrderLine.objects.filter(order__user=user).select_related("order"):
        yield {
            "order": line.order.number,
            **{name: getattr(line, name) for name in ("sku", "product_name", "colour_name", "size_name", "quantity")},
            "currency": line.order.currency,
            "unit_price": str(line.order.money(line.unit_price).decimal),
            "charged": str(line.order.money(line.charged).decimal),
        }


def _documents(user: User) -> Iterable[Row]:
    for paper in Document.objects.filter(order__user=user).select_related("order").order_by("pk"):
        yield {
            "number": paper.number,
            "kind": paper.get_kind_display(),
            "order": paper.order.number,
            "issued_at": paper.issued_at,
            "currency": paper.currency,
            "gross": str(paper.total.decimal),
        }


def _refunds(user: User) -> Iterable[Row]:
    rows = Refund.objects.filter(attempt__order__user=user).select_related("attempt__order").order_by("created_at")
    for refund in rows:
        order = refund.attempt.order
        yield {
            "order": order.number,
            "currency": order.currency,
            "amount": str(refund.total.decimal),
            "state": refund.get_state_display(),
            "asked_at": refund.created_at,
            "done_at": refund.done_at,
        }


def _consents(user: User) -> Iterable[Row]:
    rows = Consent.objects.filter(Q(user=user) | Q(email=user.email))
    return values(rows, "email", "purpose", "given", "source", "words", "at")


def _sign_ins(user: User) -> Iterable[Row]:
    return values(user.sign_ins.all(), "started_at", "ended_at", "with_second_step", "address", "agent")


def _events(user: User) -> Iterable[Row]:
    return values(AccountEvent.objects.filter(user=user), "at", "kind", "address", "agent", "note")


def _wishes(user: User) -> Iterable[Row]:
    rows = WishItem.objects.filter(wish_list__user=user).order_by("added_at")
    for piece, colour, size, at in rows.values_list("product__name", "colour__name", "variant__size__name", "added_at"):
        yield {"piece": piece, "colour": colour, "size": size or "", "added_at": at}


def _bag(user: User) -> Iterable[Row]:
    bag = store().load(user.cart_key)
    lines = {line.variant_id: line.quantity for line in bag.lines} if bag else {}
    for variant in ProductVariant.objects.filter(pk__in=lines).select_related("product", "colour", "size"):
        yield {
            "piece": variant.product.name,
            "colour": variant.colour.name,
            "size": variant.size.name,
            "quantity": lines[variant.pk],
        }


def _letters(user: User) -> Iterable[Row]:
    for letter in OutgoingMail.objects.filter(to__iexact=user.email).defer("html").order_by("pk"):
        yield {
            "created_at": letter.created_at,
            "sent_at": letter.sent_at,
            "to": letter.to,
            "subject": letter.subject,
            # Mails about signing in carry links that open the account: they have no place in a file.
            "text": "" if letter.key.startswith("account:") else letter.text,
        }


TABLES: dict[str, Callable[[User], Iterable[Row]]] = {
    "person": _person,
    "addresses": _addresses,
    "orders": _orders,
    "order_lines": _order_lines,
    "invoices": _documents,
    "refunds": _refunds,
    "consents": _consents,
    "sign_ins": _sign_ins,
    "events": _events,
    "wish_list": _wishes,
    "bag": _bag,
    "letters": _letters,
}
