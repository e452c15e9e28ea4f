"""Returns: the queue, and a page each on which staff approve, receive, grade and close them."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from adminpanel.person import signed_in
from adminpanel.refunding import send_now
from adminpanel.returns_forms import DeclineForm, GradeForm, SettleForm, StaffReturnForm
from adminpanel.site import ReadOnlyAdmin, state_column
from shop.core.errors import ShopError
from shop.orders.models import Order
from shop.returns import services
from shop.returns.models import Return, ReturnLine
from shop.returns.receiving import receive
from shop.returns.settling import due_for, settle

KINDS = {
    **dict.fromkeys(("requested", "received"), "warn"),
    **{"approved": "", "closed": "good", "declined": "bad", "cancelled": ""},
}
# Who decides, who opens the parcel, who gives the money back.
APPROVE, RECEIVE, SETTLE = "shop.add_return", "shop.change_return", "shop.add_refund"
NOTHING_LEFT = "Everything that was sent came back already, is on its way back, or was refunded."
State = Return.State
Step = Callable[[HttpRequest, Return], None]


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    history_in = "The page of the return tells each of its steps, who took it and when."
    list_display = ["number", "order_number", "buyer", "kind", state_column("state", KINDS), "requested_at", "send_by"]
    list_filter = ["state", "kind", "lines__reason", "requested_at"]
    list_select_related = ["order"]
    search_fields = [
        *("=number", "=order__number", "order__email__istartswith", "@order__full_name", "=tracking_number"),
    ]
    search_help_text = "Scan a slip or label, or type the number of a return or order, an e-mail or a name"

    def get_urls(self) -> list[URLPattern]:
        steps: tuple[tuple[str, str, Step], ...] = (
            ("approve", APPROVE, approve),
            ("decline", APPROVE, decline),
            ("cancel", APPROVE, cancel),
            ("receive", RECEIVE, receive_view),
            ("settle", SETTLE, settle_view),
        )
        made = [
            path(
                f"<int:return_id>/{name}/", self.admin_site.admin_view(guarded(right, step)), name=f"shop_return_{name}"
            )
            for name, right, step in steps
        ]
        undelivered = self.admin_site.admin_view(open_undelivered)
        opened = self.admin_site.admin_view(self.open_page)
        return [
            path("open/<int:order_id>/", opened, name="shop_return_open"),
            path("undelivered/<int:order_id>/", undelivered, name="shop_return_undelivered"),
            *made,
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Return]:
        rows: QuerySet[Return] = super().get_queryset(request)
        return rows.defer("label")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list; the number of a return in the search field, typed or scanned, opens it."""
        if self.has_view_permission(request) and (parent := Return.objects.named(request.GET.get("q", ""))):
            return back(parent)
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The return with what this person may do about it."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        parent = self.existing(request, object_id)
        context = {**self.admin_site.each_context(request), **facts(request, parent), "opts": self.opts}
        return TemplateResponse(request, "adminpanel/returns/detail.html", context)

    def open_page(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """The customer's form for staff, whatever the day: what they say in a letter or on the telephone."""
        if not request.user.has_perms(("shop.view_order", APPROVE)):
            raise PermissionDenied
        order = get_object_or_404(Order, pk=order_id)
        if made := Return.objects.filter(order=order).sent_with(request.POST.get("key", "")):
            return back(made)
        form = StaffReturnForm(order, request.POST if request.method == "POST" else None)
        if words := services.refusal_for_staff(order) or ("" if form.lines else NOTHING_LEFT):
            messages.error(request, words)
            return HttpResponseRedirect(reverse("admin:shop_order_change", args=[order.pk]))
        if form.is_bound and form.is_valid():
            try:
                wanted, actor = form.asked(), signed_in(request)
                parent = services.ask(order=order, wanted=wanted, actor=actor, by_staff=True)
                messages.success(request, f"Opened and approved: {order.email} gets the slip by mail.")
                return back(parent)
            except ShopError as refused:
                form.add_error(None, str(refused))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Open a return of order {order.number}",
            "opts": self.opts,
            "order": order,
            "form": form,
        }
        return TemplateResponse(request, "adminpanel/returns/open.html", context, status=422 if form.errors else 200)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Order", ordering="order__number")
    def order_number(self, parent: Return) -> SafeString:
        url = reverse("admin:shop_order_change", args=[parent.order_id])
        return format_html('<a href="{}">{}</a>', url, parent.order.number)

    @admin.display(description="Buyer", ordering="order__full_name")
    def buyer(self, parent: Return) -> str:
        return parent.order.full_name


