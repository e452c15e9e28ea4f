"""The account's first page, and its orders: each for its owner, 404 for everybody else."""

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from shop.accounts.access import signed_in_page
from shop.accounts.customer_models import Address
from shop.accounts.views.owner import owner
from shop.checkout.cancelling import refusal
from shop.delivery.showing import parcels_of
from shop.delivery.ways import collected_at
from shop.invoices.downloads import as_pdf
from shop.invoices.models import Document
from shop.invoices.services import documents_of
from shop.orders.access import load_own_order
from shop.orders.labels import address_lines, delivery_days, status
from shop.orders.models import Order, OrderLine
from shop.orders.views import is_awaited, paid_with, steps, ways
from shop.orders.waiting import with_promises
from shop.payments.models import Refund
from shop.returns.shown import return_facts

State = Order.State
# On the first page, and on each page of all orders.
NEWEST, A_PAGE = 3, 10


@signed_in_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The newest orders, and where things go first."""
    orders = list(listed(request)[: NEWEST + 1])
    used_first = [address for address in Address.objects.filter(user=owner(request)) if address.used_first]
    context = {
        "rows": [(order, status(order)) for order in orders[:NEWEST]],
        "has_more": len(orders) > NEWEST,
        "addresses": [(address, address_lines(address)) for address in used_first],
    }
    return render(request, "shop/accounts/home.html", context)


def listed(request: HttpRequest) -> QuerySet[Order]:
    """The orders of whoever is signed in, newest first, with what a list shows of each: one query.

    pieces: name, image and picture of each line; invoice: its number, if there is one.
    """
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by("pk")
    shown = JSONObject(name="product_name", image="image", picture=JSONObject(**{"320": "image"}))
    invoices = Document.objects.filter(order=OuterRef("pk"), kind=Document.Kind.INVOICE)
    rows = Order.objects.of(owner(request)).order_by("-placed_at", "-pk")
    return rows.annotate(pieces=ArraySubquery(lines.values(shown=shown)), invoice=Subquery(invoices.values("number")))


@signed_in_page
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """All orders, newest first."""
    page = Paginator(listed(request), A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": [(order, status(order)) for order in page]}
    return render(request, "shop/accounts/orders.html", context)


@signed_in_page
@require_safe
def order(request: HttpRequest, number: str) -> HttpResponse:
    """One order, where it is and what can be done with it."""
    found = load_own_order(owner(request), number)
    is_paid = found.state == State.PAID
    place = collected_at(found)
    parcels = parcels_of(found, place) if is_paid else []
    lines = with_promises(list(found.lines.all()))
    context = {
        "order": found,
        "status": status(found),
        "lines": lines,
        "waits": any(line.promise for line in lines),
        "taxes": list(found.taxes.all()),
        "documents": list(documents_of(found)),
        "address": address_lines(found),
        "days": delivery_days(found) if is_awaited(found, parcels) else "",
        "place": place,
        "steps": steps(found, parcels, place) if is_paid else [],
        "parcels": parcels,
        "paid_with": paid_with(found) if is_paid else "",
        "may_cancel": found.state != State.CANCELLED and not refusal(found),
        **(ways(found) if found.state == State.PENDING else {}),
        **return_facts(found),
        "refunds": list(Refund.objects.filter(attempt__order=found).order_by("created_at")),
    }
    return render(request, "shop/accounts/order.html", context)


@signed_in_page
@require_safe
def document(request: HttpRequest, number: str, document: str) -> HttpResponse:
    """An invoice or credit note of the order as a PDF."""
    found = load_own_order(owner(request), number)
    return as_pdf(get_object_or_404(Document, order=found, number=document))
