"""The cookie that leads to a bag: the bag's key, signed. One that was edited is as good as none."""

from django.http import HttpRequest, HttpResponseBase

from shop.cart.stores import LIFETIME, StoredCart, store

NAME = "bag"
SALT = "shop.cart"


def read_key(request: HttpRequest) -> str | None:
    """The key of this browser's bag; None without a cookie, with an edited or with an old one."""
    key = request.get_signed_cookie(NAME, default=None, salt=SALT, max_age=LIFETIME)
    return key or None


def write_key(response: HttpResponseBase, key: str, *, secure: bool) -> None:
    response.set_signed_cookie(NAME, key, salt=SALT, max_age=LIFETIME, httponly=True, samesite="Lax", secure=secure)


def current_cart(request: HttpRequest) -> StoredCart | None:
    """This browser's bag as it is stored."""
    key = read_key(request)
    return store().load(key) if key else None
