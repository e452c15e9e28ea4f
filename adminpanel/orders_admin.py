"""Orders: found fast, shown whole, never edited."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from adminpanel.order_rows import OrderRows, rows_of
from adminpanel.packing_admin import STATES as PACKING
from adminpanel.parcels_admin import KINDS as PARCELS
from adminpanel.payment_steps import may_try_again
from adminpanel.payments_admin import KINDS
from adminpanel.refund_form import RefundForm
from adminpanel.refunding import Refunding, refund_facts
from adminpanel.site import ReadOnlyAdmin, state_column, status
from adminpanel.timeline import seen_by, timeline
from shop.adapters.payments import ProviderError
from shop.catalog.renditions import media_url
from shop.checkout.sync import SETTLED, sync
from shop.core import clock
from shop.core.countries import country_names
from shop.core.errors import ShopError
from shop.orders.models import Order
from shop.packing.models import PackingTask
from shop.payments.models import PaymentAttempt
from shop.returns.deadlines import was_sent

STATES = {"paid": "good", "review": "bad", "cancelled": "", "pending": "warn", "processing": "warn"}
FULFILMENT = {"unfulfilled": "warn", "packed": "warn", "shipped": "good", "delivered": "good"}


class OverdueFilter(admin.SimpleListFilter):
    title = "payment time"
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Over, not paid")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = queryset.overdue(clock.now()) if self.value() == "yes" else queryset
        return found


@admin.register(Order)
class OrderAdmin(Refunding, ReadOnlyAdmin):
    history_in = "The page of the order tells all that happened to it, and who did it."
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
    list_filter = ["state", "fulfilment_state", OverdueFilter, "placed_at"]
    search_fields = ["^number", "email__istartswith", "@full_name"]
    search_help_text = "How the number, the e-mail or words of the name begin"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.sync_view))
        sync_url = path("<int:order_id>/sync/", view, name="shop_order_sync")
        return [sync_url, *self.refunding_urls(), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The order as a document, not as a form."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        order = self.existing(request, object_id)
        return self.page(request, order)

    def page(self, request: HttpRequest, order: Order, refund_form: RefundForm | None = None) -> HttpResponse:
        """All of the order; with a refund form that was refused, if there is one."""
        rows = rows_of(order)
        context = {
            **self.admin_site.each_context(request),
            **order_facts(order, rows),
            **refund_facts(request, order, rows, refund_form),
            "title": f"Order {order.number}",
            "opts": self.opts,
            "may_try_again": may_try_again(request.user),
            "may_sync": request.user.has_perm("shop.change_paymentattempt"),
            "sees_payments": request.user.has_perm("shop.view_paymentattempt"),
            "sees_parcels": request.user.has_perm("shop.view_shipment"),
            "sees_documents": request.user.has_perm("shop.view_document"),
            **return_facts(request, order),
            "entries": seen_by(request.user, timeline(rows)),
        }
        return TemplateResponse(request, "adminpanel/orders/detail.html", context)

    def sync_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask the provider how each attempt of this order stands, and say what came of it. Harmless at any time."""
        if not request.user.has_perms(("shop.view_order", "shop.change_paymentattempt")):
            raise PermissionDenied
        attempts = list(PaymentAttempt.objects.filter(order_id=order_id).order_by("created_at"))
        for attempt in attempts:
            try:
                messages.info(request, sync_answer(attempt, sync(attempt.pk)))
            except (ShopError, ProviderError) as refusal:
                messages.error(request, f"The payment of {attempt.total} could not be synced: {refusal}")
        if not attempts:
            messages.info(request, "No payment of this order was begun, so there is nothing to ask.")
        return HttpResponseRedirect(reverse("admin:shop_order_change", args=[order_id]))

    @admin.display(description="Total", ordering="grand_total")
    def total(self, order: Order) -> str:
        return str(order.total)

    @admin.display(description="Paid", ordering="paid_at")
    def paid(self, order: Order) -> SafeString:
        return status("Paid", "good") if order.paid_at else status("Not yet", "")


def return_facts(request: HttpRequest, order: Order) -> dict[str, Any]:
    """The order's returns, for whoever may see them, and whether this person may take an unannounced parcel back."""
    sent = order.state == Order.State.PAID and was_sent(order)
    sees = sent and request.user.has_perm("shop.view_return")
    may_open = sent and request.user.has_perm("shop.change_return")
    return {
        "returns": list(order.returns.all()) if sees else [],
        "may_open_return": may_open,
        "may_ask_return": sent and request.user.has_perm("shop.add_return"),
    }


def sync_answer(before: PaymentAttempt, after: PaymentAttempt) -> str:
    """What syncing an attempt came to."""
    state = after.get_state_display().lower()
    if before.state in SETTLED:
        return f"The payment of {after.total} is settled ({state}), so the provider was not asked again."
    if not after.session_id:
        return f"The payment of {after.total} has {state}: no payment page was ever opened, so there is nothing to ask."
    ended = "It has ended" if after.state not in PaymentAttempt.LIVE else "It may still be paid"
    changed = "" if after.state == before.state else f" (it was {before.get_state_display().lower()} here)"
    return f"The provider was asked: the payment of {after.total} is {state}{changed}. {ended}."


def packing_facts(rows: OrderRows) -> list[tuple[PackingTask, str, int, int]]:
    """Its packing tasks, each with the kind of its state, the units packed and those wanted."""
    return [
        (
            task,
            PACKING[task.state],
            sum(line.packed for line in task.lines.all()),
            sum(line.quantity for line in task.lines.all()),
        )
        for task in rows.tasks
    ]


def order_facts(order: Order, rows: OrderRows) -> dict[str, Any]:
    """All that belongs to the order except what happened to it."""
    parcels = rows.parcels if order.paid_at else ()
    return {
        "order": order,
        "lines": [(line, media_url(line.image) if line.image else "") for line in rows.lines],
        "country": country_names().get(order.country, order.country),
        "state_kind": STATES.get(order.state, ""),
        "fulfilment_kind": FULFILMENT.get(order.fulfilment_state, ""),
        "attempts": [(attempt, KINDS.get(attempt.state, "")) for attempt in rows.attempts],
        "reservations": rows.reservations,
        "parcels": [(parcel, PARCELS.get(parcel.state, "")) for parcel in parcels],
        "taxes": rows.taxes,
        "packing": packing_facts(rows),
        "documents": rows.documents,
    }
