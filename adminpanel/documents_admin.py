"""Invoices and credit notes: found, opened, never edited."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from adminpanel.site import ReadOnlyAdmin
from shop.invoices.downloads import as_pdf
from shop.invoices.models import Document


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    history_in = "A document is never changed once it is issued: what corrects it is another one."
    list_display = ["number", "kind", "order_number", "buyer", "issued_at", "total", "tax_money", "download"]
    list_filter = ["kind", "issued_at"]
    search_fields = ["^number", "^order__number", "order__email__istartswith", "@order__full_name"]
    search_help_text = "Number of the document or order, e-mail or name"
    fields = ["number", "kind", "order", "refund", "issued_at", "total", "tax_money", "download", "content"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        rows: QuerySet[Document] = super().get_queryset(request)
        return rows.select_related("order")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.pdf_view))
        return [path("<int:document_id>/pdf/", view, name="shop_document_pdf"), *super().get_urls()]

    def pdf_view(self, request: HttpRequest, document_id: int) -> HttpResponse:
        """The document as its buyer gets it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return as_pdf(get_object_or_404(Document, pk=document_id))

    @admin.display(description="Order", ordering="order__number")
    def order_number(self, document: Document) -> SafeString:
        url = reverse("admin:shop_order_change", args=[document.order_id])
        return format_html('<a href="{}">{}</a>', url, document.order.number)

    @admin.display(description="Buyer", ordering="order__full_name")
    def buyer(self, document: Document) -> str:
        return document.order.full_name

    @admin.display(description="Total", ordering="gross")
    def total(self, document: Document) -> str:
        return str(document.total)

    @admin.display(description="VAT", ordering="tax")
    def tax_money(self, document: Document) -> str:
        return str(document.tax_money)

    @admin.display(description="PDF")
    def download(self, document: Document) -> SafeString:
        url = reverse("admin:shop_document_pdf", args=[document.pk])
        return format_html('<a href="{}">Open<span class="vh"> {}</span></a>', url, document.number)
