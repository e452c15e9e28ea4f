"""What a supplier has typed and not confirmed yet."""

from django.db import transaction

from shop.suppliers.answering import over
from shop.suppliers.moves import State, locked


@transaction.atomic
def save_for_later(order_id: int, typed: dict[str, str]) -> None:
    """Keep what stands in the fields, right or wrong. Raises ShopError once it is answered."""
    order = locked(order_id)
    if order.state != State.SENT:
        raise over(order)
    order.saved_answer = typed
    order.save(update_fields=["saved_answer", "updated_at"])
