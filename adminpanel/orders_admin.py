"""Orders: found fast, shown whole, never edited."""

from django.contrib import admin
from django.utils.safestring import SafeString

from adminpanel.site import ReadOnlyAdmin, state_column, status
from shop.orders.models import Order

STATES = {"paid": "good", "review": "bad", "cancelled": "", "pending": "warn", "processing": "warn"}
FULFILMENT = {"unfulfilled": "warn", "packed": "warn", "shipped": "good", "delivered": "good"}


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = [
        "number",
        "full_name",
        "email",
        "placed_at",
        state_column("state", STATES),
        state_column("fulfilment_state", FULFILMENT),
        "total",
        "paid",
    ]
    list_filter = ["state", "fulfilment_state", "placed_at"]
    search_fields = ["number", "email", "full_name"]
    search_help_text = "Number, e-mail or name"

    @admin.display(description="Total", ordering="grand_total")
    def total(self, order: Order) -> str:
        return str(order.total)

    @admin.display(description="Paid", ordering="paid_at")
    def paid(self, order: Order) -> SafeString:
        return status("Paid", "good") if order.paid_at else status("Not yet", "")
