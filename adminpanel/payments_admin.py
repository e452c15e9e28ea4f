"""Attempts to take money and what the providers told us: read only, money facts come from the provider alone."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST
from unfold.decorators import action

from adminpanel.long_lists import RecentValuesFilter
from adminpanel.payment_steps import again_view, may_try_again, work_again
from adminpanel.site import ReadOnlyAdmin, ReadOnlyInline, state_column
from shop.core.money import Money
from shop.payments.models import Dispute, PaymentAttempt, ProviderEvent, ProviderEventQuerySet, Refund

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
    history_in = "The page of its order tells what was asked of the provider, what it answered, and who asked."
    list_display = ["order", "provider", state_column("state", KINDS), "total", "created_at", "paid_at"]
    list_filter = ["state", "provider", "created_at"]
    list_select_related = ["order"]
    search_fields = ["=order__number", "order__email__istartswith", "=session_id", "=intent_id"]
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
    history_in = "The page of its order tells who asked for the refund and how it went."
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
    history_in = "Only the provider changes a dispute: the page of its order tells when."
    list_display = ["order", "provider_id", "state", "reason", "total", "created_at", "closed_at"]
    list_filter = [("state", RecentValuesFilter), ("closed_at", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["attempt__order"]
    search_fields = ["=attempt__order__number", "=provider_id"]
    search_help_text = "Order number or the provider's id"

    @admin.display(description="Order")
    def order(self, dispute: Dispute) -> str:
        return dispute.attempt.order.number

    @admin.display(description="Amount", ordering="amount")
    def total(self, dispute: Dispute) -> str:
        return str(Money(dispute.amount, dispute.currency))


class SetAsideFilter(admin.SimpleListFilter):
    title = "given up"
    parameter_name = "aside"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Given up")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(processed_at=None).exclude(set_aside_at=None) if self.value() == "yes" else queryset


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    history_in = "What a provider sent is never changed: the page of its order tells what was made of it."
    list_display = ["event_id", "type", "provider", "received_at", "processed_at", "set_aside_at", "deliveries"]
    list_filter = [
        ("provider", RecentValuesFilter),
        SetAsideFilter,
        ("processed_at", admin.EmptyFieldListFilter),
        ("type", RecentValuesFilter),
    ]
    search_fields = ["=event_id", "type"]
    raw_id_fields = ["attempt"]
    actions = ["again"]
    change_form_outer_before_template = "adminpanel/payments/try_again.html"

    def has_again_permission(self, request: HttpRequest) -> bool:
        return may_try_again(request.user)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(again_view))
        return [path("<int:event_id>/again/", view, name="shop_providerevent_again"), *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        known = {**(extra_context or {}), "may_try_again": may_try_again(request.user)}
        return super().changeform_view(request, object_id, form_url, known)

    @action(description="Try again", permissions=["again"])
    def again(self, request: HttpRequest, queryset: ProviderEventQuerySet) -> None:
        """Those that were given up are worked on once more; each says what came of it, the others stay as they are."""
        rows = list(queryset.set_aside())
        for row in rows:
            work_again(request, row)
        if not rows:
            self.message_user(request, "None of these was given up.", messages.WARNING)
