"""What staff do about one payment or one of the provider's messages, from an order's page or the message's own.

A right, a last question where money moves or stock goes, and a POST each.
"""

import logging
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from adminpanel.person import signed_in
from shop.checkout.forgotten import doubted, end_forgotten
from shop.checkout.messages import try_again
from shop.checkout.reviewing import give_back, unneeded
from shop.core.errors import ShopError
from shop.core.money import Money
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, ProviderEvent, Refund
from shop.refunds.amounts import room

log = logging.getLogger(__name__)


def payment_facts(order: Order) -> dict[str, Any]:
    """Which of the order's payments nobody can say about, and which it does not need."""
    taken = list(PaymentAttempt.objects.filter(order=order).taken().prefetch_related("disputes"))
    return {
        "doubted": {attempt.pk for attempt in doubted(order)},
        "returnable": {attempt.pk for attempt in unneeded(order, taken)},
    }


def end_payment(request: HttpRequest, order: Order, which: UUID) -> HttpResponse:
    """The provider is asked once more about a payment that nobody can say about; first what follows, then the deed."""
    attempt = get_object_or_404(PaymentAttempt, pk=which, order=order)
    if "confirmed" not in request.POST and attempt.pk in payment_facts(order)["doubted"]:
        words = {
            "title": f"End the payment of {attempt.total} for order {order.number}?",
            "told": [
                f"First look for {order.number} in the list of payments at {attempt.get_provider_display()}. If the "
                "money is there, refund it there.",
                "The provider is asked once more. If it knows the payment after all, its answer counts. If it does "
                "not, the payment has failed, the order is cancelled and its pieces can be sold again.",
            ],
            "button": "Ask once more and end it",
        }
        return ask_first(request, order, words)
    try:
        after = end_forgotten(attempt=attempt, actor=signed_in(request))
        messages.success(request, f"The payment of {after.total} is {after.get_state_display().lower()} now.")
    except ShopError as refused:
        messages.error(request, str(refused))
    return to_order(order)


def return_payment(request: HttpRequest, order: Order, which: UUID) -> HttpResponse:
    """A payment that the order does not need goes back whole; first the sum, then the deed."""
    attempt = get_object_or_404(PaymentAttempt, pk=which, order=order)
    amount = Money(room(attempt), attempt.captured.currency)
    if "confirmed" not in request.POST and attempt.pk in payment_facts(order)["returnable"]:
        words = {
            "title": f"Give {amount} back to {order.full_name}?",
            "told": [
                f"The order stays {order.get_state_display().lower()}: it does not need this payment. "
                f"{order.email} gets a mail once the provider has refunded it. This cannot be undone."
            ],
            "button": f"Give {amount} back",
        }
        return ask_first(request, order, words)
    try:
        told_of(request, give_back(attempt=attempt, actor=signed_in(request)))
    except ShopError as refused:
        messages.error(request, str(refused))
    return to_order(order)


def told_of(request: HttpRequest, refund: Refund) -> None:
    """Say how a refund stands that was just sent."""
    if refund.state == Refund.State.FAILED:
        messages.error(request, f"{refund.total} could not be refunded: {refund.last_error}")
    elif refund.state == Refund.State.REQUESTED:
        messages.warning(request, f"{refund.total} is noted, but the provider does not answer. It is asked again soon.")
    else:
        messages.success(request, f"{refund.total}: {refund.get_state_display().lower()}.")


def ask_first(request: HttpRequest, order: Order, words: dict[str, Any]) -> HttpResponse:
    """The last question. words: title, told (paragraphs) and button."""
    context = {**admin.site.each_context(request), **words, "order": order}
    return TemplateResponse(request, "adminpanel/orders/sure.html", context)


def to_order(order: Order) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:shop_order_change", args=[order.pk]))


def may_try_again(user: Any) -> bool:
    """Whether this person may have the provider asked, as by syncing an order."""
    return bool(user.has_perms(("shop.view_providerevent", "shop.change_paymentattempt")))


def again_view(request: HttpRequest, event_id: int) -> HttpResponse:
    """Work on one message once more, and go back to where the button was."""
    if not may_try_again(request.user):
        raise PermissionDenied
    event = get_object_or_404(ProviderEvent, pk=event_id)
    work_again(request, event)
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, None):
        back = reverse("admin:shop_providerevent_change", args=[event.pk])
    return HttpResponseRedirect(back)


def work_again(request: HttpRequest, event: ProviderEvent) -> None:
    """Try it, and say what came of it."""
    if event.processed_at:
        messages.warning(request, f"{event.type} was worked on before, so nothing was done.")
        return
    try:
        try_again(event, signed_in(request))
    except Exception as error:
        log.warning("event %s could not be worked on again", event.pk, exc_info=True)
        messages.error(request, f"{event.type} failed again: {str(error) or repr(error)}")
    else:
        messages.success(request, f"{event.type} was worked on.")
