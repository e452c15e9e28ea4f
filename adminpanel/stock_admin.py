"""Stock: how much lies where, and the ledger that says why."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action

from adminpanel.bulk_actions import Asked, ReorderForm, ask, levels_asked
from adminpanel.showing import ShownAdmin
from adminpanel.site import ReadOnlyAdmin, state_column, status
from adminpanel.stock_page import done, facts_of, forms_of
from shop.warehouse.filling import fill
from shop.warehouse.models import Reservation, StockLevel, StockLocation, StockMovement
from shop.warehouse.moving_models import BackOrder


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


REORDER = Asked("set_reorder_point", "Order more at", "level", ReorderForm, levels_asked)


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    history_in = (
        "Its units: the page of the level tells every movement, who caused it and why. Its settings are told here."
    )
    list_display = ["piece", "sku", "location", "bin", "on_hand", "reserved", "available", "damaged", "alert"]
    list_display_links = ["piece"]
    list_filter = [LowStockFilter, "location"]
    list_select_related = ["variant__product", "variant__colour", "variant__size", "location"]
    search_fields = [
        *("variant__sku__istartswith", "=variant__barcode", "^bin"),
        *("@variant__product__name", "@variant__colour__name"),
    ]
    search_help_text = "How the SKU, the bin or words of the product or colour begin; or a barcode"
    # As its pieces are labelled: what belongs together stands together, and an index gives it.
    ordering = ["variant__sku", "pk"]
    actions = ["set_reorder_point"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        return StockLevel.objects.with_available()

    def has_correct_permission(self, request: HttpRequest) -> bool:
        """Whether this person may change levels, through the ledger and their settings."""
        return request.user.has_perm("shop.change_stocklevel")

    @action(description="Set when more is ordered", permissions=["correct"])
    def set_reorder_point(self, request: HttpRequest, queryset: QuerySet[StockLevel]) -> HttpResponse | None:
        return ask(self, request, queryset, REORDER)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The level, why its numbers are what they are, and forms that change them through the ledger."""
        may_correct = request.user.has_perm("shop.change_stocklevel")
        if not self.has_view_permission(request) or (request.method == "POST" and not may_correct):
            raise PermissionDenied
        level = self.existing(request, object_id)
        sent = forms_of(level, request.POST)
        if request.method == "POST" and (words := done(level, sent, request.user)):
            messages.success(request, words)
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            **facts_of(level, request),
            "title": f"Stock of {level.variant.sku}",
            "opts": self.opts,
            "forms": sent,
            "may_correct": may_correct,
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


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """Why is this number what it is: every change of every level, newest first."""

    history_in = "A movement is never changed: it is the history of its level."
    list_display = ["created_at", "sku", "kind", "on_hand_change", "reserved_change", "document", "reason", "actor"]
    list_filter = ["kind", "created_at", "level__location"]
    list_select_related = ["level__variant", "actor"]
    search_fields = ["level__variant__sku__istartswith", "=document", "@reason"]
    search_help_text = "How a SKU or words of the reason begin; or a document"

    @admin.display(description="SKU", ordering="level__variant__sku")
    def sku(self, movement: StockMovement) -> str:
        return movement.level.variant.sku


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    history_in = "The stock ledger tells each step of a reservation under the number of its order."
    list_display = ["order_line", "order", "quantity", state_column("state", {"held": "warn"}), "expires_at"]
    list_filter = ["state", "created_at"]
    list_select_related = ["order_line__order"]
    search_fields = ["=order_line__order__number", "order_line__variant__sku__istartswith"]

    @admin.display(description="Order")
    def order(self, reservation: Reservation) -> str:
        return reservation.order_line.order.number


class LateFilter(admin.SimpleListFilter):
    title = "promised day"
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Over, not come")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = queryset.late(timezone.localdate()) if self.value() == "yes" else queryset
        return found


@admin.register(BackOrder)
class BackOrderAdmin(ReadOnlyAdmin):
    """Units sold that are still to come."""

    history_in = "The stock ledger tells when its units were held, the page of its order the rest."
    list_display = [
        *("sku", "order", "quantity", state_column("state", {"waiting": "warn", "filled": "good"})),
        *("promised_on", "paid", "created_at"),
    ]
    list_filter = ["state", LateFilter, "promised_on"]
    list_select_related = ["variant", "order_line__order"]
    search_fields = ["=order_line__order__number", "variant__sku__istartswith"]
    search_help_text = "Order number or SKU"
    actions = ["hold_now"]

    def has_fill_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shop.change_stocklevel")

    @action(description="Hold what has come in", permissions=["fill"])
    def hold_now(self, request: HttpRequest, queryset: QuerySet[BackOrder]) -> None:
        """It happens by itself as well; whoever paid first is served first, whichever rows are ticked."""
        waiting = BackOrder.objects.waiting().filter(variant__in=queryset.values("variant"))
        before = waiting.count()
        fill(list(waiting.values_list("variant_id", flat=True)))
        self.message_user(request, f"{before - waiting.count()} of {before} waiting lines are held now.")

    @admin.display(description="SKU", ordering="variant__sku")
    def sku(self, back_order: BackOrder) -> str:
        return back_order.variant.sku

    @admin.display(description="Order")
    def order(self, back_order: BackOrder) -> str:
        return back_order.order_line.order.number

    @admin.display(description="Paid", boolean=True)
    def paid(self, back_order: BackOrder) -> bool:
        return back_order.expires_at is None
