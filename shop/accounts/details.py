"""What customers change about themselves."""

from django.db import transaction

from shop.accounts import consents
from shop.accounts.customer_models import Consent
from shop.accounts.models import User


@transaction.atomic
def change(user: User, *, full_name: str, news: bool) -> None:
    """Their name, and whether they want the monthly letter; a changed mind is a row of its own in the history."""
    if user.full_name != full_name:
        user.full_name = full_name
        user.save(update_fields=["full_name"])
    consents.record(email=user.email, given=news, source=Consent.Source.ACCOUNT, user=user)
