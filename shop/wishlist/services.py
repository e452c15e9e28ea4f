"""Writing wish lists. Every change locks the list's row first, so changes of one list never overlap."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from shop.accounts.models import User
from shop.catalog.models import ProductVariant
from shop.core import clock
from shop.core.errors import ShopError
from shop.wishlist.models import WishItem, WishList

# A guest's list that nobody touches is forgotten after this; the cookie lives as long.
LIFETIME = timedelta(days=180)
MAX_ITEMS = 100


class ListFull(ShopError):
    """The list has as many pieces as it takes."""


@transaction.atomic
def save(wish_list: WishList, product_id: int, colour_id: int, variant_id: int | None = None) -> WishItem:
    """Put a piece on the list; one that is there stays, and takes the size where it had none.

    Raises ListFull, and WishList.DoesNotExist for a list that has been taken in meanwhile.
    """
    locked = WishList.objects.select_for_update().get(pk=wish_list.pk)
    if locked.user_id is None:
        locked.expires_at = clock.now() + LIFETIME
        locked.save(update_fields=["expires_at"])
    return put(locked, WishItem(product_id=product_id, colour_id=colour_id, variant_id=variant_id), most=MAX_ITEMS)


def save_anywhere(
    wish_list: WishList | None, user: User | None, variant: ProductVariant, *, with_size: bool
) -> tuple[WishList, WishItem]:
    """save() on that list; on a new one, of that user or of a guest, where there is none or it was taken in."""
    piece = (variant.product_id, variant.colour_id, variant.pk if with_size else None)
    if wish_list:
        try:
            return wish_list, save(wish_list, *piece)
        except WishList.DoesNotExist:
            # Somebody signed in at this very moment: a new list joins theirs at its next sight.
            pass
    made = list_for(user) if user else new_guest_list()
    return made, save(made, *piece)


def put(locked: WishList, item: WishItem, *, most: int | None = None) -> WishItem:
    """Put an unsaved item on the locked list, or give back the one that is there. Raises ListFull."""
    same = list(locked.items.filter(product_id=item.product_id, colour_id=item.colour_id))
    if found := next((other for other in same if item.variant_id in (None, other.variant_id)), None):
        return found
    if without_size := next((other for other in same if other.variant_id is None), None):
        without_size.variant_id = item.variant_id
        without_size.save(update_fields=["variant"])
        return without_size
    if most is not None and locked.items.count() >= most:
        raise ListFull(f"A wish list takes {most} pieces. Remove one to save another.")
    item.wish_list = locked
    item.save(force_insert=True)
    return item


def remove(wish_list: WishList, **which: int) -> int:
    """Take off what fits these fields of an item; returns how many there were."""
    return wish_list.items.filter(**which).delete()[0]


def list_for(user: User) -> WishList:
    """A customer's list, made where they have none."""
    return WishList.objects.get_or_create(user=user)[0]


def new_guest_list() -> WishList:
    return WishList.objects.create(expires_at=clock.now() + LIFETIME)


@transaction.atomic
def merge(key: str, user: User) -> int:
    """Take a guest's list into the customer's, once; returns how many pieces are new there. Leaves nothing out."""
    # A guest's list first, then a customer's: the latter is never taken in, so no two can wait for each other.
    guests = WishList.objects.select_for_update().filter(key=key, user=None, expires_at__gt=clock.now()).first()
    if guests is None:
        return 0
    own = WishList.objects.select_for_update().get(pk=list_for(user).pk)
    before = own.items.count()
    for item in guests.items.order_by("added_at", "pk"):
        same = {name: getattr(item, name) for name in ("product_id", "colour_id", "variant_id", "added_at")}
        put(own, WishItem(**same))
    guests.delete()
    return own.items.count() - before


def words_for(added: int) -> list[str]:
    """What to tell a customer of that many pieces that came along."""
    return [f"{added} saved {'piece has' if added == 1 else 'pieces have'} joined your wish list."] if added else []


@transaction.atomic
def keep(user: User, variants: Sequence[ProductVariant]) -> None:
    """Put these on the customer's list whatever its length: what had no room elsewhere."""
    if not variants:
        return
    own = WishList.objects.select_for_update().get(pk=list_for(user).pk)
    for variant in variants:
        put(own, WishItem(product_id=variant.product_id, colour_id=variant.colour_id, variant=variant))


def purge() -> int:
    """Delete the guests' lists that nobody has touched for their lifetime; returns how many."""
    expired = WishList.objects.filter(user=None, expires_at__lte=clock.now())
    return expired.delete()[1].get("shop.WishList", 0)
