"""Purchase orders: drafted, approved, answered, received; and what came in each delivery."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from adminpanel.fields import MOST_UNITS, MoneyField
from adminpanel.long_lists import RecentRowsFilter
from adminpanel.person import signed_in
from adminpanel.purchase_forms import CostsForm, SaidForm, SheetForm
from adminpanel.purchase_steps import DECIDE, RECEIVE, Purchasing
from adminpanel.site import ReadOnlyAdmin, StaffAdmin, StaffInline, state_column
from shop.core.money import shop_currency
from shop.suppliers.models import SupplierProduct
from shop.suppliers.moves import State, Who, note
from shop.suppliers.ordering import goods_total, line_of, short_of_minimum
from shop.suppliers.purchase_models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseProposal,
)

KINDS = {
    "draft": "warn",
    "sent": "warn",
    "confirmed": "good",
    "partly-received": "warn",
    "received": "good",
    "cancelled": "bad",
}


class LineForm(forms.ModelForm):  # type: ignore[type-arg]
    """A line of a draft. Without a price it gets what the supplier asks."""

    quantity = forms.IntegerField(min_value=1, max_value=MOST_UNITS)
    unit_cost = MoneyField(required=False, help_text="Empty: what the supplier asks")

    class Meta:
        model = PurchaseOrderLine
        fields = ["variant", "quantity", "unit_cost"]

    def clean(self) -> dict[str, Any]:
        """Fills in what the supplier calls the variant and asks for it. Refuses one that it does not sell to us."""
        cleaned: dict[str, Any] = super().clean() or {}
        order = self.instance.order if self.instance.order_id else getattr(self, "order", None)
        if cleaned.get("variant") and order and order.supplier_id and "variant" in self.changed_data:
            sources = SupplierProduct.objects.filter(supplier=order.supplier_id, variant=cleaned["variant"])
            source = sources.select_related("variant__product", "variant__colour", "variant__size").first()
            if source is None:
                self.add_error("variant", "This supplier does not sell it to us: add it to what the supplier sells.")
            else:
                named = line_of(order, source, 1)
                self.instance.supplier_sku, self.instance.description = named.supplier_sku, named.description
                cleaned["unit_cost"] = named.unit_cost if cleaned.get("unit_cost") is None else cleaned["unit_cost"]
        if cleaned.get("unit_cost") is None and not self.errors:
            cleaned["unit_cost"] = self.instance.unit_cost or 0
        return cleaned


class LinesFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.order = self.instance


class LineInline(StaffInline):
    model = PurchaseOrderLine
    form = LineForm
    formset = LinesFormSet
    fields = ["variant", "quantity", "unit_cost"]
    autocomplete_fields = ["variant"]
    extra = 1


class ProposalFilter(admin.SimpleListFilter):
    title = "proposals"
    parameter_name = "proposals"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "One waits for an answer")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = queryset.with_open_proposal() if self.value() == "open" else queryset
        return found


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(Purchasing, StaffAdmin):
    locks_row = True
    list_display = ["number", "supplier", "location", state_column("state", KINDS), "goods", "created_at", "sent_at"]
    list_filter = ["state", ProposalFilter, ("supplier", RecentRowsFilter), "location"]
    list_select_related = ["supplier", "location"]
    search_fields = ["=number", "supplier__name", "=lines__variant__sku"]
    search_help_text = "Number, supplier or SKU"
    fields = ["supplier", "location", "note"]
    autocomplete_fields = ["supplier", "location"]
    inlines = [LineInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurchaseOrder]:
        rows: QuerySet[PurchaseOrder] = super().get_queryset(request)
        return rows.prefetch_related("lines")

    def get_urls(self) -> list[URLPattern]:
        return [*self.purchasing_urls(), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["supplier", "location"] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts are edited."""
        return (obj is None or obj.state == State.DRAFT) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The order's page; with ?edit, and for what is posted from there, the form of a draft."""
        may_edit = self.has_change_permission(request)
        if not self.has_view_permission(request) or (request.method == "POST" and not may_edit):
            raise PermissionDenied
        order = self.existing(request, object_id)
        if order.state != State.DRAFT and request.method == "POST":
            messages.error(request, f"{order.number} is {order.get_state_display().lower()}: only drafts are edited.")
            return HttpResponseRedirect(request.path)
        if order.state == State.DRAFT and may_edit and (request.method == "POST" or "edit" in request.GET):
            response: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
            return response
        return self.page(request, order)

    def page(self, request: HttpRequest, order: PurchaseOrder, **forms: Any) -> HttpResponse:
        """forms: costs, said or sheet, one that was refused."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"Purchase order {order.number}",
            "opts": self.opts,
            **facts(request, order),
            **forms,
        }
        return TemplateResponse(request, "adminpanel/purchase/order.html", context, status=422 if forms else 200)

    def save_model(self, request: HttpRequest, obj: PurchaseOrder, form: Any, change: bool) -> None:
        if not change:
            obj.created_by, obj.currency = signed_in(request), obj.supplier.currency
        super().save_model(request, obj, form, change)
        note(obj, "Edited" if change else "Drafted", Who(actor=signed_in(request)))

    @admin.display(description="Goods")
    def goods(self, order: PurchaseOrder) -> str:
        return str(goods_total(order))


def facts(request: HttpRequest, order: PurchaseOrder) -> dict[str, Any]:
    """What an order's page shows, and what this person may do about it."""
    may_decide, may_receive = request.user.has_perms(DECIDE), request.user.has_perms(RECEIVE)
    expects = order.state in PurchaseOrder.EXPECTED
    proposals = PurchaseProposal.objects.filter(line__order=order).select_related("line", "answered_by")
    return {
        "order": order,
        "shop_currency": shop_currency(),
        "kind": KINDS.get(order.state, ""),
        "lines": order.lines.select_related("variant"),
        "total": goods_total(order),
        "minimum": short_of_minimum(order) if order.state == State.DRAFT else None,
        "proposals": proposals,
        "receipts": order.receipts.select_related("received_by").prefetch_related("lines__line__variant"),
        "files": order.files.defer("content"),
        "notes": order.notes.select_related("actor"),
        "may_decide": may_decide,
        "may_receive": may_receive and expects,
        "expects": expects,
        "may_cancel": may_decide and order.state in (State.DRAFT, State.SENT, State.CONFIRMED),
        "may_close": may_decide and order.state in (State.PARTLY_RECEIVED, State.RECEIVED),
        "costs": CostsForm(order) if may_decide and order.state != State.CANCELLED else None,
        "said": SaidForm.of(order) if may_decide and expects else None,
        "sheet": SheetForm() if may_decide and order.state == State.SENT else None,
    }


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(ReadOnlyAdmin):
    history_in = "A receipt is never changed; the stock ledger has its units under its number."
    list_display = ["number", "purchase", "supplier", "units", "harmed", "received_at", "received_by"]
    list_filter = ["received_at", ("order__supplier", RecentRowsFilter)]
    list_select_related = ["order__supplier", "received_by"]
    search_fields = ["=number", "=order__number", "=delivery_note"]
    search_help_text = "Number of the receipt, purchase order or delivery note"
    fields = ["number", "purchase", "supplier", "delivery_note", "note", "received_by", "received_at", "came"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoodsReceipt]:
        rows: QuerySet[GoodsReceipt] = super().get_queryset(request)
        return rows.annotate(fit=Sum("lines__received"), broken=Sum("lines__damaged"))

    @admin.display(description="Purchase order", ordering="order__number")
    def purchase(self, receipt: GoodsReceipt) -> SafeString:
        url = reverse("admin:shop_purchaseorder_change", args=[receipt.order_id])
        return format_html('<a class="link" href="{}">{}</a>', url, receipt.order.number)

    @admin.display(description="Supplier", ordering="order__supplier__name")
    def supplier(self, receipt: GoodsReceipt) -> str:
        return receipt.order.supplier.name

    @admin.display(description="Received", ordering="fit")
    def units(self, receipt: Any) -> int:
        return receipt.fit or 0

    @admin.display(description="Damaged", ordering="broken")
    def harmed(self, receipt: Any) -> int:
        return receipt.broken or 0

    @admin.display(description="What came")
    def came(self, receipt: GoodsReceipt) -> str:
        rows = GoodsReceiptLine.objects.filter(receipt=receipt).select_related("line__variant")
        return "; ".join(
            f"{row.line.variant.sku}: {row.received} received, {row.damaged} damaged, {row.missing} missing"
            for row in rows
        )
