"""The ways to pay that a buyer may choose from."""

from dataclasses import dataclass

from shop.adapters.payments import offered
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


def ways_to_pay(currency: str) -> list[Way]:
    """Every way that is offered for that currency, the usual one first."""
    return [Way(name, Provider(name).label, HINTS[Provider(name)]) for name in offered(currency)]
