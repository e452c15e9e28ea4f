"""What a customer does not have to type again, and what the shop keeps of an order for the next one."""

from typing import Any

from shop.accounts import addresses, consents
from shop.accounts.customer_models import Address, Consent
from shop.accounts.models import User
from shop.checkout.forms import initial_from
from shop.checkout.services import last_order_from
from shop.core.address_fields import typed_from
from shop.orders.models import Order


def prefilled(user: User | None, bag_key: str, address_id: str = "") -> dict[str, Any]:
    """The checkout form as it first shows: as the last order from this bag was, or as the account says.

    address_id: of a saved address that was chosen on the page; anything else chooses none.
    """
    earlier = last_order_from(bag_key)
    if user is None:
        return initial_from(earlier) if earlier else {}
    address = chosen(user, address_id)
    if earlier and earlier.user_id == user.pk and earlier.state == Order.State.PENDING and not address:
        return initial_from(earlier)
    return of_account(user, address or Address.objects.filter(user=user).first())


def of_account(user: User, address: Address | None) -> dict[str, Any]:
    """The address where there is one, else that of the newest order; the rest as that order was."""
    newest = Order.objects.of(user).order_by("-placed_at").first()
    filled = initial_from(newest) if newest else {"name": user.full_name}
    known = {"email": user.email, "news": Consent.objects.standing(user.email, Consent.Purpose.NEWS)}
    return filled | (typed_from(address) if address else {}) | known


def chosen(user: User, address_id: str) -> Address | None:
    """That saved address of the user."""
    if not (address_id.isascii() and address_id.isdecimal() and len(address_id) < 19):
        return None
    return Address.objects.filter(user=user, pk=int(address_id)).first()


def remember(order: Order) -> None:
    """Keep the first address with the account, and what was said about the monthly letter.

    A guest who leaves the box empty has said nothing; a customer saw there what stood, so theirs counts either way.
    """
    user = order.user
    if user:
        addresses.keep_first(user, kept_of(order))
    own = user is not None and user.email == order.email.lower()
    if order.marketing_consent or own:
        consents.record(
            email=order.email, given=order.marketing_consent, source=Consent.Source.CHECKOUT, user=user if own else None
        )


def kept_of(order: Order) -> dict[str, str]:
    """The order's address, by the names of a saved one, which are the same."""
    names = ("full_name", "phone", "country", "address", "address_extra", "city", "region", "postcode")
    return {name: getattr(order, name) for name in names}
