"""The hosted payment page: plain forms, no script."""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from sandbox.deliveries import deliver_due
from sandbox.models import Intent, Session
from sandbox.money import written
from sandbox.stripe import paying
from sandbox.stripe.cards import CARDS, find
from sandbox.stripe.forms import CardForm


@never_cache
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, session_id: str) -> HttpResponse:
    """Show the form, or do what its button says. A page that is not open any more says so, or leads on."""
    session = load(session_id)
    if session.status != Session.Status.OPEN:
        return done(session) if request.method == "POST" else closed(request, session)
    form = CardForm(request.POST if request.method == "POST" and "debit" not in request.POST else None)
    if request.method == "POST" and "debit" in request.POST:
        return done(paying.pay_by_debit(session_id))
    if form.is_valid():
        session = paying.pay_by_card(session_id, find(form.cleaned_data["card_number"]))
        if session.status != Session.Status.OPEN:
            return done(session)
        if session.intent and session.intent.status == Intent.Status.NEEDS_ACTION:
            return redirect("sandbox-confirm", session_id)
        deliver_due(most=5)
    return show(request, "sandbox/pay.html", session, form=form, cards=CARDS.values(), declined=declined(session, form))


@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, session_id: str) -> HttpResponse:
    """The bank's own page of 3-D Secure."""
    session = load(session_id)
    waiting = session.intent is not None and session.intent.status == Intent.Status.NEEDS_ACTION
    if not waiting or session.status != Session.Status.OPEN:
        return redirect("sandbox-pay", session_id)
    if request.method == "GET":
        return show(request, "sandbox/confirm.html", session)
    session = paying.confirm(session_id, succeeds="confirm" in request.POST)
    if session.status == Session.Status.OPEN:
        deliver_due(most=5)
        return redirect("sandbox-pay", session_id)
    return done(session)


def load(session_id: str) -> Session:
    """The session as it is now, 404 for an unknown one. One whose time is over is expired first."""
    try:
        with transaction.atomic():
            session = paying.locked(session_id)
    except Session.DoesNotExist:
        raise Http404("The sandbox has no such payment page.") from None
    return session


def declined(session: Session, form: CardForm) -> str:
    """Why the last try did not pay, unless this one did not even get that far."""
    if form.errors or session.intent is None or not session.intent.last_error:
        return ""
    return str(session.intent.last_error["message"])


def done(session: Session) -> HttpResponse:
    """Back to the shop once the payment is made (again, if it was before); otherwise to the page that says why not."""
    if session.status != Session.Status.COMPLETE:
        return redirect("sandbox-pay", session.pk)
    # The shop's webhook is told first, as it mostly is; what fails here is tried again by the worker.
    deliver_due(most=5)
    response = HttpResponseRedirect(session.success_url.replace("{CHECKOUT_SESSION_ID}", session.pk))
    response.status_code = 303
    return response


def closed(request: HttpRequest, session: Session) -> HttpResponse:
    return show(request, "sandbox/closed.html", session)


def show(request: HttpRequest, template: str, session: Session, **context: Any) -> HttpResponse:
    lines = [
        {**line, "amount": written(line["unit_amount"] * line["quantity"], session.currency)}
        for line in session.line_items
    ]
    total = written(session.amount_total, session.currency)
    return render(request, template, {"session": session, "lines": lines, "total": total, **context})
