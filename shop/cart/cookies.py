"""Which bag a browser has. A guest's is found by the key in a signed cookie; one that was edited is as good as none.

A customer's is found by who is signed in, and its key is never in a cookie: that one only says that the bag is an
account's, so that whoever comes after them to the same browser has an empty bag.
"""

from django.http import HttpRequest, HttpResponseBase

from shop.accounts.visitors import customer
from shop.cart.stores import LIFETIME, StoredCart, store
from shop.core.cookies import SignedCookie

COOKIE = SignedCookie("bag", "shop.cart", LIFETIME)
# In the place of a key. No key is this short.
ACCOUNT = "account"


def guest_key(request: HttpRequest) -> str | None:
    """The key of a guest's bag in this browser; None without a cookie, with an edited or with an old one."""
    key = COOKIE.read(request)
    return key if key and key != ACCOUNT else None


def was_accounts(request: HttpRequest) -> bool:
    """Whether the last bag in this browser was an account's."""
    return COOKIE.read(request) == ACCOUNT


def read_key(request: HttpRequest) -> str | None:
    """The key of the bag: the customer's own, or that of the guest in this browser."""
    user = customer(request)
    return user.cart_key if user else guest_key(request)


def remember(request: HttpRequest, response: HttpResponseBase, key: str) -> None:
    """Let the browser find that bag again."""
    if not customer(request):
        COOKIE.write(request, response, key)
    elif not guest_key(request):
        # A guest's bag that is still there stays to be taken in.
        COOKIE.write(request, response, ACCOUNT)


def current_cart(request: HttpRequest) -> StoredCart | None:
    """This visitor's bag as it is stored."""
    key = read_key(request)
    return store().load(key) if key else None
