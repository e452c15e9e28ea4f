"""Which wish list a browser has: a guest's by the key in a signed cookie, a customer's by who is signed in."""

from django.http import HttpRequest, HttpResponseBase

from shop.accounts.visitors import customer
from shop.core import clock
from shop.core.cookies import SignedCookie
from shop.wishlist import services
from shop.wishlist.models import WishList

COOKIE = SignedCookie("wish", "shop.wishlist", services.LIFETIME)


def guest_key(request: HttpRequest) -> str | None:
    """The key of a guest's list; None without a cookie, with an edited or with an old one."""
    return COOKIE.read(request) or None


def current_list(request: HttpRequest) -> WishList | None:
    """This visitor's list, where there is one. A key alone never leads to a customer's."""
    if user := customer(request):
        return WishList.objects.filter(user=user).first()
    if key := guest_key(request):
        return WishList.objects.filter(key=key, user=None, expires_at__gt=clock.now()).first()
    return None


def remember(request: HttpRequest, response: HttpResponseBase, wish_list: WishList) -> None:
    """Let a guest's browser find that list again."""
    if wish_list.user_id is None:
        COOKIE.write(request, response, wish_list.key)
