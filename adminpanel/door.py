"""The way into the staff site: through the shop's own sign-in page, and asked again while a session is open."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from shop.accounts import sessions
from shop.accounts.access import safe_next, sign_in_address
from shop.accounts.models import User
from shop.accounts.people import subject_of
from shop.accounts.security_models import SignIn
from shop.accounts.staff import apply_groups
from shop.adapters.accounts import AccountsError, SignInLapsed, accounts
from shop.core import clock
from shop.core.http import personal_page, see_other

ASKED_EVERY = timedelta(minutes=15)


@personal_page
def login(request: HttpRequest) -> HttpResponse:
    """On to the shop's sign-in page, and from there to the page that was wanted; customers are told why not (403)."""
    after = safe_next(request) or reverse("admin:index")
    if not request.user.is_authenticated:
        return see_other(sign_in_address(after))
    if request.user.is_staff:
        return see_other(after)
    return render(request, "adminpanel/refused.html", {"why": "not-staff"}, status=403)


@require_POST
@personal_page
def logout(request: HttpRequest) -> HttpResponse:
    sessions.end(request)
    return see_other(reverse("account-login"))


def password_change(request: HttpRequest) -> HttpResponse:
    """Where every account changes its password."""
    return see_other("/account/password/")


class StaffSessions:
    """Lets nobody into the staff site whose account or groups the provider has not confirmed for 15 minutes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(settings.STAFF_PATH) and not leaving(request):
            user = request.user
            if user.is_authenticated and user.is_staff and (refusal := refusal_of(request, user)):
                refusal.headers["Cache-Control"] = "private, no-store"
                return refusal
        return self.get_response(request)


def leaving(request: HttpRequest) -> bool:
    return request.path_info == reverse("admin:logout")


def refusal_of(request: HttpRequest, user: User) -> HttpResponse | None:
    """Why this member of staff may not go on, as a page; None if they may."""
    row = sessions.current(request)
    if row is not None and row.started_at <= clock.now() - timedelta(seconds=sessions.STAFF_SECONDS):
        # It was begun as a customer's, which may last for 30 days.
        return signed_out(request)
    try:
        if row is None or row.checked_at <= clock.now() - ASKED_EVERY:
            apply_groups(user, accounts().groups(subject=subject_of(user)))
            if row is not None:
                SignIn.objects.filter(pk=row.pk).update(checked_at=clock.now())
    except SignInLapsed:
        return signed_out(request)
    except AccountsError:
        # No answer is no yes; the session stays for when there is one.
        return render(request, "adminpanel/refused.html", {"why": "unreachable"}, status=503)
    if settings.STAFF_SECOND_STEP and not (row and row.with_second_step):
        return render(request, "adminpanel/refused.html", {"why": "second-step"}, status=403)
    return None


def signed_out(request: HttpRequest) -> HttpResponse:
    """The sign-in page, and from there back to the page that was wanted."""
    sessions.end(request)
    return see_other(sign_in_address(request.get_full_path()))
