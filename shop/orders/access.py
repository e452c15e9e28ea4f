"""Who may see an order: whoever has its key, and whoever it belongs to."""

from django.shortcuts import get_object_or_404

from shop.accounts.models import User
from shop.orders.models import Order


def load_order(number: str, key: str) -> Order:
    """The order, for somebody who holds its key; 404 for everybody else."""
    return get_object_or_404(Order, number=number, key=key)


def load_own_order(user: User, number: str) -> Order:
    """The order, for the customer it belongs to; 404 for everybody else, staff or not."""
    return get_object_or_404(Order, number=number, user=user)
