"""Sending something back, for whoever has the order's key: ask, withdraw in two steps, follow, print the slip."""

import logging
from contextlib import suppress
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.adapters.accounts import TooManyTries
from shop.adapters.carriers import CarrierRefused, CarrierUnavailable
from shop.core.errors import ShopError
from shop.core.http import personal_page, see_other
from shop.core.qr import svg
from shop.orders.access import load_order
from shop.orders.labels import address_lines
from shop.orders.models import Order
from shop.returns import labels, services
from shop.returns.deadlines import last_day, refusal
from shop.returns.forms import PiecesForm, ReturnForm, WithdrawalForm
from shop.returns.models import Return
from shop.returns.shown import WORDS
from shop.returns.units import left_to_return, not_sent

log = logging.getLogger(__name__)

State, Kind = Return.State, Return.Kind
BY_POST = "Please take the parcel to a post office: we refund the postage."
NO_LABEL = f"The carrier has no label for your address. {BY_POST}"
NO_ANSWER = "The carrier does not answer at the moment. Please try again in a few minutes."
NOT_YET = "What is left of this order has not been sent yet. If you do not want it any more, please write to us."
NOTHING_LEFT = "Everything in this order was sent back or refunded already."


@personal_page
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """The form, and the return it makes."""
    order = load_order(number, key)
    if made := made_before(request, order):
        return see_other(page_of(made))
    if refused := refusal_of(order, Kind.RETURN):
        return refuse(request, order, refused)
    form = ReturnForm(order, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            return see_other(page_of(services.ask(order=order, wanted=form.asked())))
        except ShopError as reason:
            form.add_error(None, str(reason))
    return show(request, "ask", form)


@personal_page
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """First the statement, then its confirmation, which declares it."""
    order = load_order(number, key)
    if made := made_before(request, order):
        return see_other(page_of(made))
    if refused := refusal_of(order, Kind.WITHDRAWAL):
        return refuse(request, order, refused)
    form = WithdrawalForm(order, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid() or "change" in request.POST:
        return show(request, "withdraw", form)
    if "confirmed" not in request.POST:
        return show(request, "withdraw_confirm", form)
    try:
        return see_other(page_of(services.ask(order=order, wanted=form.asked())))
    except ShopError as reason:
        form.add_error(None, str(reason))
        return show(request, "withdraw", form)


@personal_page
@require_safe
def detail(request: HttpRequest, number: str, key: str, which: str) -> HttpResponse:
    """How a return stands."""
    return stands(request, load_return(number, key, which))


def stands(request: HttpRequest, parent: Return, problem: str = "", status: int = 200) -> HttpResponse:
    """The page of a return. problem: why its label could not be made."""
    lines = list(parent.lines.select_related("order_line", "exchange_for__size"))
    words, kind = WORDS[State(parent.state)]
    may_send = parent.state == State.APPROVED
    context = {
        "order": parent.order,
        "return": parent,
        "lines": lines,
        "words": words,
        "kind": kind,
        "may_cancel": parent.state in (State.REQUESTED, State.APPROVED) and parent.kind == Kind.RETURN,
        "carrier": labels.prepaid_by(parent.order) if may_send else "",
        "code": svg(parent.number) if may_send else "",
        "problem": problem,
    }
    return render(request, "shop/returns/detail.html", context, status=status)


@personal_page
@require_safe
def slip_pdf(request: HttpRequest, number: str, key: str, which: str) -> HttpResponse:
    """The slip to lay into the parcel; 404 unless it may be sent."""
    parent = load_return(number, key, which)
    if parent.state != State.APPROVED:
        raise Http404("no slip for this return")
    # Heavy, and seldom asked for.
    from shop.returns.slip import pdf  # noqa: PLC0415

    return paper(pdf(parent), f"return-{parent.number}")


@personal_page
@require_POST
def label(request: HttpRequest, number: str, key: str, which: str) -> HttpResponse:
    """The carrier makes the prepaid label; where it does not, the page says what to do instead."""
    parent = load_return(number, key, which)
    try:
        labels.make_label(parent)
    except TooManyTries:
        return stands(request, parent, NO_ANSWER, 429)
    except CarrierRefused as refused:
        log.warning("no label for return %s: %s", parent.number, refused)
        return stands(request, parent, NO_LABEL, 409)
    except CarrierUnavailable as lost:
        log.warning("no label for return %s: %s", parent.number, lost)
        return stands(request, parent, NO_ANSWER, 503)
    except ShopError as refused:
        return stands(request, load_return(number, key, which), str(refused), 409)
    return see_other(page_of(parent))


@personal_page
@require_safe
def label_pdf(request: HttpRequest, number: str, key: str, which: str) -> HttpResponse:
    """The label to stick onto the parcel; 404 unless there is one and the parcel may be sent."""
    parent = load_return(number, key, which)
    if parent.state != State.APPROVED or not parent.label:
        raise Http404("no label for this return")
    return paper(bytes(parent.label), f"label-{parent.number}")


def paper(content: bytes, name: str) -> HttpResponse:
    """A PDF to print."""
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


@personal_page
@require_POST
def cancel(request: HttpRequest, number: str, key: str, which: str) -> HttpResponse:
    """The customer keeps it after all. What cannot be given up any more stays as it is, and its page says how."""
    parent = load_return(number, key, which)
    if parent.kind == Kind.RETURN and parent.state in (State.REQUESTED, State.APPROVED):
        # Refused where the parcel was opened while the page was open.
        with suppress(ShopError):
            services.cancel(parent=parent, reason="cancelled by the customer")
    return see_other(page_of(parent))


def load_return(number: str, key: str, which: str) -> Return:
    """The return of that order, for somebody who holds the order's key; 404 for everybody else."""
    return get_object_or_404(
        Return.objects.select_related("order", "replacement").defer("label"),
        number=which,
        order__number=number,
        order__key=key,
    )


def made_before(request: HttpRequest, order: Order) -> Return | None:
    """The return that this very form has made."""
    return Return.objects.filter(order=order).sent_with(request.POST.get("key", ""))


def refusal_of(order: Order, kind: Return.Kind) -> str:
    """Why there is nothing to choose from; empty where there is."""
    if (words := refusal(order, kind)) or left_to_return(order):
        return words
    return NOT_YET if not_sent(order) else NOTHING_LEFT


def refuse(request: HttpRequest, order: Order, words: str) -> HttpResponse:
    """Why not; 409 for a form that was sent."""
    context = {**summary(order), "refused": words}
    return render(request, "shop/returns/refused.html", context, status=409 if request.method == "POST" else 200)


def summary(order: Order) -> dict[str, Any]:
    """What the order's summary beside a form shows."""
    lines, taxes = list(order.lines.all()), list(order.taxes.all())
    return {"order": order, "lines": lines, "taxes": taxes, "address": address_lines(order)}


def show(request: HttpRequest, page: str, form: PiecesForm) -> HttpResponse:
    """One of the forms; 422 with what is to be mended."""
    order = form.order
    kind = Kind.RETURN if page == "ask" else Kind.WITHDRAWAL
    context: dict[str, Any] = {
        **summary(order),
        "form": form,
        "rows": form.rows(),
        "until": last_day(order, kind),
        "chosen": form.chosen() if page == "withdraw_confirm" else [],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, f"shop/returns/{page}.html", context, status=status)


def page_of(parent: Return) -> str:
    return reverse("order-return-detail", args=[parent.order.number, parent.order.key, parent.number])
