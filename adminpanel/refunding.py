"""What staff do about money on an order's page: refund, refund again, cancel, decide a review, lift a hold.

A right and a POST each.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from adminpanel.order_rows import OrderRows
from adminpanel.payment_steps import end_payment, payment_facts, return_payment
from adminpanel.person import signed_in
from adminpanel.refund_form import RefundForm, WhyForm
from shop.adapters.payments import ProviderError
from shop.alerts.services import close_alerts
from shop.checkout import advice
from shop.checkout.cancelling import cancel_order, refusal
from shop.checkout.reviewing import accept_as_paid, choices_for, refund_and_cancel
from shop.core.errors import ShopError
from shop.orders import holds
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.refunds import send
from shop.refunds.amounts import in_own_currency, left_of
from shop.refunds.services import refund_again, request_refund

RIGHTS = ("shop.view_order", "shop.add_refund")
KINDS = {"succeeded": "good", "failed": "bad", "requested": "warn", "pending": "warn"}
Step = Callable[[HttpRequest, Order, Any], HttpResponse]


class Refunding:
    """Mixed into the orders' ModelAdmin, whose page() shows an order."""

    admin_site: Any
    page: Callable[..., HttpResponse]

    def refunding_urls(self) -> list[URLPattern]:
        def address(route: str, step: Step, name: str) -> URLPattern:
            view: Callable[..., HttpResponse] = self.admin_site.admin_view(guarded(step))
            return path(f"<int:order_id>/{route}", view, name=name)

        return [
            address("refund/", self.refund, "shop_order_refund"),
            address("cancel/", self.cancel, "shop_order_cancel"),
            address("review/accept/", accept, "shop_review_accept"),
            address("review/refund/", self.end_review, "shop_review_refund"),
            address("refunds/<uuid:which>/again/", again, "shop_refund_again"),
            address("holds/<int:which>/lift/", lift, "shop_hold_lift"),
            address("payments/<uuid:which>/end/", end_payment, "shop_payment_end"),
            address("payments/<uuid:which>/return/", return_payment, "shop_payment_return"),
        ]

    def refund(self, request: HttpRequest, order: Order, which: None) -> HttpResponse:
        """First the total to be confirmed, then the deed; the page again, with reasons, for what cannot be."""
        form = refund_form(order, request.POST)
        if form.was_sent():
            messages.info(request, "This form was sent before; it refunds once.")
            return back(order)
        if not form.is_valid():
            return self.page(request, order, form)
        if "confirmed" not in request.POST:
            return self.confirm(request, order, form.chosen(), str(order.money(form.total())))
        try:
            made = request_refund(order=order, actor=signed_in(request), **form.asked())
        except ShopError as refused:
            form.add_error(None, str(refused))
            return self.page(request, order, form)
        for refund in made:
            send_now(request, refund)
        return back(order)

    def cancel(self, request: HttpRequest, order: Order, which: None) -> HttpResponse:
        """The same for the whole order."""
        if "confirmed" not in request.POST and not refusal(order, by_staff=True):
            left = str(order.money(left_of(order, taken(order)).total))
            return self.confirm(request, order, [("All that was paid and not refunded", left)], left, cancels=True)
        try:
            cancel_order(order=order, actor=signed_in(request), reason="cancelled by staff")
            messages.success(request, f"Order {order.number} is cancelled.")
        except (ShopError, ProviderError) as refused:
            messages.error(request, str(refused))
        return back(order)

    def end_review(self, request: HttpRequest, order: Order, which: None) -> HttpResponse:
        """An order in review is given up: first the sums, then the deed."""
        form, choices = WhyForm(request.POST), choices_for(order)
        if not form.is_valid():
            messages.error(request, form.first_error())
        elif choices and "confirmed" not in request.POST:
            taken = [str(money) for money in choices.taken]
            what = [("All of this payment", money) for money in taken]
            return self.confirm(request, order, what, " and ".join(taken) or "Nothing", cancels=True)
        else:
            end_review_now(request, order, form.cleaned_data["why"])
        return back(order)

    def confirm(
        self, request: HttpRequest, order: Order, what: list[tuple[str, str]], total: str, *, cancels: bool = False
    ) -> HttpResponse:
        """The last question before money leaves."""
        title = f"Cancel order {order.number}?" if cancels else f"Refund {total} of order {order.number}?"
        fields = [(name, value) for name, value in request.POST.items() if name.startswith("refund-")]
        context = {"title": title, "order": order, "what": what, "total": total, "cancels": cancels, "fields": fields}
        return TemplateResponse(
            request, "adminpanel/orders/confirm.html", {**self.admin_site.each_context(request), **context}
        )


