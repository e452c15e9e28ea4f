"""Two people decide about the same order in review, on real connections: one decision is made, the other refused."""

from collections.abc import Callable
from itertools import count

import pytest

from shop.alerts.models import Alert
from shop.checkout.reviewing import NotAcceptable, accept_as_paid, refund_and_cancel
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, states
from shop.checkout.tests.test_reviewing import facts, in_review
from shop.core.errors import ShopError
from shop.orders.models import Order
from shop.refunds.services import NotCancellable
from shop.tests.parallel import in_parallel
from shop.warehouse.ledger import differences

pytestmark = pytest.mark.django_db(transaction=True)
OVER = "not in review any more, so nothing was done"
Decision = Callable[[], object]
Facts = tuple[object, ...]
# states, reserved, holds, events, and how many refunds, changes of state and open alerts there are.
ACCEPTED: Facts = (("review", "paid"), 2, [(2, None)], ["OrderPaid"], (0, 3, 0))
GIVEN_UP: Facts = (("review", "cancelled"), 0, [], ["OrderCancelled"], (1, 3, 0))


def at_once(first: Decision, second: Decision, threads: int = 2) -> list[Exception]:
    turns = count()
    return in_parallel(lambda: (first, second)[next(turns) % 2](), threads)


def decisions(order: Order) -> tuple[Decision, Decision]:
    """Accepting and giving up, each with a row of the order that was read before."""
    return (
        lambda: accept_as_paid(order=order, actor=None, note="agreed"),
        lambda: refund_and_cancel(order=order, actor=None, note="wrong shop"),
    )


def check_one_decision(fake: FakeProvider, order: Order, errors: list[Exception]) -> None:
    """The order is wholly the one or wholly the other, at the provider too, and each loser was told so."""
    assert all(isinstance(error, ShopError) and OVER in str(error) for error in errors), errors
    accepted = states(order) == ("review", "paid")
    order.refresh_from_db()
    assert facts(order) == (ACCEPTED if accepted else GIVEN_UP)
    taken = attempt_of(order)
    sent = sum(made.amount for made in fake.refunds.values())
    assert taken.refunded_amount == sent == (0 if accepted else taken.captured_amount)
    assert (differences(), Alert.objects.open().count()) == ([], 0)


@pytest.mark.parametrize("time", range(5))
def test_accepting_beside_giving_up_does_one_and_tells_the_other(fake: FakeProvider, time: int) -> None:
    order = in_review(fake, 500)
    accept, give_up = decisions(order)
    errors = at_once(accept, give_up) if time % 2 else at_once(give_up, accept)
    assert len(errors) == 1
    assert isinstance(errors[0], NotCancellable if states(order) == ("review", "paid") else NotAcceptable)
    check_one_decision(fake, order, errors)


def test_many_who_decide_at_once_make_one_decision(fake: FakeProvider) -> None:
    order = in_review(fake, -500)
    errors = at_once(*decisions(order), threads=6)
    assert len(errors) == 5
    check_one_decision(fake, order, errors)


@pytest.mark.parametrize("which", [0, 1])
def test_the_same_decision_by_two_is_made_once(fake: FakeProvider, which: int) -> None:
    order = in_review(fake, 500)
    decision = decisions(order)[which]
    errors = at_once(decision, decision)
    assert len(errors) == 1
    check_one_decision(fake, order, errors)
