"""Somebody signs in: what they gathered as a guest in this browser becomes theirs, once, and they are told in words.

A customer's bag and wish list are found by who is signed in, so no cookie leads to them: when they sign out, or their
session ends, the next person at the same browser has neither.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from shop.accounts.models import User
from shop.accounts.visitors import customer
from shop.cart import cookies as bag_cookies
from shop.cart import merging
from shop.cart.stores import store
from shop.core.http import P, View
from shop.wishlist import cookies as wish_cookies
from shop.wishlist import services as wishes

T = TypeVar("T")
log = logging.getLogger(__name__)
# Marks the messages of this module, which the pages of bag, wish list and account show.
TAG = "welcome"


def welcome(request: HttpRequest, response: HttpResponseBase, user: User) -> list[str]:
    """Give somebody who has just signed in what they had as a guest; what to tell them, a sentence each.

    Never raises for a trouble with these: what could not be taken in stays in its cookie and is tried again when bag
    or wish list are next looked at.
    """
    told = bring(request, user)
    settle_cookies(request, response)
    return told


def farewell(response: HttpResponseBase) -> None:
    """Let a browser forget the bag and the wish list of somebody who signs out."""
    bag_cookies.COOKIE.forget(response)
    wish_cookies.COOKIE.forget(response)


def brings_along(view: View[P]) -> View[P]:
    """For the pages of bag and wish list: what a guest gathered in a browser that is signed in is taken in first.

    It is there where taking it in failed at the sign-in, or where something was put in at that very moment.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not (bag_cookies.guest_key(request) or wish_cookies.guest_key(request)):
            return view(request, *args, **kwargs)
        user = customer(request)
        if user is None:
            return view(request, *args, **kwargs)
        tell(request, bring(request, user))
        response = view(request, *args, **kwargs)
        settle_cookies(request, response)
        return response

    return wrapped


def tell(request: HttpRequest, told: list[str]) -> None:
    """Keep these sentences for the next page of bag, wish list or account."""
    for words in told:
        messages.info(request, words, extra_tags=TAG)


def bring(request: HttpRequest, user: User) -> list[str]:
    """Make the customer's what lies in this browser, and take it out of the request's cookies; what to tell them."""
    told = []
    bag_key, wish_key = bag_cookies.guest_key(request), wish_cookies.guest_key(request)
    if bag_key and (merged := attempt(lambda: take_bag(bag_key, user))) is not None:
        bag_cookies.COOKIE.drop(request)
        told += merged.words
    if wish_key and (added := attempt(lambda: wishes.merge(wish_key, user))) is not None:
        wish_cookies.COOKIE.drop(request)
        told += wishes.words_for(added)
    return told


def take_bag(key: str, user: User) -> merging.Merged:
    """Both bags become the customer's; what has no room goes to their wish list in the same moment.

    Where bags are no part of the database there is no such moment: what will have no room is on the list before.
    """
    if store().in_database:
        with transaction.atomic():
            return keep_left(user, merging.merge(key, user.cart_key))
    wishes.keep(user, merging.foreseen(key, user.cart_key).left)
    return keep_left(user, merging.merge(key, user.cart_key))


def keep_left(user: User, merged: merging.Merged) -> merging.Merged:
    """Put on the wish list what had no room in the bag."""
    wishes.keep(user, merged.left)
    return merged


def attempt(work: Callable[[], T]) -> T | None:
    """What that gives; None, and a line in the log, where it fails: nobody is kept from signing in by it."""
    try:
        return work()
    except Exception:
        log.exception("what a guest had gathered could not be taken in")
        return None


def settle_cookies(request: HttpRequest, response: HttpResponseBase) -> None:
    """The cookies of a browser that is signed in: none of a guest's, but of what could not be taken in."""
    if not bag_cookies.guest_key(request):
        bag_cookies.COOKIE.write(request, response, bag_cookies.ACCOUNT)
    if not wish_cookies.COOKIE.is_sent(request):
        wish_cookies.COOKIE.forget(response)
