"""Documents as answers to a browser, for buyers and for staff."""

from django.http import HttpResponse

from shop.invoices.models import Document


def as_pdf(document: Document) -> HttpResponse:
    """The answer that a browser shows, and saves under the document's number."""
    # The library is large: a process that prints nothing never loads it.
    from shop.invoices.paper import pdf  # noqa: PLC0415

    response = HttpResponse(pdf(document), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{document.number}.pdf"'
    return response
