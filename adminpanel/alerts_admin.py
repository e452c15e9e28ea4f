"""Alerts: what needs a person, what that person is to do, and who did it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.decorators import action

from adminpanel.person import signed_in
from adminpanel.site import ReadOnlyAdmin, status
from shop.alerts.models import Alert, AlertQuerySet

ADVICE_SHOWN = 140


def alerts_for(user: Any) -> AlertQuerySet:
    """The alerts that concern this person: whoever may not see payments has those about stock and packing."""
    alerts = Alert.objects.all()
    return alerts if user.has_perm("shop.view_paymentattempt") else alerts.filter(area=Alert.Area.STOCK)


class OpenFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("closed", "Closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "open":
            return queryset.filter(closed_at=None)
        return queryset.exclude(closed_at=None) if self.value() == "closed" else queryset


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    history_in = "The alert itself tells how often and when it was seen, and who closed it when."
    list_display = ["matter", "state", "area", "concerns", "raised_at", "times", "closed_by"]
    list_display_links = ["matter"]
    list_filter = [OpenFilter, "area", "raised_at"]
    list_select_related = ["order", "closed_by"]
    search_fields = ["title", "key", "=order__number"]
    search_help_text = "Words of the title, or an order number"
    actions = ["close"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        return alerts_for(request.user)

    def has_close_permission(self, request: HttpRequest) -> bool:
        """Whether this person may say that a matter is settled."""
        return request.user.has_perm("shop.change_alert")

    @action(description="Close: it is dealt with", permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """Those still open are closed under this person's name."""
        closed = Alert.objects.filter(pk__in=queryset.values("pk")).close(signed_in(request))
        words = f"{closed} alert{'s' if closed != 1 else ''} closed." if closed else "None of these was open."
        self.message_user(request, words, messages.SUCCESS if closed else messages.WARNING)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The matter with what to do about it; the button closes it."""
        may_close = self.has_close_permission(request)
        if not self.has_view_permission(request) or (request.method == "POST" and not may_close):
            raise PermissionDenied
        alert = self.existing(request, object_id)
        if request.method == "POST":
            self.close(request, Alert.objects.filter(pk=alert.pk))
            return HttpResponseRedirect(reverse("admin:shop_alert_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": alert.title,
            "opts": self.opts,
            "alert": alert,
            "may_close": may_close,
            "may_see_order": request.user.has_perm("shop.view_order"),
        }
        return TemplateResponse(request, "adminpanel/alerts/detail.html", context)

    @admin.display(description="Matter, and what to do", ordering="title")
    def matter(self, alert: Alert) -> SafeString:
        advice = Truncator(alert.advice).chars(ADVICE_SHOWN)
        return format_html('{}<br><span class="advice-short">{}</span>', alert.title, advice)

    @admin.display(description="State", ordering="closed_at")
    def state(self, alert: Alert) -> SafeString:
        return status("Open", "bad") if alert.is_open else status("Closed", "")

    @admin.display(description="Order", ordering="order__number")
    def concerns(self, alert: Alert) -> SafeString | str:
        if alert.order is None:
            return ""
        link = reverse("admin:shop_order_change", args=[alert.order_id])
        return format_html('<a class="link" href="{}">{}</a>', link, alert.order.number)
