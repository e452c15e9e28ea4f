"""Who may see an order: whoever has its key."""

from django.shortcuts import get_object_or_404

from shop.orders.models import Order


def load_order(number: str, key: str) -> Order:
    """The order, for somebody who holds its key; 404 for everybody else."""
    return get_object_or_404(Order, number=number, key=key)
