"""Buying an order again, from the account's pages."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from shop.accounts.access import signed_in_page
from shop.accounts.models import User
from shop.checkout.again import buy_again
from shop.core.http import see_other
from shop.orders.models import Order


@signed_in_page
@require_POST
def order_again(request: HttpRequest, number: str) -> HttpResponse:
    """Put an order's pieces in the bag and show it, with what could not be had; another's order is 404."""
    user = cast(User, request.user)
    again = buy_again(get_object_or_404(Order, number=number, user=user), user.cart_key)
    for words in again.told:
        messages.warning(request, words)
    if again.put:
        messages.success(request, "What you had in that order is in your bag, at today's prices.")
    return see_other("/cart/")
