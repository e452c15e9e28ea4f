"""Creating an account and confirming its e-mail. No page tells whether there was an account before."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from shop.accounts import consents, guarded, pending
from shop.accounts.access import safe_next, sign_in_address
from shop.accounts.customer_models import Consent
from shop.accounts.forms import ConfirmForm, EmailForm, SignUpForm, TypedConfirmForm
from shop.accounts.models import User
from shop.accounts.pending import PendingSignUp
from shop.accounts.views.gate import gate, show
from shop.accounts.views.owner import owner
from shop.accounts.views.signing_in import HOME, signed_in_response
from shop.adapters.accounts import AccountsError, CodeRefused, SignedIn, accounts
from shop.core.http import see_other

CODE = "confirm_code"
AGAIN = "If this email has an account that waits to be confirmed, we have written to it again."
CONFIRMED = "Your email is confirmed, and your account is ready. Sign in with it."
READY = "Your email is confirmed, and your account is ready."
BAD_LINK = "This link was used already, or is too old. Ask for a new one below."


@gate
def signup(request: HttpRequest) -> HttpResponse:
    """The form; then on to confirming, the same for an e-mail that has an account."""
    after = safe_next(request)
    if request.user.is_authenticated:
        return see_other(after or HOME)
    form = SignUpForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return show(request, "signup", form, after=after)
    asked = {name: form.cleaned_data[name] for name in ("email", "password", "full_name")}
    try:
        guarded.sign_up(request, **asked)
    except AccountsError as error:
        form.refuse(error)
        return show(request, "signup", form, after=after)
    remember(request, PendingSignUp(asked["email"], form.cleaned_data["news"], after))
    return see_other(reverse("account-confirm"))


def remember(request: HttpRequest, sign_up: PendingSignUp) -> None:
    """A new sign-up to confirm in this browser; a link opened before it is of no more use."""
    pending.forget(request, CODE)
    pending.remember_sign_up(request, sign_up)


@gate
def confirm(request: HttpRequest) -> HttpResponse:
    """Where the mailed link leads: a form, since programs that scan mails open links. Or the code is typed here.

    It asks for the password: whoever else signed up with the address chose another, which must not be confirmed.
    """
    if pending.stash_code(request, CODE):
        return see_other(reverse("account-confirm"))
    waiting = pending.sign_up(request)
    code = request.session.get(CODE, "")
    form = confirm_form(request, waiting)
    ready = bool(code) or accounts().codes_are_typed
    if request.method != "POST" or not ready or not form.is_valid():
        return show(request, "confirm", form, waiting=waiting, ready=ready)
    typed = {"email": form.cleaned_data.get("email", ""), "code": form.cleaned_data.get("code", code)}
    try:
        proved = guarded.confirm_sign_up(request, **typed, password=form.cleaned_data["password"])
        # A code that was typed says nothing about whose sign-up waits here; the e-mail beside it does.
        return confirmed(request, proved, waiting if waiting and typed["email"] in ("", waiting.email) else None)
    except AccountsError as error:
        return not_confirmed(request, form, error, waiting)


def confirm_form(request: HttpRequest, waiting: PendingSignUp | None) -> ConfirmForm:
    """With fields for a code that is typed, without for one out of a link."""
    data = request.POST if request.method == "POST" else None
    if accounts().codes_are_typed:
        return TypedConfirmForm(data, initial={"email": waiting.email if waiting else ""})
    return ConfirmForm(data)


def not_confirmed(
    request: HttpRequest, form: ConfirmForm, error: AccountsError, waiting: PendingSignUp | None
) -> HttpResponse:
    """A link that is refused is of no more use; beside a wrong password it may be tried again."""
    form.refuse(error)
    if isinstance(error, CodeRefused) and not accounts().codes_are_typed:
        pending.forget(request, CODE)
        form.errors.clear()
        form.add_error(None, BAD_LINK)
    return show(request, "confirm", form, waiting=waiting, ready=CODE in request.session or accounts().codes_are_typed)


def confirmed(request: HttpRequest, proved: SignedIn | None, waiting: PendingSignUp | None) -> HttpResponse:
    """Signed in where this very browser signed up; everybody else signs in with the password."""
    pending.forget(request, CODE, pending.SIGN_UP)
    if proved and waiting and proved.identity.email == waiting.email:
        messages.success(request, READY)
        response = signed_in_response(request, proved, after=waiting.after)
        note_news(waiting, owner(request))
        return response
    if proved is None and waiting:
        note_news(waiting, None)
    messages.success(request, CONFIRMED)
    return see_other(sign_in_address(waiting.after if waiting else ""))


def note_news(waiting: PendingSignUp, user: User | None) -> None:
    """The yes that was given with the sign-up counts once the e-mail is confirmed."""
    if waiting.news:
        consents.record(email=waiting.email, given=True, source=Consent.Source.SIGN_UP, user=user)


@gate
def confirm_again(request: HttpRequest) -> HttpResponse:
    """Another mail to confirm with, where there is something to confirm; the same words in any case."""
    waiting = pending.sign_up(request)
    form = EmailForm(request.POST or None, initial={"email": waiting.email if waiting else ""})
    if request.method != "POST" or not form.is_valid():
        return show(request, "confirm_again", form)
    try:
        guarded.resend_confirmation(request, email=form.cleaned_data["email"])
    except AccountsError as error:
        form.refuse(error)
        return show(request, "confirm_again", form)
    messages.success(request, AGAIN)
    return see_other(reverse("account-confirm"))
