"""Stock counts: begun with a form, entered or scanned, looked at, approved."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from adminpanel.fields import MOST_UNITS
from adminpanel.person import signed_in
from adminpanel.site import StaffAdmin, state_column
from adminpanel.steps import page_of, step_view
from shop.core.errors import ShopError
from shop.core.numbers import secret_key
from shop.warehouse import counts
from shop.warehouse.moving_models import StockCount

KINDS = {"counting": "warn", "counted": "warn", "approved": "good"}
LINES_PER_PAGE = 50
# The field of a line, with the line's row.
COUNTED = re.compile(r"line-([0-9]{1,18})-counted", re.ASCII)
RIGHTS = ("shop.change_stockcount",)
APPROVING = ("shop.change_stockcount", "shop.change_stocklevel")
# What of a count is shown: all, what is still to count, what differs.
SHOWN = {
    "": Q(),
    "open": Q(counted=None),
    "different": Q(counted__isnull=False) & (~Q(expected=F("counted") + F("damaged")) | Q(damaged__gt=0)),
}


@admin.register(StockCount)
class StockCountAdmin(StaffAdmin):
    list_display = [
        "number",
        "location",
        "bins",
        state_column("state", KINDS),
        "created_by",
        "created_at",
        "approved_by",
    ]
    list_filter = ["state", "location"]
    list_select_related = ["location", "created_by", "approved_by"]
    search_fields = ["=number", "note"]
    search_help_text = "Number or note"
    fields = ["location", "bins", "note"]
    actions: list[str] | None = None

    def get_urls(self) -> list[URLPattern]:
        def address(word: str, step: Any, rights: tuple[str, ...] = RIGHTS) -> URLPattern:
            view: Any = self.admin_site.admin_view(step_view(StockCount, rights, step))
            pattern: URLPattern = path(f"<int:row_id>/{word}/", view, name=f"shop_stockcount_{word}")
            return pattern

        return [
            *(address("finish", finish), address("reopen", reopen), address("cancel", cancel)),
            address("approve", approve, APPROVING),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A count is cancelled instead."""
        return False

    def save_model(self, request: HttpRequest, obj: StockCount, form: Any, change: bool) -> None:
        obj.created_by = signed_in(request)
        counts.begin(obj)

    def response_add(self, request: HttpRequest, obj: StockCount, post_url_continue: Any = None) -> HttpResponse:
        return HttpResponseRedirect(page_of(obj))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The pieces of the count, a field to scan into, and what may be done next."""
        may_count = request.user.has_perms(RIGHTS)
        if not self.has_view_permission(request) or (request.method == "POST" and not may_count):
            raise PermissionDenied
        count = self.existing(request, object_id)
        if request.method == "POST":
            note_counted(request, count)
            return HttpResponseRedirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            **facts_of(count, request.GET.get("show", ""), request.GET.get("p", "1")),
            "title": f"Count {count}",
            "opts": self.opts,
            "may_count": may_count,
            "key": secret_key(),
            "may_approve": request.user.has_perms(APPROVING),
        }
        return TemplateResponse(request, "adminpanel/stock/count.html", context)


def facts_of(count: StockCount, show: str, number: str) -> dict[str, Any]:
    """One page of the count's lines, and how far it is."""
    lines = count.lines.select_related("level__variant__product", "level__variant__colour", "level__variant__size")
    chosen = lines.filter(SHOWN.get(show, Q())).order_by("level__bin", "pk")
    sums = count.lines.aggregate(
        all=Count("pk"), done=Count("pk", filter=~SHOWN["open"]), different=Count("pk", filter=SHOWN["different"])
    )
    page = Paginator(chosen, LINES_PER_PAGE).get_page(number)
    return {"count": count, "lines": page, "show": show if show in SHOWN else "", "sums": sums}


class ScanForm(forms.Form):
    code = forms.CharField(max_length=60, strip=True)
    units = forms.IntegerField(min_value=-MOST_UNITS, max_value=MOST_UNITS, required=False)
    key = forms.CharField(max_length=40, required=False)


class LineForm(forms.Form):
    counted = forms.IntegerField(min_value=0, max_value=MOST_UNITS, required=False)
    damaged = forms.IntegerField(min_value=0, max_value=MOST_UNITS, required=False)


def note_counted(request: HttpRequest, count: StockCount) -> None:
    """What was scanned, or typed into the lines shown; the outcome as messages."""
    try:
        words = scanned(request, count) if "code" in request.POST else typed(request, count)
        messages.success(request, words)
    except ShopError as refused:
        messages.error(request, str(refused))


def scanned(request: HttpRequest, count: StockCount) -> str:
    form = ScanForm(request.POST)
    if not form.is_valid():
        raise ShopError("Scan or type a SKU or a barcode, and a whole number of units.")
    units = 1 if form.cleaned_data["units"] is None else form.cleaned_data["units"]
    code, key = form.cleaned_data["code"], form.cleaned_data["key"]
    line = counts.scan(count=count, code=code, units=units, actor=signed_in(request), key=key)
    return f"{line.level.variant.sku}: {line.counted} counted."


def typed(request: HttpRequest, count: StockCount) -> str:
    """The lines whose numbers are others than before. Raises ShopError at the first that is refused."""
    changed, actor = 0, signed_in(request)
    named = [int(found[1]) for name in request.POST if (found := COUNTED.fullmatch(name))]
    for line in count.lines.filter(pk__in=named[:LINES_PER_PAGE]).select_related("level__variant"):
        form = LineForm(request.POST, prefix=f"line-{line.pk}")
        if not form.is_valid():
            raise ShopError(f"{line.level.variant.sku}: write what you counted as a whole number.")
        counted, damaged = form.cleaned_data["counted"], form.cleaned_data["damaged"] or 0
        if (counted, damaged) != (line.counted, line.damaged):
            counts.enter(line=line, counted=counted, damaged=damaged, actor=actor)
            changed += 1
    return f"{changed} line{'s' if changed != 1 else ''} noted."


def finish(request: HttpRequest, count: StockCount) -> str:
    counts.finish(count=count)
    return "The differences wait for approval."


def reopen(request: HttpRequest, count: StockCount) -> str:
    counts.reopen(count=count)
    return "Counting goes on."


def cancel(request: HttpRequest, count: StockCount) -> str:
    counts.cancel(count=count)
    return f"{count} is cancelled; nothing of it was written."


def approve(request: HttpRequest, count: StockCount) -> str:
    counts.approve(count=count, actor=signed_in(request))
    return f"{count} is approved: the stock is what was counted."
