"""The cookies of production, as a browser gets them: the real settings, in a process of their own."""

import json
import subprocess
import sys

from django.conf import settings

from storefront.tests.test_settings import NEEDED, environment_of

# Every cookie that the shop sets, on one answer; the session's row alone is not written, as there is no database.
ALL_COOKIES = """
import json
import django
django.setup()
from django.contrib import messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.test import RequestFactory
from shop.accounts import devices
from shop.accounts.models import User
from shop.accounts.session_store import SessionStore
from shop.cart import cookies as bag
from shop.wishlist import cookies as wish
from shop.wishlist.models import WishList

SessionStore.save = lambda session, must_create=False: None

def view(request):
    response = HttpResponse()
    request.session.create()
    request.session["x"] = 1
    get_token(request)
    messages.info(request, "Hello")
    bag.COOKIE.write(request, response, "key")
    wish.remember(request, response, WishList(key="key"))
    devices.remember(request, response, User(pk=1))
    return response

def forgetting(request):
    response = HttpResponse()
    bag.COOKIE.forget(response)
    wish.COOKIE.forget(response)
    return response

def attributes(response):
    names = ("secure", "httponly", "samesite", "path", "domain")
    return {name: [cookie[part] for part in names] for name, cookie in response.cookies.items()}

handler = SessionMiddleware(CsrfViewMiddleware(MessageMiddleware(view)))
request = RequestFactory().get("/", secure=True)
print(json.dumps([attributes(handler(request)), attributes(forgetting(request))]))
"""


def test_every_cookie_of_production_is_of_this_host_alone_and_out_of_reach_of_scripts() -> None:
    command = [sys.executable, "-c", ALL_COOKIES]
    result = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment_of(NEEDED), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    given, forgotten = json.loads(result.stdout)
    assert sorted(given) == [f"__Host-{name}" for name in ("bag", "csrf", "device", "messages", "session", "wish")]
    # Secure, HttpOnly, SameSite, Path, no Domain.
    assert {tuple(parts) for parts in given.values()} == {(True, True, "Lax", "/", "")}
    # A browser takes the end of such a cookie, too, only where it is Secure.
    assert forgotten == {f"__Host-{name}": [True, "", "Lax", "/", ""] for name in ("bag", "wish")}
