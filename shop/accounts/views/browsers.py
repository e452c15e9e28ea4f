"""Signing another browser out."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from shop.accounts import sessions
from shop.accounts.access import signed_in_page
from shop.accounts.models import User
from shop.core.http import see_other

SECURITY = "/account/security/"


@require_POST
@signed_in_page
def end_browser(request: HttpRequest) -> HttpResponse:
    """Sign out the browser whose key the form holds; this one's own leads to the sign-in page."""
    assert isinstance(request.user, User)
    key = request.POST.get("key", "").replace("\0", "")
    if key == request.session.get(sessions.SESSION_KEY):
        sessions.end(request)
        return see_other(reverse("account-login"))
    if not sessions.end_there(request.user, key, request):
        raise Http404("no such sign-in of theirs")
    messages.success(request, "That browser is signed out.")
    return see_other(SECURITY)
