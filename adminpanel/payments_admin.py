"""Attempts to take money and what the providers told us: read only, money facts come from the provider alone."""

from django.contrib import admin

from adminpanel.site import ReadOnlyAdmin, ReadOnlyInline, state_column
from shop.core.money import Money
from shop.payments.models import Dispute, PaymentAttempt, ProviderEvent, Refund

# The kind of status() of each state of a payment, here and on an order's page.
KINDS = {
    **dict.fromkeys(("created", "open", "processing"), "warn"),
    **{"paid": "good", "failed": "bad", "review": "bad", "expired": ""},
}
REFUNDS = {"succeeded": "good", "failed": "bad", "requested": "warn", "pending": "warn"}


class ProviderEventInline(ReadOnlyInline):
    model = ProviderEvent
    fields = ["event_id", "type", "received_at", "processed_at", "deliveries", "last_error"]
    readonly_fields = fields


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(ReadOnlyAdmin):
    list_display = ["order", "provider", state_column("state", KINDS), "total", "created_at", "paid_at"]
    list_filter = ["state", "provider", "created_at"]
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
        "refunded",
        "session_id",
        "intent_id",
        "last_error",
    ]
    inlines = [ProviderEventInline]
    autocomplete_fields = ["order"]

    @admin.display(description="Captured")
    def captured(self, attempt: PaymentAttempt) -> str:
        return str(attempt.captured)

    @admin.display(description="Refunded")
    def refunded(self, attempt: PaymentAttempt) -> str:
        return str(Money(attempt.refunded_amount, attempt.captured.currency))


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ["order", "total", state_column("state", REFUNDS), "reason", "created_at", "done_at"]
    list_filter = ["state", "reason", "created_at"]
    list_select_related = ["attempt__order"]
    search_fields = ["=attempt__order__number", "=provider_id"]
    search_help_text = "Order number or the provider's id"
    readonly_fields = ["order", "total"]
    exclude = ["request_key", "amount", "currency"]

    @admin.display(description="Order")
    def order(self, refund: Refund) -> str:
        return refund.attempt.order.number


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    list_display = ["order", "provider_id", "state", "reason", "total", "created_at", "closed_at"]
    list_filter = ["state", "created_at"]
    list_select_related = ["attempt__order"]
    search_fields = ["=attempt__order__number", "=provider_id"]
    search_help_text = "Order number or the provider's id"

    @admin.display(description="Order")
    def order(self, dispute: Dispute) -> str:
        return dispute.attempt.order.number

    @admin.display(description="Amount", ordering="amount")
    def total(self, dispute: Dispute) -> str:
        return str(Money(dispute.amount, dispute.currency))


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    list_display = ["event_id", "type", "provider", "received_at", "processed_at", "deliveries"]
    list_filter = ["provider", ("processed_at", admin.EmptyFieldListFilter), "type"]
    search_fields = ["=event_id", "type"]
    raw_id_fields = ["attempt"]
