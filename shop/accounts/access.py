"""Pages for whoever is signed in, and the way back to where they were."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from shop.core.http import personal_page, see_other

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
MAX_NEXT = 500


def signed_in_page(view: View[P]) -> View[P]:
    """A personal page for whoever is signed in; others go to sign in first and come back (a form: to its page)."""

    @personal_page
    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return see_other(sign_in_address(request.get_full_path() if request.method in ("GET", "HEAD") else ""))

    return wrapped


def sign_in_address(after: str = "") -> str:
    """The sign-in page, going on to that path of ours afterwards."""
    query = f"?{urlencode({'next': after}, safe='/')}" if is_local(after) else ""
    return reverse("account-login") + query


def safe_next(request: HttpRequest) -> str:
    """Where the person wants to go afterwards (`next` in the form or the query); empty unless it is a path of ours."""
    after = request.POST.get("next") or request.GET.get("next") or ""
    return after if is_local(after) else ""


def is_local(path: str) -> bool:
    """Whether that is a path on this site, in every browser's reading: one slash first, no \\, no control character."""
    if len(path) > MAX_NEXT or not path.startswith("/") or "\\" in path:
        return False
    return path.isprintable() and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
