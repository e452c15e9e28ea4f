"""Stock: how much lies where, and the ledger that says why."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from adminpanel.site import ReadOnlyAdmin, StaffAdmin, state_column, status
from shop.warehouse.models import Reservation, StockLevel, StockLocation, StockMovement


@admin.register(StockLocation)
class StockLocationAdmin(StaffAdmin):
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
