"""Transfers: drafted as a form, sent, received or called back by a button each."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.widgets import UnfoldAdminTextInputWidget

from adminpanel.fields import MOST_UNITS
from adminpanel.person import signed_in
from adminpanel.site import StaffAdmin, StaffInline, state_column
from adminpanel.steps import step_view
from shop.core.errors import ShopError
from shop.warehouse import transfers
from shop.warehouse.moving_models import Transfer, TransferLine
from shop.warehouse.transfers import Arrived

KINDS = {"in-transit": "warn", "received": "good"}


class TransferLineForm(forms.ModelForm):  # type: ignore[type-arg]
    quantity = forms.IntegerField(
        label="Units",
        min_value=1,
        max_value=MOST_UNITS,
        widget=UnfoldAdminTextInputWidget(attrs={"size": 6, "inputmode": "numeric"}),
    )

    class Meta:
        model = TransferLine
        fields = ["variant", "quantity"]


class TransferLineInline(StaffInline):
    model = TransferLine
    form = TransferLineForm
    autocomplete_fields = ["variant"]
    extra = 3
    max_num = 200
    verbose_name_plural = "What is sent"
    verbose_name = "line"
    hide_title = True


@admin.register(Transfer)
class TransferAdmin(StaffAdmin):
    """A draft may be edited; from then on only its buttons change it."""

    locks_row = True
    list_display = ["number", "source", "destination", state_column("state", KINDS), "units", "expected_on", "sent_at"]
    list_filter = ["state", "source", "destination"]
    list_select_related = ["source", "destination"]
    search_fields = ["=number", "=lines__variant__sku", "note"]
    search_help_text = "Number, SKU or note"
    fields = ["source", "destination", "expected_on", "note"]
    inlines = [TransferLineInline]
    change_form_outer_before_template = "adminpanel/stock/transfer.html"
    actions: list[str] | None = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        rows: QuerySet[Transfer] = super().get_queryset(request)
        return rows.annotate(pieces=Sum("lines__quantity", default=0), kinds=Count("lines"))

    def get_urls(self) -> list[URLPattern]:
        def address(word: str, step: Any) -> URLPattern:
            view: Any = self.admin_site.admin_view(step_view(Transfer, ("shop.change_transfer",), step))
            pattern: URLPattern = path(f"<int:row_id>/{word}/", view, name=f"shop_transfer_{word}")
            return pattern

        return [address("send", send), address("receive", receive), address("cancel", cancel), *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Transfer | None = None) -> bool:
        is_draft = obj is None or obj.state == Transfer.State.DRAFT
        return is_draft and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A draft is cancelled instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Transfer, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = signed_in(request)
        super().save_model(request, obj, form, change)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        transfer = self.get_object(request, object_id)
        lines = (
            list(transfer.lines.select_related("variant__product", "variant__colour", "variant__size"))
            if (transfer)
            else []
        )
        context = {"transfer": transfer, "lines": lines, "may_move": request.user.has_perm("shop.change_transfer")}
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})
        return response

    @admin.display(description="Units", ordering="pieces")
    def units(self, transfer: Any) -> str:
        return f"{transfer.pieces} of {transfer.kinds} kind{'s' if transfer.kinds != 1 else ''}"


class ArrivedForm(forms.Form):
    """What came of one line."""

    received = forms.IntegerField(min_value=0, max_value=MOST_UNITS)
    damaged = forms.IntegerField(min_value=0, max_value=MOST_UNITS, required=False)


def send(request: HttpRequest, transfer: Transfer) -> str:
    transfers.send(transfer=transfer, actor=signed_in(request))
    return f"{transfer} is on its way."


def receive(request: HttpRequest, transfer: Transfer) -> str:
    """Raises ShopError, naming the piece, for what is no number of units."""
    arrived = {}
    for line in transfer.lines.select_related("variant"):
        form = ArrivedForm(request.POST, prefix=f"line-{line.pk}")
        if not form.is_valid():
            raise ShopError(f"{line.variant.sku}: write how many units came, as whole numbers.")
        arrived[line.pk] = Arrived(form.cleaned_data["received"], form.cleaned_data["damaged"] or 0)
    transfers.receive(transfer=transfer, arrived=arrived, actor=signed_in(request))
    return f"{transfer} is received."


def cancel(request: HttpRequest, transfer: Transfer) -> str:
    transfers.cancel(transfer=transfer, actor=signed_in(request))
    return f"{transfer} is cancelled."
