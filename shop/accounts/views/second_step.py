"""The security page of an account, and setting up two-step sign-in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.accounts import second_step, totp
from shop.accounts.access import signed_in_page
from shop.accounts.browsers import signed_in_browsers, what_happened
from shop.accounts.forms import UNREACHABLE, AppCodeForm
from shop.accounts.proving import proved_page
from shop.accounts.views.owner import owner
from shop.adapters.accounts import AccountsError, SignInLapsed
from shop.core.http import see_other


@require_safe
@signed_in_page
def security(request: HttpRequest) -> HttpResponse:
    """Whether two steps are on, where one is signed in, and what happened to the account."""
    user = owner(request)
    context = {"is_on": known_state(request), "browsers": signed_in_browsers(request, user)}
    return render(request, "shop/accounts/security.html", {**context, "events": what_happened(user)})


def known_state(request: HttpRequest) -> bool | None:
    """On or off; None where the provider cannot say so now."""
    try:
        return second_step.is_on(request)
    except AccountsError:
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@proved_page
def two_step(request: HttpRequest) -> HttpResponse:
    """The picture to scan and the code to type; then the codes to write down, on this one answer only."""
    known = known_state(request)
    if known is None:
        messages.error(request, UNREACHABLE)
    if known is not False:
        return see_other(reverse("account-security"))
    form = AppCodeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return set_up(request, form)
    try:
        return turned_on(request, second_step.turn_on(request, owner(request), form.cleaned_data["code"]))
    except SignInLapsed:
        messages.error(request, "That took too long. Please sign out and in, and try again.")
        return see_other(reverse("account-security"))
    except AccountsError as error:
        form.refuse(error)
        return set_up(request, form)


def set_up(request: HttpRequest, form: AppCodeForm) -> HttpResponse:
    """The page with picture and key; without them where the provider gives none now."""
    try:
        start = second_step.started(request)
    except AccountsError:
        messages.error(request, UNREACHABLE)
        return see_other(reverse("account-security"))
    email = owner(request).email
    context = {"form": form, "picture": totp.picture(start.secret, email), "key": spaced(start.secret)}
    return render(request, "shop/accounts/two_step.html", context, status=form.status)


def turned_on(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """The recovery codes, or straight on where there are none."""
    if codes:
        return render(request, "shop/accounts/recovery_codes.html", {"codes": codes})
    messages.success(request, "Two-step sign-in is on.")
    return see_other(reverse("account-security"))


@require_POST
@proved_page
def two_step_off(request: HttpRequest) -> HttpResponse:
    try:
        second_step.turn_off(request, owner(request))
    except AccountsError:
        messages.error(request, UNREACHABLE)
    else:
        messages.success(request, "Two-step sign-in is off.")
    return see_other(reverse("account-security"))


def spaced(secret: str) -> str:
    """In fours, as people read it off."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
