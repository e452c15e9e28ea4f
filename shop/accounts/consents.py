"""What people agreed to be written about. The history only grows: taking a yes back is a row of its own."""

from shop.accounts.customer_models import Consent
from shop.accounts.models import User

# What stands beside the box, wherever it is shown.
NEWS_WORDS = "Send me one letter a month about new pieces"


def record(
    *, email: str, given: bool, source: Consent.Source, user: User | None = None, words: str = NEWS_WORDS
) -> Consent | None:
    """Note a yes or a no to the monthly letter; None where it only repeats the last word of that e-mail.

    words: what was shown beside the box. A no from somebody who never said yes tells nothing new either.
    """
    email = email.strip().lower()
    if Consent.objects.standing(email, Consent.Purpose.NEWS) == given:
        return None
    return Consent.objects.create(
        user=user, email=email, purpose=Consent.Purpose.NEWS, given=given, source=source, words=words[:200]
    )


def carry(user: User, former: str) -> None:
    """Their e-mail was another until now: what they had agreed to holds for the new one, and no more for the old."""
    if former != user.email and Consent.objects.standing(former, Consent.Purpose.NEWS):
        record(email=user.email, given=True, source=Consent.Source.ACCOUNT, user=user)
        record(email=former, given=False, source=Consent.Source.ACCOUNT, user=user)
