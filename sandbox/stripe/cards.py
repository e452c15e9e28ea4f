"""The test cards, with Stripe's own numbers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """What happens when somebody pays with it; no code means that it pays."""

    number: str
    does: str
    code: str = ""
    decline_code: str = ""
    message: str = ""
    asks: bool = False

    @property
    def shown(self) -> str:
        """In groups of four, as on a card."""
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))


NOT_A_TEST_CARD = Card(
    "", "is refused", "card_declined", "test_mode_live_card", "This is not a test card. No real card is taken here."
)

CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242", "pays"),
        Card("5555555555554444", "pays (Mastercard)"),
        Card("4000000000000002", "is declined", "card_declined", "generic_decline", "Your card was declined."),
        Card(
            "4000000000009995",
            "has insufficient funds",
            "card_declined",
            "insufficient_funds",
            "Your card has insufficient funds.",
        ),
        Card("4000000000000069", "has expired", "expired_card", "expired_card", "Your card has expired."),
        Card("4000000000000127", "has another CVC", "incorrect_cvc", "incorrect_cvc", "The security code is wrong."),
        Card("4000000000003220", "asks you to confirm (3-D Secure)", asks=True),
        Card("4000002500003155", "asks you to confirm (3-D Secure)", asks=True),
    )
}


def find(number: str) -> Card:
    """The card of that number (digits only), or one that is always refused."""
    return CARDS.get(number, NOT_A_TEST_CARD)
