"""Your data: taking a copy, and closing the account."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from shop.accounts import sessions
from shop.accounts.access import sign_in_address, signed_in_page
from shop.accounts.audit import note
from shop.accounts.proving import proved_page
from shop.accounts.security_models import AccountEvent
from shop.accounts.views.owner import owner
from shop.adapters.accounts import SignInLapsed
from shop.checkout.welcome import farewell
from shop.core.http import see_other
from shop.privacy import copy
from shop.privacy.erasing import StaffStay, close_account


@signed_in_page
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/privacy/data.html")


@signed_in_page
@require_safe
def export_json(request: HttpRequest) -> HttpResponse:
    """All tables in one file."""
    answer = JsonResponse(copied(request), json_dumps_params={"indent": 2, "ensure_ascii": False})
    return attached(answer, "json")


@signed_in_page
@require_safe
def export_csv(request: HttpRequest) -> HttpResponse:
    """A zip with a CSV file for each table."""
    return attached(HttpResponse(copy.as_zip(copied(request)), content_type="application/zip"), "zip")


def copied(request: HttpRequest) -> dict[str, list[copy.Row]]:
    """The person's tables; that they were taken is written down, since somebody else may sit at their browser."""
    if request.method == "GET":
        note(AccountEvent.Kind.DATA_TAKEN, request=request, user=owner(request))
    return copy.tables(owner(request))


def attached(answer: HttpResponse, ending: str) -> HttpResponse:
    answer["Content-Disposition"] = f'attachment; filename="my-data-{timezone.localdate()}.{ending}"'
    return answer


@proved_page
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """GET says what goes and what stays, POST closes the account and ends every session of it."""
    if request.method != "POST":
        return render(request, "shop/privacy/erase.html")
    try:
        close_account(sessions.holder(request), owner(request))
    except StaffStay as error:
        return render(request, "shop/privacy/erase.html", {"problem": str(error)}, status=409)
    except SignInLapsed:
        sessions.end(request)
        return see_other(sign_in_address(request.path))
    logout(request)
    response = render(request, "shop/privacy/closed.html")
    farewell(response)
    return response
