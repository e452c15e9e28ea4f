"""The search of the staff site: whatever is typed or scanned into the one field of its header.

Each lookup is a probe of an index; what would need a scan (a part of a mail address, of a number) is not looked for.
All lookups that this person's rights allow are read by one query, each at most MOST rows and one that says "more".
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat, Lower
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from adminpanel.list_search import LONGEST, MOST_WORDS
from adminpanel.people_admin import visible_people
from adminpanel.queues import read
from shop.accounts.models import User
from shop.catalog.models import Product, ProductVariant
from shop.core.words import SHORTEST_BEGINNING, words_in
from shop.delivery.shipment_models import Shipment
from shop.orders.models import Order
from shop.packing.models import PackingTask, Wave
from shop.returns.models import Return
from shop.suppliers.purchase_models import GoodsReceipt, PurchaseOrder
from shop.warehouse.moving_models import StockCount, Transfer

MOST = 8
HOUSE_NUMBER = re.compile(r"[A-Z]{2}-[0-9A-Z]{6}\Z")
ORDER_NUMBER = re.compile(r"([0-9A-Z]{4})-?([0-9A-Z]{4})\Z")


@dataclass(frozen=True)
class Typed:
    """What somebody typed or scanned."""

    text: str
    user: Any

    @property
    def upper(self) -> str:
        return self.text.upper()

    @property
    def is_mail(self) -> bool:
        return "@" in self.text

    @property
    def words(self) -> list[str]:
        return words_in(self.text)[:MOST_WORDS]

    @property
    def order_number(self) -> str:
        """As it would be written; empty if it is none."""
        match = ORDER_NUMBER.match(self.upper)
        return f"{match[1]}-{match[2]}" if match else ""


@dataclass(frozen=True)
class Lookup:
    """One way to find rows of a model. rows gives None for what cannot be found so, and then asks nothing.

    matched: the field that was looked for. label and note: what is told of a row. exact: a sole hit is gone to at once.
    """

    name: str
    model: str
    matched: str
    rows: Callable[[Typed], QuerySet[Any] | None]
    label: str
    note: Any = ""

    def query(self, key: int, typed: Typed) -> QuerySet[Any, Any] | None:
        rows = self.rows(typed)
        if rows is None:
            return None
        note = self.note if hasattr(self.note, "resolve_expression") else F(self.note) if self.note else Value("")
        told: QuerySet[Any, Any] = rows.annotate(
            q_lookup=Value(key),
            q_page=Cast(F("pk"), TextField()),
            q_matched=Cast(F(self.matched), TextField()),
            q_label=Cast(F(self.label), TextField()),
            q_note=Cast(note, TextField()),
        )
        # Unordered: the first rows that an index gives will do.
        some = told.order_by()[: MOST + 1]
        return some.values_list("q_lookup", "q_page", "q_matched", "q_label", "q_note")


def house_number(model: Any, prefix: str) -> Callable[[Typed], QuerySet[Any] | None]:
    """Rows of a model by a number such as 'PO-7KM29Q'; nothing is asked for a number of another kind of paper."""

    def rows(typed: Typed) -> QuerySet[Any] | None:
        fits = typed.upper.startswith(f"{prefix}-") and HOUSE_NUMBER.match(typed.upper)
        return model.objects.filter(number=typed.upper) if fits else None

    return rows


def equal(model: Any, name: str) -> Callable[[Typed], QuerySet[Any] | None]:
    """Rows of a model with just that in a field, as it was typed."""
    return lambda typed: None if typed.is_mail else model.objects.filter(**{name: typed.text})


def orders_by_number(typed: Typed) -> QuerySet[Any] | None:
    if typed.order_number:
        return Order.objects.filter(number=typed.order_number)
    begun = len(typed.text) >= SHORTEST_BEGINNING and typed.upper.replace("-", "").isalnum() and typed.text.isascii()
    return Order.objects.filter(number__startswith=typed.upper) if begun else None


def orders_by_mail(typed: Typed) -> QuerySet[Any] | None:
    return Order.objects.filter(email__iexact=typed.text) if typed.is_mail else None


def people_by_mail(typed: Typed) -> QuerySet[Any] | None:
    if not typed.is_mail:
        return None
    people = User.objects.alias(low=Lower("email")).filter(low=typed.text.lower())
    return visible_people(typed.user, people)


def variants_by_sku(typed: Typed) -> QuerySet[Any] | None:
    if typed.is_mail or len(typed.text) < SHORTEST_BEGINNING:
        return None
    return ProductVariant.objects.filter(sku__istartswith=typed.text)


def products_by_name(typed: Typed) -> QuerySet[Any] | None:
    if typed.is_mail or not typed.words or len(typed.text) < SHORTEST_BEGINNING:
        return None
    return Product.objects.named_like(typed.words)


PIECE = Concat("product__name", Value(", "), "colour__name", Value(", "), "size__name")
LOOKUPS = (
    Lookup("Orders", "order", "number", orders_by_number, "number", "full_name"),
    Lookup("Orders", "order", "email", orders_by_mail, "number", "full_name"),
    Lookup("Customers", "user", "email", people_by_mail, "email", "full_name"),
    Lookup("Pieces", "productvariant", "sku", variants_by_sku, "sku", PIECE),
    Lookup("Pieces", "productvariant", "barcode", equal(ProductVariant, "barcode"), "sku", PIECE),
    Lookup("Products", "product", "name", products_by_name, "name", "category__name"),
    Lookup("Parcels", "shipment", "number", house_number(Shipment, "SH"), "number", "order__number"),
    Lookup("Parcels", "shipment", "tracking_number", equal(Shipment, "tracking_number"), "number", "tracking_number"),
    Lookup("Returns", "return", "number", house_number(Return, "RT"), "number", "order__number"),
    Lookup("Returns", "return", "tracking_number", equal(Return, "tracking_number"), "number", "tracking_number"),
    Lookup("Packing", "packingtask", "number", house_number(PackingTask, "PK"), "number", "order__number"),
    Lookup("Waves", "wave", "number", house_number(Wave, "WV"), "number", "location__name"),
    Lookup("Purchase orders", "purchaseorder", "number", house_number(PurchaseOrder, "PO"), "number", "supplier__name"),
    Lookup("Receipts", "goodsreceipt", "number", house_number(GoodsReceipt, "GR"), "number", "order__number"),
    Lookup("Transfers", "transfer", "number", house_number(Transfer, "TR"), "number", "destination__name"),
    Lookup("Stock counts", "stockcount", "number", house_number(StockCount, "SC"), "number", "location__name"),
)


@dataclass(frozen=True)
class Hit:
    label: str
    note: str
    link: str
    is_exact: bool


@dataclass
class Group:
    """Hits of one kind; more: where the rest of them is listed, if there is more."""

    name: str
    hits: list[Hit] = field(default_factory=list)
    more: str = ""


def typed_by(request: HttpRequest) -> Typed:
    text = request.GET.get("q", "").replace("\0", "").strip()
    return Typed(text[:LONGEST], request.user)


def search(typed: Typed) -> list[Group]:
    """What is found, by kind, in the order of LOOKUPS. One query at most, none for what can be nothing."""
    mine = [(key, one) for key, one in enumerate(LOOKUPS) if typed.user.has_perm(f"shop.view_{one.model}")]
    asked = [query for key, one in mine if (query := one.query(key, typed)) is not None] if typed.text else []
    groups: dict[str, Group] = {}
    wanted = {typed.text.casefold(), typed.order_number.casefold()}
    for key, page, matched, label, note in sorted(read(asked), key=lambda row: (row[0], row[3])):
        lookup = LOOKUPS[key]
        group = groups.setdefault(lookup.name, Group(lookup.name))
        link = reverse(f"admin:shop_{lookup.model}_change", args=[page])
        if len(group.hits) == MOST:
            group.more = f"{reverse(f'admin:shop_{lookup.model}_changelist')}?{urlencode({'q': typed.text})}"
        elif link not in {hit.link for hit in group.hits}:
            group.hits.append(Hit(label, note, link, matched.casefold() in wanted))
    return list(groups.values())


def sole_exact(groups: Sequence[Group]) -> Hit | None:
    """The one row that is just what was typed."""
    exact = [hit for group in groups for hit in group.hits if hit.is_exact]
    return exact[0] if len(exact) == 1 else None


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """To the page of what was typed where that is one thing; otherwise all that could be meant."""
    typed = typed_by(request)
    groups = search(typed)
    if hit := sole_exact(groups):
        return HttpResponseRedirect(hit.link)
    context = {**admin.site.each_context(request), "title": "Search", "q": typed.text, "groups": groups}
    return TemplateResponse(request, "adminpanel/find/results.html", context)
