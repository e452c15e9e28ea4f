"""What staff do on a purchase order's page: approve, send again, cancel, close, answer proposals, receive.

A right and a POST each.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from adminpanel.person import signed_in
from adminpanel.purchase_forms import CostsForm, ReasonForm, ReceiveForm, SaidForm, SheetForm
from shop.core.errors import ShopError
from shop.suppliers import ordering
from shop.suppliers.answering import AnswerRefused, answer_proposal, confirm, write_down
from shop.suppliers.costing import set_costs
from shop.suppliers.moves import Who
from shop.suppliers.purchase_models import Channel, PurchaseOrder, PurchaseProposal, SupplierFile
from shop.suppliers.receiving import ReceiptRefused, receive
from shop.suppliers.sheets import SheetRefused, read_answer, sheet

DECIDE = ("shop.view_purchaseorder", "shop.change_purchaseorder")
RECEIVE = ("shop.view_purchaseorder", "shop.add_goodsreceipt")
LOOK = ("shop.view_purchaseorder",)
Step = Callable[[HttpRequest, PurchaseOrder, int], HttpResponse]


class Purchasing:
    """Mixed into the purchase orders' ModelAdmin, whose page() shows an order."""

    admin_site: Any
    page: Callable[..., HttpResponse]

    def purchasing_urls(self) -> list[URLPattern]:
        def address(route: str, step: Step, name: str, rights: tuple[str, ...], only: str = "POST") -> URLPattern:
            view: Callable[..., HttpResponse] = self.admin_site.admin_view(guarded(step, rights, only))
            return path(f"<int:order_id>/{route}", view, name=f"shop_purchaseorder_{name}")

        return [
            address("approve/", approve, "approve", DECIDE),
            address("again/", again, "again", DECIDE),
            address("cancel/", cancel, "cancel", DECIDE),
            address("close/", close, "close", DECIDE),
            address("costs/", self.costs, "costs", DECIDE),
            address("answer/", self.answer, "answer", DECIDE),
            address("said/", self.said, "said", DECIDE),
            address("proposals/<int:which>/accept/", accept, "accept", DECIDE),
            address("proposals/<int:which>/refuse/", refuse, "refuse", DECIDE),
            address("receive/", self.receive, "receive", RECEIVE, "both"),
            address("pdf/", as_pdf, "pdf", LOOK, "GET"),
            address("csv/", as_csv, "csv", LOOK, "GET"),
            address("files/<int:which>/", file, "file", LOOK, "GET"),
        ]

    def receive(self, request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
        """The form of what came, and its receipt."""
        if order.state not in PurchaseOrder.EXPECTED and "key" not in request.POST:
            messages.error(
                request, f"{order.number} is {order.get_state_display().lower()}: nothing is expected of it."
            )
            return back(order)
        lines = [line for line in order.lines.select_related("variant") if line.quantity > line.received + line.damaged]
        form = ReceiveForm(lines, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                made = receive(order.pk, form.arrivals(), form.delivery(), actor=signed_in(request))
                messages.success(request, f"{made.number} is received.")
                return back(order)
            except ReceiptRefused as refused:
                form.refuse(refused.problems)
            except ShopError as refused:
                form.add_error(None, str(refused))
        context = {"title": f"Receive {order.number}", "order": order, "form": form}
        return TemplateResponse(
            request,
            "adminpanel/purchase/receive.html",
            {**self.admin_site.each_context(request), **context},
            status=422 if form.errors else 200,
        )

    def costs(self, request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
        form = CostsForm(order, request.POST)
        if not form.is_valid():
            return self.page(request, order, costs=form)
        set_costs(order.pk, form.costs(), Who(actor=signed_in(request)))
        messages.success(request, "Saved; what was received has its landed cost worked out anew.")
        return back(order)

    def answer(self, request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
        """The supplier's answer as a CSV file, uploaded by staff."""
        form = SheetForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                answers = read_answer(order, form.cleaned_data["sheet"].read())
                confirm(order.pk, answers, Who(Channel.CSV, signed_in(request)))
                messages.success(request, f"{order.number} is confirmed.")
                return back(order)
            except SheetRefused as refused:
                form.add_error("sheet", refused.problems)
            except AnswerRefused as refused:
                form.add_error("sheet", [f"Line {pk}: {words}" for pk, words in refused.problems.items()])
            except ShopError as refused:
                form.add_error("sheet", str(refused))
        return self.page(request, order, sheet=form)

    def said(self, request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
        """What the supplier said on the telephone or by mail."""
        form = SaidForm.of(order, request.POST)
        if form.is_valid():
            try:
                write_down(order.pk, form.answers(), Who(actor=signed_in(request)))
                messages.success(request, "Saved. Whoever waits for these pieces and gets them later has a mail.")
                return back(order)
            except AnswerRefused as refused:
                form.refuse(refused.problems)
            except ShopError as refused:
                form.add_error(None, str(refused))
        return self.page(request, order, said=form)


def guarded(step: Step, rights: tuple[str, ...], only: str) -> Callable[..., HttpResponse]:
    """403 without the right, whatever the method; a GET of what is a deed goes back to the order."""

    def view(request: HttpRequest, order_id: int, which: int = 0) -> HttpResponse:
        if not request.user.has_perms(rights):
            raise PermissionDenied
        order = get_object_or_404(PurchaseOrder.objects.select_related("supplier", "location"), pk=order_id)
        if only != "both" and request.method != only:
            return back(order)
        return step(request, order, which)

    return view


def approve(request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
    def deed() -> str:
        small = "below_minimum" in request.POST
        ordering.approve(order.pk, actor=signed_in(request), below_minimum=small)
        return f"{order.number} goes to {order.supplier.email}."

    return tried(request, order, deed)


def again(request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
    def deed() -> str:
        ordering.send_again(order.pk, actor=signed_in(request))
        return f"{order.number} goes to {order.supplier.email} once more; the links mailed before work no longer."

    return tried(request, order, deed)


def cancel(request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
    return with_reason(request, order, ordering.cancel, "is cancelled")


def close(request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
    return with_reason(request, order, ordering.close, "is closed")


def with_reason(request: HttpRequest, order: PurchaseOrder, deed: Callable[..., Any], done: str) -> HttpResponse:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was done: say why, in up to 150 letters.")
        return back(order)

    def write() -> str:
        deed(order.pk, actor=signed_in(request), reason=form.cleaned_data["reason"])
        return f"{order.number} {done}."

    return tried(request, order, write)


def accept(request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
    return decided(request, order, which, accepted=True)


def refuse(request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
    return decided(request, order, which, accepted=False)


def decided(request: HttpRequest, order: PurchaseOrder, which: int, *, accepted: bool) -> HttpResponse:
    get_object_or_404(PurchaseProposal, pk=which, line__order=order)

    def deed() -> str:
        answer_proposal(which, accept=accepted, actor=signed_in(request))
        return "The proposal is accepted." if accepted else "The proposal is refused."

    return tried(request, order, deed)


def tried(request: HttpRequest, order: PurchaseOrder, deed: Callable[[], str]) -> HttpResponse:
    """Do it, and say what came of it on the order's page."""
    try:
        messages.success(request, deed())
    except ShopError as refused:
        messages.error(request, str(refused))
    return back(order)


def as_pdf(request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
    # The library is large: a process that prints nothing never loads it.
    from shop.suppliers.order_pdf import pdf  # noqa: PLC0415

    return download(pdf(order), "application/pdf", f"{order.number}.pdf")


def as_csv(request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
    return download(sheet(order).encode(), "text/csv; charset=utf-8", f"{order.number}.csv")


def file(request: HttpRequest, order: PurchaseOrder, which: int) -> HttpResponse:
    """What a supplier sent, as a download: it is never shown within our own pages."""
    found = get_object_or_404(SupplierFile, pk=which, order=order)
    ending = found.content_type.rpartition("/")[2]
    return download(bytes(found.content), found.content_type, f"{order.number}-{found.pk}.{ending}")


def download(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def back(order: PurchaseOrder) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:shop_purchaseorder_change", args=[order.pk]))
