"""Choosing a new password: by a mailed link or code, or knowing the old one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from shop.accounts import credentials, pending
from shop.accounts.forms import ChangePasswordForm, EmailForm, NewPasswordForm, ResetForm
from shop.accounts.proving import proved_page
from shop.accounts.views.gate import gate, show
from shop.adapters.accounts import AccountsError, CodeRefused, accounts
from shop.core.http import see_other

CODE, EMAIL = "reset_code", "reset_email"
DONE = "Your new password is set, and every browser that was signed in is signed out. Sign in with it."

CHANGED = "Your password is changed, and every other browser is signed out."


@gate
def forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a mail to choose a new password with; the same answer whether there is an account or not."""
    form = EmailForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return show(request, "forgot", form)
    email = form.cleaned_data["email"]
    try:
        credentials.ask_for_reset(email, request)
    except AccountsError as error:
        form.refuse(error)
        return show(request, "forgot", form)
    pending.forget(request, CODE)
    request.session[EMAIL] = email
    return see_other(reverse("account-password-reset"))


@gate
def reset(request: HttpRequest) -> HttpResponse:
    """Where the mailed link leads, or where the mailed code is typed."""
    if pending.stash_code(request, CODE):
        return see_other(reverse("account-password-reset"))
    code, typed = request.session.get(CODE, ""), accounts().codes_are_typed
    known = {"email": request.session.get(EMAIL, "")}
    data = request.POST if request.method == "POST" else None
    form = ResetForm(data, initial=known) if typed else NewPasswordForm(data)
    context = {"ready": bool(code) or typed, "email": known["email"]}
    if request.method != "POST" or not context["ready"] or not form.is_valid():
        return show(request, "reset", form, **context)
    asked = {"email": form.cleaned_data.get("email", ""), "code": form.cleaned_data.get("code", code)}
    try:
        credentials.reset_password(request, **asked, password=form.cleaned_data["password"])
    except CodeRefused as error:
        if not typed:
            return link_spent(request)
        form.refuse(error)
    except AccountsError as error:
        form.refuse(error)
    else:
        pending.forget(request, CODE, EMAIL)
        messages.success(request, DONE)
        return see_other(reverse("account-login"))
    return show(request, "reset", form, **context)


def link_spent(request: HttpRequest) -> HttpResponse:
    """A link that is of no use leads to asking for another."""
    pending.forget(request, CODE)
    messages.error(request, "This link was used already, or is too old. Ask for a new one here.")
    return see_other(reverse("account-password-forgot"))


@gate
@proved_page
def change(request: HttpRequest) -> HttpResponse:
    """A new password, knowing the old one; every other browser is signed out."""
    form = ChangePasswordForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return show(request, "password", form)
    try:
        credentials.change_password(request, old=form.cleaned_data["old"], new=form.cleaned_data["password"])
    except AccountsError as error:
        form.refuse(error)
        return show(request, "password", form)
    messages.success(request, CHANGED)
    return see_other(reverse("account-security"))
