"""Attempts to take money and what the providers told us: read only, money facts come from the provider alone."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from adminpanel.site import ReadOnlyAdmin, ReadOnlyInline, state_column
from shop.core.money import Money
from shop.payments.models import PaymentAttempt, ProviderEvent

# The kind of status() of each state of a payment, here and on an order's page.
KINDS = {
    **dict.fromkeys(("created", "open", "processing"), "warn"),
    **{"paid": "good", "failed": "bad", "review": "bad", "expired": ""},
}


class ProviderEventInline(ReadOnlyInline):
    model = ProviderEvent
    fields = ["event_id", "type", "received_at", "processed_at", "deliveries", "last_error"]
    readonly_fields = fields


class RefundDueFilter(admin.SimpleListFilter):
    title = "refund"
    parameter_name = "refund"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("due", "To be refunded")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Money that was taken and has to go back."""
        return queryset.filter(pk__in=PaymentAttempt.objects.to_refund()) if self.value() == "due" else queryset


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(ReadOnlyAdmin):
    list_display = ["order", "provider", state_column("state", KINDS), "total", "created_at", "paid_at", "refund_due"]
    list_filter = ["state", RefundDueFilter, "provider", "created_at"]
    list_select_related = ["order"]
    search_fields = ["=order__number", "order__email", "=session_id", "=intent_id"]
    search_help_text = "Order number, e-mail or the provider's id"
    fields = [
        "order",
        "provider",
        "state",
        "total",
        "captured",
        "created_at",
        "expires_at",
        "paid_at",
        "refund_due",
        "session_id",
        "intent_id",
        "last_error",
    ]
    inlines = [ProviderEventInline]
    autocomplete_fields = ["order"]

    @admin.display(description="Captured")
    def captured(self, attempt: PaymentAttempt) -> str:
        return str(Money(attempt.captured_amount, attempt.currency))


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    list_display = ["event_id", "type", "provider", "received_at", "processed_at", "deliveries"]
    list_filter = ["provider", ("processed_at", admin.EmptyFieldListFilter), "type"]
    search_fields = ["=event_id", "type"]
    raw_id_fields = ["attempt"]
