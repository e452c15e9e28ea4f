"""The voucher code field of bag and checkout: trying a code, and what stands beside it."""

from dataclasses import dataclass, replace

from django.http import HttpRequest

from shop.accounts.visitors import customer
from shop.cart.services import Bag
from shop.cart.stores import store
from shop.checkout.quote import Quote, quote
from shop.marketing.discounts import Reason
from shop.marketing.models import typed_code
from shop.marketing.reasons import BY_KIND

# What another bag would change: such a code is kept, and applies once the bag allows it.
OF_THE_BAG = {reason.value for reason in Reason}
# As much of a wrong code as is worth showing again.
SHOWN = 60


@dataclass(frozen=True, slots=True)
class CodeField:
    """The field as it is shown. value: what stands in it; is_kept: the bag has this code."""

    value: str = ""
    error: str = ""
    is_kept: bool = False

    @property
    def applies(self) -> bool:
        return self.is_kept and not self.error


def use(bag: Bag, country: str, typed: str, customer: str) -> CodeField | None:
    """Let the bag have that code (empty: none), unless it is of no use whatever is in the bag.

    The field then, with what was typed and the reason; None where the bag has been changed.
    """
    if bag.cart is None:
        return None
    if typed:
        tried = replace(bag, cart=replace(bag.cart, code=typed))
        refusal = quote(tried, country, customer=customer).discounts.refusal
        if refusal and refusal.kind not in OF_THE_BAG:
            return CodeField(typed.replace("\0", "")[:SHOWN], refusal.words)
    store().set_code(bag.cart.key, typed_code(typed))
    return None


def field_of(quoted: Quote, why: str = "") -> CodeField:
    """The field of a bag as it is. why: the kind of reason for which one was sent back to it."""
    found = quoted.discounts
    if found.code:
        as_made = next((mark.code for mark in found.marks if mark.code), found.code)
        return CodeField(as_made, found.refusal.words if found.refusal else "", is_kept=True)
    return CodeField(error=BY_KIND[why].words if why in BY_KIND else "")


def customer_of(request: HttpRequest) -> str:
    """The e-mail address of somebody signed in."""
    user = customer(request)
    return user.email if user else ""
