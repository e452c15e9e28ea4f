"""Out of the bag, for later: a line becomes a piece on the wish list."""

from shop.accounts.models import User
from shop.cart.services import Bag, BagLine
from shop.cart.stores import store
from shop.wishlist import services as wishes
from shop.wishlist.models import WishList


def save_for_later(*, bag: Bag, line: BagLine, wish_list: WishList | None, user: User | None) -> WishList:
    """Move a line of the bag to the wish list, in its size; the list, new where there was none.

    Raises ListFull; both are as they were then.
    """
    assert bag.cart, "a line is in a bag"
    # One after the other, not in one transaction: whoever signs in meanwhile locks the bag before the list. What is on
    # the list first is at worst in both.
    found, _ = wishes.save_anywhere(wish_list, user, line.variant, with_size=True)
    store().remove(bag.cart.key, line.variant.pk)
    return found
