"""Documents for whoever has the order's key."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from shop.core.http import personal_page
from shop.invoices.downloads import as_pdf
from shop.invoices.models import Document
from shop.orders.access import load_order


@personal_page
@require_safe
def invoice(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """The order's invoice as a PDF; 404 while there is none, and for a wrong number or key."""
    order = load_order(number, key)
    return as_pdf(get_object_or_404(Document, order=order, kind=Document.Kind.INVOICE))


@personal_page
@require_safe
def credit_note(request: HttpRequest, number: str, key: str, document: str) -> HttpResponse:
    """One of the order's credit notes, by its own number."""
    order = load_order(number, key)
    return as_pdf(get_object_or_404(Document, order=order, kind=Document.Kind.CREDIT_NOTE, number=document))
