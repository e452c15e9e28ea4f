"""Returns by several people at once, on connections of their own."""

from functools import partial

import pytest
from django.db import transaction

from shop.checkout.tests.paying_builders import FakeProvider
from shop.core.errors import ShopError
from shop.payments.models import Refund
from shop.refunds.services import LineRefund, request_refund
from shop.returns.models import Return, ReturnLine
from shop.returns.services import Ask, Piece, ask
from shop.returns.settling import settle
from shop.returns.tests.builders import came, delivered, sent_back, stock_of
from shop.tests.builders import make_variant
from shop.tests.parallel import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_double_click_asks_once(fake: FakeProvider) -> None:
    order = delivered(fake)
    piece = Piece(order.lines.get().pk, 1, ReturnLine.Reason.TOO_SMALL)
    assert in_parallel(partial(ask, order=order, wanted=Ask([piece], key="one form")), 3) == []
    assert Return.objects.count() == 1


def test_two_tabs_cannot_send_more_back_than_was_bought(fake: FakeProvider) -> None:
    order = delivered(fake)
    piece = Piece(order.lines.get().pk, 2, ReturnLine.Reason.TOO_SMALL)
    errors = in_parallel(partial(ask, order=order, wanted=Ask([piece])), 3)
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
    turns = iter(
        [
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
        ]
    )

    def work() -> None:
        turn = next(turns)
        with transaction.atomic():
            turn()

    in_parallel(work, 3)
    assert sum(refund.amount for refund in Refund.objects.all()) == 15600
    assert Return.objects.get().state == "closed"
