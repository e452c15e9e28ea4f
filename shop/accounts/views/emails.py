"""Changing the e-mail that somebody signs in with: asked for here, in force once the new address has said yes."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from shop.accounts import new_email, pending
from shop.accounts.access import signed_in_page
from shop.accounts.forms import LinkForm, NewEmailCodeForm, NewEmailForm
from shop.accounts.models import User
from shop.accounts.proving import proved_page
from shop.accounts.views.gate import gate, show
from shop.adapters.accounts import AccountsError, accounts
from shop.core.http import see_other

CODE = "email_code"
BAD_LINK = "This link was used already, is too old, or belongs to another account. Ask for a new one below."


@gate
@proved_page
def change(request: HttpRequest) -> HttpResponse:
    """The form; then the same words whether the address is free or another's."""
    form = NewEmailForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return show(request, "email", form)
    try:
        new_email.ask(request, cast(User, request.user), form.cleaned_data["email"])
    except AccountsError as error:
        form.refuse(error)
        return show(request, "email", form)
    pending.forget(request, CODE)
    return see_other(reverse("account-email-confirm"))


@gate
def confirm(request: HttpRequest) -> HttpResponseBase:
    """Where the mailed link leads: its code is put by, so that somebody who has to sign in first still has it."""
    if pending.stash_code(request, CODE):
        return see_other(reverse("account-email-confirm"))
    return confirm_signed_in(request)


@signed_in_page
def confirm_signed_in(request: HttpRequest) -> HttpResponse:
    """One button, or the field for a mailed code."""
    code, typed = request.session.get(CODE, ""), accounts().codes_are_typed
    data = request.POST if request.method == "POST" else None
    form = NewEmailCodeForm(data) if typed else LinkForm(data)
    ready = bool(code) or typed
    if request.method != "POST" or not ready or not form.is_valid():
        return show(request, "email_confirm", form, ready=ready)
    try:
        email = new_email.confirm(request, cast(User, request.user), form.cleaned_data.get("code", code))
    except AccountsError as error:
        form.refuse(error)
        if not typed and form.status == 200:
            pending.forget(request, CODE)
            form.errors.clear()
            form.add_error(None, BAD_LINK)
        return show(request, "email_confirm", form, ready=typed or CODE in request.session)
    pending.forget(request, CODE)
    messages.success(request, f"You sign in with {email} from now on.")
    return see_other(reverse("account-details"))
