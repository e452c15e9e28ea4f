"""Returns by several people at once, on connections of their own."""

import threading
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest
from django.db import transaction

from shop.checkout.tests.paying_builders import FakeProvider, place
from shop.core.errors import InvalidTransition, ShopError
from shop.events.relay import relay
from shop.orders.models import Order
from shop.packing.finishing import Lack, close
from shop.packing.models import PackingLine
from shop.packing.scanning import scan
from shop.packing.services import plan
from shop.payments.models import Refund
from shop.refunds.services import LineRefund, request_refund
from shop.returns import services
from shop.returns.models import Return, ReturnLine
from shop.returns.services import Ask, Piece
from shop.returns.settling import settle
from shop.returns.tests.builders import ask, came, delivered, sent_back, shirts, stock_of
from shop.tests.builders import make_variant
from shop.tests.parallel import in_parallel
from shop.warehouse import services as warehouse
from shop.warehouse.models import Reservation

pytestmark = pytest.mark.django_db(transaction=True)


def in_turns(*turns: Callable[[], object]) -> list[Exception]:
    """All of them at once, each in a transaction of its own; the errors they ended with."""
    waiting = iter(turns)
    pick = threading.Lock()

    def work() -> None:
        with pick:
            turn = next(waiting)
        with transaction.atomic():
            turn()

    return in_parallel(work, len(turns))


def test_a_double_click_asks_once(fake: FakeProvider) -> None:
    order = delivered(fake)
    piece = Piece(order.lines.get().pk, 1, ReturnLine.Reason.TOO_SMALL)
    assert in_parallel(partial(services.ask, order=order, wanted=Ask([piece], key="one form")), 3) == []
    assert Return.objects.count() == 1


def test_two_tabs_cannot_send_more_back_than_was_bought(fake: FakeProvider) -> None:
    order = delivered(fake)
    piece = Piece(order.lines.get().pk, 2, ReturnLine.Reason.TOO_SMALL)
    errors = in_parallel(partial(services.ask, order=order, wanted=Ask([piece])), 3)
    assert (len(errors), Return.objects.count()) == (2, 1)
    assert all(isinstance(error, ShopError) for error in errors)


def test_a_parcel_is_opened_once(fake: FakeProvider) -> None:
    variant = make_variant(price=7800, stock=10)
    parent = sent_back(delivered(fake, variant))
    errors = in_parallel(partial(came, parent), 3)
    assert (len(errors), stock_of(variant)) == (2, (9, 0, 0))


def test_closing_and_a_refund_by_staff_give_each_piece_back_once(fake: FakeProvider) -> None:
    order = delivered(fake)
    parent = came(sent_back(order, 2), fit=2)
    line = order.lines.get().pk
    in_turns(
        partial(settle, parent=parent, actor=None),
        partial(
            request_refund,
            order=order,
            lines=[LineRefund(line, 2, False)],
            reason=Refund.Reason.GOODWILL,
            note="",
            actor=None,
        ),
        partial(settle, parent=parent, actor=None),
    )
    assert sum(refund.amount for refund in Refund.objects.all()) == 15600
    assert Return.objects.get().state == "closed"


def test_two_members_of_staff_close_one_return_once(fake: FakeProvider) -> None:
    parent = came(sent_back(delivered(fake)))
    errors = in_parallel(partial(settle, parent=parent, actor=None), 3)
    assert [type(error) for error in errors] == [InvalidTransition] * 2
    assert [refund.amount for refund in Refund.objects.all()] == [7800]
    assert parent.steps.filter(to_state="closed").count() == 1


def test_the_last_piece_goes_to_the_exchange_or_to_the_buyer(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=1)
    warehouse.receive(level=small.stock_levels.get(), quantity=3)
    order = delivered(fake, small)
    errors = in_turns(partial(ask, order, 1, size=large), partial(place, large, quantity=1))
    assert len(errors) == 1
    assert isinstance(errors[0], ShopError)
    assert stock_of(large) == (1, 1, 0)
    assert Reservation.objects.held().filter(level__variant=large).count() == 1
    # Whoever lost has left nothing behind.
    assert Order.objects.count() == 2
    assert Return.objects.count() == Order.objects.filter(grand_total=0).count()


def test_keeping_it_after_all_while_staff_approve_ends_in_one_way(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=3)
    parent = ask(delivered(fake, small), 1, size=large)
    errors = in_turns(
        partial(services.cancel, parent=parent, reason="cancelled by the customer"),
        partial(services.approve, parent=parent, actor=None),
    )
    parent.refresh_from_db()
    assert parent.state == "cancelled"
    assert [type(error) for error in errors] in ([], [InvalidTransition])
    assert stock_of(large) == (3, 0, 0)
    moves = [(step.from_state, step.to_state) for step in parent.steps.all()]
    assert all(before[1] == after[0] for before, after in pairwise(moves))


def test_a_return_and_a_withdrawal_do_not_send_the_same_pieces_back(fake: FakeProvider) -> None:
    order = delivered(fake)
    errors = in_turns(partial(ask, order, 2), partial(ask, order, 2, kind=Return.Kind.WITHDRAWAL))
    assert [type(error) for error in errors] == [services.NotReturnable]
    assert sum(line.quantity for line in ReturnLine.objects.all()) == 2


def test_approving_and_declining_at_once_leave_one_answer(fake: FakeProvider) -> None:
    parent = ask(delivered(fake))
    errors = in_turns(
        partial(services.approve, parent=parent, actor=None),
        partial(services.decline, parent=parent, words="It was worn.", actor=None),
    )
    assert [type(error) for error in errors] == [InvalidTransition]
    assert parent.steps.count() == 2


def test_an_exchange_that_is_packed_while_the_return_is_closed_is_paid_back_once(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=5)
    parent = came(sent_back(delivered(fake, small), 2, size=large), fit=2)
    (task,) = plan(Order.objects.get(replaces=parent).pk)
    lack = Lack(PackingLine.Problem.MISSING, PackingLine.Remedy.REFUND)
    scan(task=task, code=large.sku, actor=None)
    lacks = {line.pk: lack for line in task.lines.all()}
    assert in_turns(partial(close, task, lacks, None), partial(settle, parent=parent, actor=None)) == []
    relay()
    assert [refund.amount for refund in Refund.objects.all()] == [7800]