def facts(request: HttpRequest, parent: Return) -> dict[str, Any]:
    """All of a return, and the forms of the steps that are next."""
    parent = Return.objects.select_related("order", "replacement", "approved_by", "received_by").get(pk=parent.pk)
    lines = list(parent.lines.select_related("order_line__order", "exchange_for__size", "refund").order_by("pk"))
    may = request.user.has_perm
    expected = parent.state in (State.APPROVED, State.CANCELLED)
    closing = parent.state == State.RECEIVED and may(SETTLE)
    return {
        "title": f"Return {parent.number}",
        "return": parent,
        "order": parent.order,
        "lines": lines,
        "kind": KINDS.get(parent.state, ""),
        "steps": list(parent.steps.select_related("actor")),
        "decline_form": DeclineForm() if parent.state == State.REQUESTED and may(APPROVE) else None,
        "may_cancel": may_cancel(parent) and may(APPROVE),
        "grade_form": GradeForm(lines) if expected and may(RECEIVE) else None,
        "to_decide": any(line.to_decide for line in lines),
        "settle_form": SettleForm(lines) if closing else None,
        **(due_words(parent, lines) if closing else {}),
    }


def may_cancel(parent: Return) -> bool:
    """Whether staff may give it up: a declared withdrawal stands."""
    return parent.kind == Return.Kind.RETURN and parent.state in (State.REQUESTED, State.APPROVED)


def due_words(parent: Return, lines: list[ReturnLine]) -> dict[str, Any]:
    """What would be refunded without the damaged pieces, or why it cannot be."""
    try:
        due = due_for(parent, lines, {})
    except ShopError as refused:
        return {"due": "", "due_problem": str(refused)}
    return {"due": due.words, "due_amount": due.total}


def guarded(right: str, step: Step) -> Callable[..., HttpResponse]:
    """403 without the right, whatever the method; a GET goes back to the return, a POST does it and says what came."""

    def view(request: HttpRequest, return_id: int) -> HttpResponse:
        if not request.user.has_perms(("shop.view_return", right)):
            raise PermissionDenied
        parent = get_object_or_404(Return, pk=return_id)
        if request.method == "POST":
            try:
                step(request, parent)
            except ShopError as refused:
                messages.error(request, str(refused))
        return back(parent)

    return view


def approve(request: HttpRequest, parent: Return) -> None:
    services.approve(parent=parent, actor=signed_in(request))
    messages.success(request, f"Approved: {parent.order.email} gets the slip by mail.")


def decline(request: HttpRequest, parent: Return) -> None:
    form = DeclineForm(request.POST)
    if not form.is_valid():
        raise ShopError("Say why, for the customer to read, in 300 letters at most.")
    services.decline(parent=parent, words=form.cleaned_data["words"], actor=signed_in(request))
    messages.success(request, "Declined: the customer was told.")


def cancel(request: HttpRequest, parent: Return) -> None:
    services.cancel(parent=parent, reason="cancelled by staff", actor=signed_in(request))
    messages.success(request, f"Cancelled: {parent.order.email} is told that nothing is expected back any more.")


def receive_view(request: HttpRequest, parent: Return) -> None:
    form = GradeForm(list(parent.lines.select_related("order_line")), request.POST)
    if not form.is_valid():
        raise ShopError(form.first_error())
    parent = receive(parent=parent, grades=form.grades(), actor=signed_in(request))
    messages.success(request, "Received: fit pieces are for sale again, damaged ones lie aside.")
    if parent.replacement and parent.replacement.state == Order.State.PAID:
        messages.info(request, f"The exchange is to be packed, as order {parent.replacement.number}.")


def settle_view(request: HttpRequest, parent: Return) -> None:
    form = SettleForm(list(parent.lines.select_related("order_line")), request.POST)
    if not form.is_valid():
        raise ShopError(form.first_error())
    made = settle(parent=parent, damaged=form.damaged(), words=form.cleaned_data["words"], actor=signed_in(request))
    messages.success(request, f"Return {parent.number} is done.")
    for refund in made:
        send_now(request, refund)


def open_undelivered(request: HttpRequest, order_id: int) -> HttpResponse:
    """A parcel came back by itself: a return of what is left of the order, to be received."""
    if not request.user.has_perms(("shop.view_order", RECEIVE)):
        raise PermissionDenied
    order = get_object_or_404(Order, pk=order_id)
    if request.method == "POST":
        try:
            return back(services.open_undelivered(order=order, actor=signed_in(request)))
        except ShopError as refused:
            messages.error(request, str(refused))
    return HttpResponseRedirect(reverse("admin:shop_order_change", args=[order.pk]))


def back(parent: Return) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:shop_return_change", args=[parent.pk]))
