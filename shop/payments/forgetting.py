"""What a payment provider was told and told about people, forgotten once nothing can need it any more.

How a payment went stays with the books: its states, amounts and times, and the ids that lead to it at the provider.
"""

from datetime import timedelta

from shop.core import clock
from shop.payments.models import PaymentAttempt, ProviderEvent

# Disputes and late refunds are asked about by id; a message may come again within days, and is known by its id too.
KEEP = timedelta(days=90)


def forget_old_messages() -> int:
    """Empty what was sent for payments that are over, and messages that were worked on, after KEEP; how many rows.

    A message that nobody could work on stays whole: a person has an alert about it.
    """
    before = clock.now() - KEEP
    asked = PaymentAttempt.objects.exclude(state__in=PaymentAttempt.LIVE).filter(updated_at__lt=before)
    told = ProviderEvent.objects.filter(processed_at__lt=before)
    return asked.exclude(params={}).update(params={}) + told.exclude(payload={}).update(payload={})
