"""Stock: how much lies where, and the ledger that says why."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from adminpanel.fields import MOST_UNITS
from adminpanel.showing import ShownAdmin
from adminpanel.site import ReadOnlyAdmin, state_column, status
from shop.core.errors import ShopError
from shop.warehouse import services as warehouse
from shop.warehouse.models import Reservation, StockLevel, StockLocation, StockMovement

MOVEMENTS = 100


@admin.register(StockLocation)
class StockLocationAdmin(ShownAdmin):
    """What lies at a place that is switched off is not for sale."""

    from_product = "variants__stock_levels__location"
    list_display = ["name", "code", "position", "is_active"]
    search_fields = ["name", "code"]


class LowStockFilter(admin.SimpleListFilter):
    title = "amount"
    parameter_name = "amount"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("low", "Low"), ("out", "Sold out")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """low: at or below the threshold; out: nothing that an order could still take."""
        if self.value() == "low":
            return queryset.filter(pk__in=StockLevel.objects.low())
        return queryset.filter(available__lte=0) if self.value() == "out" else queryset


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    list_display = ["piece", "sku", "location", "on_hand", "reserved", "available", "alert"]
    list_display_links = ["piece"]
    list_filter = [LowStockFilter, "location"]
    list_select_related = ["variant__product", "variant__colour", "variant__size", "location"]
    search_fields = ["variant__sku", "variant__product__name", "variant__colour__name"]
    search_help_text = "SKU, product or colour"
    ordering = ["variant__product__name", "variant__colour__name", "variant__size__position", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        return StockLevel.objects.with_available()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The level with its ledger, and a form to correct the number, which only writes the ledger."""
        may_correct = request.user.has_perm("shop.change_stocklevel")
        if not self.has_view_permission(request) or (request.method == "POST" and not may_correct):
            raise PermissionDenied
        level = self.get_object(request, object_id)
        if level is None:
            raise Http404
        form = CorrectionForm(request.POST or None, initial={"on_hand": level.on_hand})
        if request.method == "POST" and form.is_valid() and correct(level, form, request):
            messages.success(request, f"{level.variant.sku}: {level.on_hand} on hand.")
            return HttpResponseRedirect(request.path)
        movements = level.movements.select_related("actor")[:MOVEMENTS]
        context = {
            **self.admin_site.each_context(request),
            "title": f"Stock of {level.variant.sku}",
            "opts": self.opts,
            "level": level,
            "available": level.on_hand - level.reserved,
            "form": form,
            "may_correct": may_correct,
            "movements": movements,
            "most": MOVEMENTS,
        }
        failed = request.method == "POST"
        return TemplateResponse(request, "adminpanel/stock/level.html", context, status=422 if failed else 200)

    @admin.display(description="Piece", ordering="variant__product__name")
    def piece(self, level: StockLevel) -> SafeString:
        variant = level.variant
        return format_html("{}<br>{}, {}", variant.product.name, variant.colour.name, variant.size.name)

    @admin.display(description="SKU", ordering="variant__sku")
    def sku(self, level: StockLevel) -> str:
        return level.variant.sku

    @admin.display(description="Available", ordering="available")
    def available(self, level: Any) -> int:
        return int(level.available)

    @admin.display(description="State")
    def alert(self, level: Any) -> SafeString:
        if level.available <= 0:
            return status("Sold out", "bad")
        return status("Low", "warn") if level.available <= level.low_stock_threshold else status("Enough", "good")


class CorrectionForm(forms.Form):
    on_hand = forms.IntegerField(
        label="Counted on the shelf", min_value=0, max_value=MOST_UNITS, widget=forms.TextInput(attrs={"size": 6})
    )
    reason = forms.CharField(label="Reason", max_length=200)


def correct(level: StockLevel, form: CorrectionForm, request: HttpRequest) -> bool:
    """Set the number through the ledger; False, with the refusal beside the field, when orders hold more."""
    actor: Any = request.user
    try:
        warehouse.set_on_hand(
            level=level, on_hand=form.cleaned_data["on_hand"], reason=form.cleaned_data["reason"], actor=actor
        )
    except ShopError as refusal:
        form.add_error("on_hand", str(refusal))
        return False
    return True


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """Why is this number what it is: every change of every level, newest first."""

    list_display = ["created_at", "sku", "kind", "on_hand_change", "reserved_change", "document", "reason", "actor"]
    list_filter = ["kind", "created_at", "level__location"]
    list_select_related = ["level__variant", "actor"]
    search_fields = ["=level__variant__sku", "=document", "reason"]
    search_help_text = "SKU, document or reason"

    @admin.display(description="SKU", ordering="level__variant__sku")
    def sku(self, movement: StockMovement) -> str:
        return movement.level.variant.sku


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ["order_line", "order", "quantity", state_column("state", {"held": "warn"}), "expires_at"]
    list_filter = ["state", "created_at"]
    list_select_related = ["order_line__order"]
    search_fields = ["=order_line__order__number", "=order_line__sku"]

    @admin.display(description="Order")
    def order(self, reservation: Reservation) -> str:
        return reservation.order_line.order.number