def guarded(step: Step) -> Callable[..., HttpResponse]:
    """403 without the right, whatever the method; a GET goes back to the order, a POST does it."""

    def view(request: HttpRequest, order_id: int, which: Any = None) -> HttpResponse:
        if not request.user.has_perms(RIGHTS):
            raise PermissionDenied
        order = get_object_or_404(Order, pk=order_id)
        return step(request, order, which) if request.method == "POST" else back(order)

    return view


def accept(request: HttpRequest, order: Order, which: None) -> HttpResponse:
    """What came for an order in review is good enough: the order is paid."""
    form = WhyForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.first_error())
        return back(order)
    try:
        accept_as_paid(order=order, actor=signed_in(request), note=form.cleaned_data["why"])
        messages.success(request, f"Order {order.number} is paid.")
    except ShopError as refused:
        messages.error(request, str(refused))
    return back(order)


def end_review_now(request: HttpRequest, order: Order, why: str) -> None:
    """Refund and cancel, and say what came of it."""
    try:
        refunds = refund_and_cancel(order=order, actor=signed_in(request), note=why)
    except ShopError as refused:
        messages.error(request, str(refused))
        return
    messages.success(request, f"Order {order.number} is cancelled.")
    for refund in Refund.objects.filter(pk__in=[refund.pk for refund in refunds]):
        messages.info(request, f"{refund.total}: {refund.get_state_display().lower()}.")


def again(request: HttpRequest, order: Order, which: UUID) -> HttpResponse:
    """A failed refund is made anew, one that is not finished is asked about."""
    refund = get_object_or_404(Refund, pk=which, attempt__order=order)
    try:
        if refund.state == Refund.State.FAILED:
            refund = refund_again(refund=refund, actor=signed_in(request))
            close_alerts(f"refund-failed:{which}", actor=signed_in(request))
        send_now(request, refund)
    except ShopError as refused:
        messages.error(request, str(refused))
    return back(order)


def lift(request: HttpRequest, order: Order, which: int) -> HttpResponse:
    """A person has looked: the hold ends, and so does its alert."""
    hold = get_object_or_404(OrderHold, pk=which, order=order)
    kind = OrderHold.Kind(hold.kind)
    if holds.lift(kind, hold.source, signed_in(request)):
        messages.success(request, f"Lifted: {hold.get_kind_display().lower()}.")
    close_alerts(advice.key_of(kind, hold.source), actor=signed_in(request))
    return back(order)


def send_now(request: HttpRequest, refund: Refund) -> None:
    """Ask the provider, and say what came of it."""
    try:
        refund = send(refund.pk)
    except ProviderError:
        messages.warning(request, f"{refund.total} is noted, but the provider does not answer. It is asked again soon.")
        return
    if refund.state == Refund.State.FAILED:
        messages.error(request, f"{refund.total} could not be refunded: {refund.last_error}")
    else:
        messages.success(request, f"{refund.total}: {refund.get_state_display().lower()}.")


def refund_facts(request: HttpRequest, order: Order, rows: OrderRows, form: RefundForm | None = None) -> dict[str, Any]:
    """What an order's page shows of refunds and holds, and what this person may do about them."""
    may_refund, review = request.user.has_perms(RIGHTS), choices_for(order)
    if may_refund and form is None and order.paid_at:
        form = refund_form(order)
    return {
        "refunds": [(refund, KINDS.get(refund.state, "")) for refund in rows.refunds],
        "order_holds": [hold for hold in rows.holds if hold.lifted_at is None],
        "review": review,
        "may_refund": may_refund,
        # An order in review is called off by the button of its review.
        "may_cancel": may_refund and not review and not refusal(order, by_staff=True),
        **payment_facts(order),
        "refund_form": form if form and (form.is_bound or form.left.total) else None,
    }


def refund_form(order: Order, data: Any = None) -> RefundForm:
    return RefundForm(order, left_of(order, taken(order)), data)


def taken(order: Order) -> list[PaymentAttempt]:
    return in_own_currency(PaymentAttempt.objects.filter(order=order).taken().prefetch_related("disputes"))


def back(order: Order) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:shop_order_change", args=[order.pk]))
