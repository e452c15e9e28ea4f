"""Every call to a payment provider leaves a row: what was asked, how it ended, how long it took.

`provider_of(attempt)` is the attempt's adapter with each of its calls recorded; use it, not the adapter. Kept are the
port's own words only: no parameters, no answers, nothing of a card or a key.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

from shop.adapters.network import refuse_inside_transaction
from shop.adapters.payments import PaymentProvider, RefundState, SessionState, provider
from shop.core import clock
from shop.payments.models import PaymentAttempt, ProviderCall

# What the port answers without asking anybody.
OFFLINE = frozenset({"name", "captures", "takes", "lowest", "freeze", "read_webhook"})
KEEP = timedelta(days=90)
# Keys of the providers and numbers as long as a card's, should an error message quote one.
SECRETS = re.compile(r"\b(?:sk|rk|pk|whsec)_\w+|\b(?:\d[ -]?){12,18}\d\b")
LONGEST_ERROR, LONGEST_OUTCOME = 300, 80


def provider_of(attempt: PaymentAttempt) -> PaymentProvider:
    """The adapter of this attempt's provider; its calls are recorded beside the attempt."""
    return cast("PaymentProvider", _Recorded(provider(attempt.provider), attempt))


def provider_named(name: str) -> PaymentProvider:
    """The adapter of that name; its calls are recorded, beside no attempt. KeyError for an unknown name."""
    return cast("PaymentProvider", _Recorded(provider(name), None))


class _Recorded:
    """Stands in for an adapter. Whatever the port gains is recorded too, without a line here."""

    def __init__(self, adapter: PaymentProvider, attempt: PaymentAttempt | None) -> None:
        self._adapter, self._attempt = adapter, attempt

    def __getattr__(self, operation: str) -> Any:
        asked = getattr(self._adapter, operation)
        return asked if operation in OFFLINE else self._recording(operation, asked)

    def _recording(self, operation: str, asked: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            row = ProviderCall(provider=self._adapter.name, operation=operation, attempt=self._attempt)
            row.key = str(options.get("idempotency_key", ""))[:120]
            with recorded(row):
                answer = asked(*args, **options)
                row.outcome = in_words(answer)
            return answer

        return call


@contextmanager
def recorded(row: ProviderCall) -> Iterator[ProviderCall]:
    """Write the row before the call, so that a crash in the middle shows as a call without an answer; finish it after.

    What the call raises goes on to the caller. Raises RuntimeError inside a transaction.
    """
    refuse_inside_transaction()
    row.save()
    began = time.monotonic()
    try:
        yield row
    except Exception as error:
        row.error = SECRETS.sub("(hidden)", str(error) or repr(error))[:LONGEST_ERROR]
        row.outcome = type(error).__name__
        raise
    else:
        row.outcome = row.outcome[:LONGEST_OUTCOME] or "done"
    finally:
        row.milliseconds = round((time.monotonic() - began) * 1000)
        row.save(update_fields=["outcome", "error", "milliseconds"])


def in_words(answer: object) -> str:
    """An answer of the port in a few words."""
    if isinstance(answer, SessionState):
        return f"{answer.status}, {answer.payment_status}"
    if isinstance(answer, RefundState):
        return answer.status
    return f"{len(answer)} found" if isinstance(answer, list) else "done"


def forget_old_calls() -> int:
    """Remove rows older than KEEP; how many there were."""
    return ProviderCall.objects.older_than(clock.now() - KEEP).delete()[0]
