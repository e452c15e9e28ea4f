"""The ways to pay that a buyer may choose from."""

from dataclasses import dataclass

from shop.adapters.payments import offered, provider
from shop.core.money import Money
from shop.payments.models import PaymentAttempt

Provider = PaymentAttempt.Provider
HINTS = {
    Provider.STRIPE: "You enter it on the next page",
    Provider.PAYPAL: "You agree on PayPal's own page",
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to pay; name: the provider's, as PaymentAttempt keeps it."""

    name: str
    label: str
    hint: str


def ways_to_pay(currency: str, amount: int | None = None) -> list[Way]:
    """Every way that is offered for that currency, the usual one first.

    amount: to be paid, minor units; then only those by which so little can be paid.
    """
    return [Way(name, Provider(name).label, HINTS[Provider(name)]) for name in offered(currency, amount)]


def in_one_word(total: Money) -> str:
    """How a total can be paid, for a page to compare: 'stripe-paypal', 'nothing' to pay, or empty for in no way."""
    return "-".join(way.name for way in ways_to_pay(total.currency, total.amount)) if total else "nothing"


def too_little(total: Money) -> str:
    """What to tell a buyer whose total cannot be paid in every way; empty where it can, or where nothing is to be paid.

    Says which way takes it, or from which amount on one does.
    """
    usual = offered(total.currency)
    able = [Provider(name).label for name in offered(total.currency, total.amount)]
    if not total or len(able) == len(usual):
        return ""
    least = {Provider(name).label: Money(provider(name).lowest(total.currency), total.currency) for name in usual}
    if able:
        refused = " or ".join(label for label in least if label not in able)
        return f"{total} is too little to pay by {in_a_sentence(refused)}: please pay with {' or '.join(able)}."
    label, amount = min(least.items(), key=lambda way: way[1].amount)
    least_words = f"by {in_a_sentence(label)} it takes at least {amount}"
    return f"{total} is too little to pay online: {least_words}. Please add a piece."


def in_a_sentence(label: str) -> str:
    """Card -> card; PayPal keeps its capitals."""
    return label.replace("Card", "card")
