"""Signing in, with the questions that may follow the password, and out again."""

from django.contrib import messages
from django.contrib.auth import logout as leave
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from shop.accounts import devices, guarded, pending, sessions
from shop.accounts.access import safe_next, sign_in_address, signed_in_page
from shop.accounts.forms import GateForm, NewPasswordForm, SecondStepForm, SignInForm
from shop.accounts.models import User
from shop.accounts.pending import PendingChallenge, PendingSignUp
from shop.accounts.views.gate import gate, show
from shop.adapters.accounts import (
    AccountsError,
    Challenge,
    ChallengeKind,
    NotConfirmed,
    SignedIn,
    SignInLapsed,
    accounts,
)
from shop.checkout.welcome import farewell, tell, welcome
from shop.core.http import personal_page, see_other
from shop.orders.joining import join_orders

HOME = "/account/"
LAPSED = "That took too long, or your account has changed meanwhile. Please sign in again."
SIGNED_OUT = "You are signed out."
JOINED_ONE = "An earlier order is in your account now."
CONFIRM_FIRST = "Confirm your email first: we have written to you again."


@gate
def login(request: HttpRequest) -> HttpResponse:
    """The sign-in page; whoever is signed in goes on to where they wanted."""
    after = safe_next(request)
    if request.user.is_authenticated:
        return see_other(after or HOME)
    form = SignInForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return show(request, "login", form, after=after)
    email, stay = form.cleaned_data["email"], form.cleaned_data["stay"]
    try:
        outcome = guarded.sign_in(request, email=email, password=form.cleaned_data["password"])
        return go_on(request, outcome, stay=stay, after=after)
    except NotConfirmed:
        return confirm_first(request, form, PendingSignUp(email, after=after))
    except AccountsError as error:
        form.refuse(error)
        return show(request, "login", form, after=after)


def go_on(request: HttpRequest, outcome: SignedIn | Challenge, *, stay: bool, after: str) -> HttpResponse:
    """The next question, or the account."""
    if isinstance(outcome, SignedIn):
        return signed_in_response(request, outcome, stay=stay, after=after)
    pending.remember_challenge(request, PendingChallenge(outcome, stay, after))
    asks_for_code = outcome.kind == ChallengeKind.CODE
    return see_other(reverse("account-login-code" if asks_for_code else "account-login-new-password"))


def signed_in_response(
    request: HttpRequest, signed_in: SignedIn, *, stay: bool = False, after: str = ""
) -> HttpResponse:
    """Begin the session and go to where the person was. Raises WrongCredentials for a user disabled here."""
    user = sessions.begin(request, signed_in, stay=stay)
    pending.forget(request, pending.CHALLENGE, pending.SIGN_UP)
    if joined := join_orders(user):
        messages.success(request, JOINED_ONE if joined == 1 else f"{joined} earlier orders are in your account now.")
    response = see_other(after or HOME)
    devices.remember(request, response, user)
    tell(request, welcome(request, response, user))
    return response


def confirm_first(request: HttpRequest, form: GateForm, sign_up: PendingSignUp) -> HttpResponse:
    """The password was right, so it may be said what is missing; confirming in this browser then signs in."""
    try:
        guarded.resend_confirmation(request, email=sign_up.email)
    except AccountsError as error:
        form.refuse(error)
        return show(request, "login", form, after=sign_up.after)
    pending.remember_sign_up(request, sign_up)
    messages.info(request, CONFIRM_FIRST)
    return see_other(reverse("account-confirm"))


@gate
def login_code(request: HttpRequest) -> HttpResponse:
    """After the password: the code of the app, or one on paper."""
    recovery = accounts().has_recovery_codes
    return answer(request, ChallengeKind.CODE, "code", SecondStepForm(request.POST or None), recovery=recovery)


@gate
def login_new_password(request: HttpRequest) -> HttpResponse:
    """After a password that somebody else has chosen: one of their own."""
    form = NewPasswordForm(request.POST or None)
    return answer(request, ChallengeKind.NEW_PASSWORD, "password", form, page="login_new_password")


def answer(
    request: HttpRequest,
    kind: ChallengeKind,
    name: str,
    form: GateForm,
    page: str = "login_code",
    recovery: bool = False,
) -> HttpResponse:
    """Ask, and give the provider what was typed into the field of that name."""
    asked = pending.challenge(request)
    if asked is None or asked.challenge.kind != kind:
        return see_other(reverse("account-login"))
    if request.method != "POST" or not form.is_valid():
        return show(request, page, form, asked=asked, recovery=recovery)
    try:
        outcome = guarded.answer(request, challenge=asked.challenge, answer=form.cleaned_data[name])
        return go_on(request, outcome, stay=asked.stay, after=asked.after)
    except SignInLapsed:
        pending.forget(request, pending.CHALLENGE)
        messages.error(request, LAPSED)
        return see_other(sign_in_address(asked.after))
    except AccountsError as error:
        form.refuse(error)
        return show(request, page, form, asked=asked, recovery=recovery)


@require_POST
@personal_page
def logout(request: HttpRequest) -> HttpResponse:
    """Out of this browser; the same for whoever is out already."""
    sessions.end(request)
    messages.success(request, SIGNED_OUT)
    response = see_other(reverse("account-login"))
    farewell(response)
    return response


@require_POST
@signed_in_page
def logout_everywhere(request: HttpRequest) -> HttpResponse:
    """Out of every browser, this one too."""
    assert isinstance(request.user, User)
    sessions.end_everywhere(request.user)
    leave(request)
    messages.success(request, "You are signed out everywhere.")
    response = see_other(reverse("account-login"))
    farewell(response)
    return response
