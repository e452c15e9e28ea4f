"""A payment whose money the shop asked for and whose page the provider has forgotten: a person has it ended."""

from django.db import transaction

from shop.accounts.models import User
from shop.adapters.payments import PageGone, ProviderError
from shop.alerts.models import Alert
from shop.alerts.services import close_alerts
from shop.checkout.capturing import locked
from shop.checkout.sync import cancel_unpaid, sync
from shop.core.errors import ShopError
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.models import PaymentAttempt

State = PaymentAttempt.State
GIVEN_UP = "the provider knows of no payment, so staff gave it up"


class NotClear(ShopError):
    """Nobody can say that no money was taken; the message says why. The payment was not ended."""


def doubted(order: Order) -> list[PaymentAttempt]:
    """The order's payments that nobody can say about, as their open alerts tell."""
    wanted = PaymentAttempt.objects.filter(order=order, capture_wanted_at__isnull=False).live()
    by_key = {alert_key(attempt): attempt for attempt in wanted}
    keys = Alert.objects.open().filter(key__in=by_key).values_list("key", flat=True)
    return [by_key[key] for key in keys]


def alert_key(attempt: PaymentAttempt) -> str:
    """The key of the alert that advice.capture_unknown() raises."""
    return f"capture-unknown:{attempt.pk}"


def end_forgotten(*, attempt: PaymentAttempt, actor: User | None) -> PaymentAttempt:
    """Ask the provider once more. An answer is applied; where it knows nothing, the payment has FAILED.

    Outside any transaction. The attempt as it is afterwards; its alert is closed. Raises NotClear, with the payment
    as it was, when the provider's answer leaves it open whether money was taken.
    """
    refuse_unless_doubted(attempt)
    try:
        after = sync(attempt.pk)
    except PageGone:
        after = give_up(attempt, actor)
    except (ProviderError, ShopError) as unclear:
        raise NotClear(f"The provider gives no clear answer, so the payment stays as it is: {unclear}") from unclear
    close_alerts(alert_key(attempt), actor=actor)
    return after


def refuse_unless_doubted(attempt: PaymentAttempt) -> None:
    """Raise NotClear for a payment that has ended, or whose money was never asked for."""
    if attempt.state not in PaymentAttempt.LIVE or attempt.capture_wanted_at is None:
        state = attempt.get_state_display().lower()
        raise NotClear(f"This payment is {state}, so there is nothing to end.")


@transaction.atomic
def give_up(attempt: PaymentAttempt, actor: User | None) -> PaymentAttempt:
    """End a payment that its provider does not know, and let its order's stock go. Raises NotClear."""
    order, attempt = locked(attempt.pk)
    refuse_unless_doubted(attempt)
    told = attempt.events.filter(type__startswith="PAYMENT.CAPTURE.").exclude(type="PAYMENT.CAPTURE.DENIED").first()
    if attempt.intent_id or told:
        raise NotClear(
            f"The provider does not know the page any more, but has named a payment ({attempt.intent_id or told}). "
            "Look that up there: it may have taken the money."
        )
    payments.move(attempt, State.FAILED, note=GIVEN_UP)
    cancel_unpaid(order, GIVEN_UP, actor=actor)
    return attempt
