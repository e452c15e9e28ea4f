"""What a paid order does to the bag it was placed from.

A bag is not emptied when its order is placed: whoever gives up paying finds it as it was. It is emptied of what was
bought once the order is paid, by the event and by the order's page, whichever comes first; the store does it once.
"""

from collections import Counter

from shop.cart.stores import bag_of, store
from shop.orders.models import Order


def take_out(order: Order) -> None:
    """Take what a paid order bought out of its bag; what the buyer put in since stays. May run twice."""
    bought: Counter[int] = Counter()
    for variant_id, quantity in order.lines.values_list("variant_id", "quantity"):
        if variant_id is not None:
            bought[variant_id] += quantity
    store().settle(bag_of(order.placement_key), order.number, bought)
