"""What every public page and every form on one has in common."""

from collections.abc import Callable
from functools import wraps
from ipaddress import IPv6Address, ip_address
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseForbidden, HttpResponseRedirect
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from shop.core import shown

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


# For pages that are purged whenever anything they show changes.
PURGED = 86_400
# Where a response keeps what its page shows. No header: nobody else is to read it.
SHOWN = "edge_tags"


def public_page(edge_seconds: int = 300) -> Callable[[View[P]], View[P]]:
    """A page that is the same for everybody: an edge may keep it that long, a browser asks again each time.

    Such a view must not read cookies, the session or the user; tests check that no cookie is set or varied on. What it
    shows is noted with shop.core.shown, which may also shorten the time.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            with shown.collecting() as page:
                response = view(request, *args, **kwargs)
            if response.status_code in (200, 301, 304, 404):
                seconds = page.seconds(edge_seconds)
                patch_cache_control(response, public=True, max_age=0, s_maxage=seconds, stale_while_revalidate=60)
                setattr(response, SHOWN, frozenset(page.tags))
                # Here too, since what compresses a page leaves an answer without a body as it is.
                patch_vary_headers(response, ["Accept-Encoding"])
            return response

        return wrapped

    return decorate


def personal_page(view: View[P]) -> View[P]:
    """A page about one person: nobody but their browser's memory may keep it."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    return wrapped


def same_origin_post(view: View[P]) -> View[P]:
    """Guards a form that stands on a public page, where a CSRF token cannot be (the page is the same for everybody).

    Browsers say where a request comes from: Sec-Fetch-Site where they know it, Origin on every POST, and Referer in
    those too old for either. A request that carries none of them, a foreign one or `null` is refused (403).
    """

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method == "POST" and not comes_from_here(request):
            return HttpResponseForbidden("This form was sent from another site, so it was not accepted.")
        return view(request, *args, **kwargs)

    return wrapped


def comes_from_here(request: HttpRequest) -> bool:
    """Whether the browser says that one of our own pages sent this request."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    ours = {f"{request.scheme}://{request.get_host()}", settings.SITE_URL}
    if origin := request.headers.get("Origin"):
        return origin in ours
    if referer := request.headers.get("Referer"):
        return any(referer.startswith(f"{site}/") for site in ours)
    return "Sec-Fetch-Site" in request.headers


def client_address(request: HttpRequest) -> str | None:
    """The network address of whoever asks; None where there is none that can be read.

    Each proxy writes at the right end of X-Forwarded-For whom it was asked by, and anybody may send the header with
    something in it already: only as many entries from the right as there are proxies of ours (TRUSTED_PROXIES) count.
    A request with fewer did not come through all of them, so its own peer is taken.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    trusted: int = settings.TRUSTED_PROXIES
    if trusted > 0:
        chain = request.headers.get("X-Forwarded-For", "").split(",")
        if len(chain) >= trusted and (forwarded := _readable(chain[-trusted])):
            return forwarded
    return _readable(peer)


def _readable(text: str) -> str | None:
    """The address in its one usual form; an IPv4 address that is wrapped in IPv6 is unwrapped."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        if address.scope_id:
            return None
    return str(address)


def see_other(url: str) -> HttpResponse:
    """After a form: the browser goes on with a GET of that address (303)."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def absolute(path: str) -> str:
    """The full public address of a path: what search engines, feeds and mails need. One that is full stays."""
    return path if path.startswith(("http://", "https://")) else f"{settings.SITE_URL}{path}"


def plain(text: str, status: int) -> HttpResponse:
    """A short answer for machines."""
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
