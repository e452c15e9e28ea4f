"""Working on the providers' stored messages, and giving up on those that nobody can work on."""

from datetime import timedelta

from shop.accounts.models import User
from shop.alerts.services import close_alerts
from shop.checkout import advice
from shop.checkout.announced import process_event
from shop.checkout.sync import UnknownAttempt
from shop.core import clock
from shop.payments import services as payments
from shop.payments.models import ProviderEvent

# Providers send a message again for about three days. What could not be worked on until then is left to a person.
SET_ASIDE_AFTER = timedelta(days=3)


def work_on(row: ProviderEvent) -> None:
    """Work on a message; one that nobody could work on for days is set aside with an alert. Raises what went wrong."""
    try:
        process_event(row)
    except Exception as error:
        payments.fail_event(row, str(error) or repr(error))
        if row.received_at > clock.now() - SET_ASIDE_AFTER:
            raise
        payments.set_aside(row)
        # The payment nobody knows has an alert of its own since the message came.
        if not isinstance(error, UnknownAttempt):
            advice.set_aside(row, str(error) or repr(error))


def try_again(row: ProviderEvent, actor: User) -> None:
    """Work once more on a message that was given up, because a person asks for it; then its alert is closed.

    Raises what went wrong, which is kept with the message; it stays set aside.
    """
    try:
        process_event(row)
    except Exception as error:
        payments.fail_event(row, str(error) or repr(error))
        raise
    close_alerts(f"event-set-aside:{row.pk}", actor=actor)
