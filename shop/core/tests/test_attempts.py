from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from shop.core import clock
from shop.core.attempts import CLAIM, MAX_ATTEMPTS, claim
from shop.events.models import OutboxEvent
from shop.events.services import emit


def emit_one() -> OutboxEvent:
    with transaction.atomic():
        return emit("OrderPaid", {"order_id": 1, "number": "A7KM-29QX"})


@pytest.mark.django_db(transaction=True)
def test_a_claimed_row_is_nobody_elses_until_the_claim_ends() -> None:
    row = emit_one()
    before = clock.now()
    with CaptureQueriesContext(connection) as queries:
        assert claim(OutboxEvent.objects.due(), 10) == [row]
    assert any("FOR UPDATE SKIP LOCKED" in query["sql"] for query in queries)
    assert claim(OutboxEvent.objects.due(), 10) == []
    row.refresh_from_db()
    assert (row.next_attempt_at >= before + CLAIM, row.attempts, row.state) == (True, 1, "pending")


@pytest.mark.django_db(transaction=True)
def test_a_claim_inside_a_transaction_is_refused() -> None:
    emit_one()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        claim(OutboxEvent.objects.due(), 10)
    assert OutboxEvent.objects.get().attempts == 0


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (5, 32), (11, 2048), (12, 3600), (32_767, 3600)])
def test_waits_double_up_to_an_hour(attempts: int, seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    fields = OutboxEvent(attempts=attempts).after_failure("x" * 3000, given_up="dead")
    assert fields["next_attempt_at"] == moment + timedelta(seconds=seconds)
    assert fields["last_error"] == "x" * 2000
    assert fields.get("state") == ("dead" if attempts >= MAX_ATTEMPTS else None)
