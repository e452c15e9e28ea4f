"""Orders that somebody placed as a guest come to their account, once the e-mail is known to be theirs."""

from shop.accounts.models import User
from shop.orders.models import Order


def join_orders(user: User) -> int:
    """Give the account the guest orders with its e-mail, in any case of letters; returns how many.

    Nothing without a confirmed e-mail: whoever types somebody else's must not see their orders.
    """
    if not user.email_confirmed_at or not user.is_active:
        return 0
    return Order.objects.guests(user.email).update(user=user)
