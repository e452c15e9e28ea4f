"""Whatever is asked, graded, exchanged and paid back in whatever order: no cent and no piece goes back twice."""

from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.catalog.models import ProductVariant
from shop.checkout.tests.paying_builders import FakeProvider
from shop.core.errors import ShopError
from shop.events.relay import relay
from shop.invoices.models import Document
from shop.orders.models import Order
from shop.packing.finishing import Lack, close
from shop.packing.models import PackingLine, PackingTask
from shop.packing.scanning import scan
from shop.payments.models import PaymentAttempt, Refund, RefundLine
from shop.payments.refunds import send
from shop.refunds.services import LineRefund, cancel_paid, request_refund
from shop.returns import services
from shop.returns.models import Return, ReturnLine
from shop.returns.receiving import Grade, receive
from shop.returns.services import Ask, Piece
from shop.returns.settling import settle
from shop.returns.tests.builders import deliver, delivered, shirts
from shop.returns.units import left_to_return
from shop.warehouse.ledger import differences

BOUGHT = 4
REASONS = [ReturnLine.Reason.TOO_SMALL, ReturnLine.Reason.FAULTY, ReturnLine.Reason.CHANGED_MIND]
# Every example makes rows of its own inside the test's transaction.
ON_ROWS = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

number = st.integers(0, 3)
# What leads on comes more often.
DEEDS = (
    *("ask", "ask", "ask", "approve", "approve", "receive", "receive", "settle", "settle", "pack", "pack", "deliver"),
    *("deliver", "news", "keep", "decline", "refund", "call_off"),
)
step = st.tuples(st.sampled_from(DEEDS), number, number, number)


class Story:
    """One order of four shirts, and all orders that come in exchange for them."""

    def __init__(self, fake: FakeProvider) -> None:
        self.variants: list[ProductVariant] = shirts("S", "M", "L", stock=6, price=3333)
        self.first = delivered(fake, self.variants[0], quantity=BOUGHT)

    @property
    def orders(self) -> list[Order]:
        return list(Order.objects.filter(pk__gte=self.first.pk).order_by("pk"))

    def parent(self, which: int) -> Return | None:
        found = list(Return.objects.filter(order__in=self.orders).order_by("pk"))
        return found[-1 - which % len(found)] if found else None

    def take(self, what: str, which: int, units: int, more: int) -> None:
        """One step; what is refused changes nothing."""
        with suppress(ShopError), transaction.atomic():
            if what in ("ask", "refund", "pack", "deliver", "call_off"):
                getattr(self, what)(self.orders[-1 - which % len(self.orders)], units, more)
            elif what == "news":
                pass
            elif parent := self.parent(which):
                getattr(self, what)(parent, units, more)
        relay()
        for refund in Refund.objects.unfinished():
            send(refund.pk)
        relay()

    def ask(self, order: Order, units: int, more: int) -> None:
        line = order.lines.get()
        size = self.variants[more].pk if more < 3 else None
        kind = Return.Kind.WITHDRAWAL if size is None and units == 3 else Return.Kind.RETURN
        services.ask(order=order, wanted=Ask([Piece(line.pk, units, REASONS[(units + more) % 3], size)], kind=kind))

    def approve(self, parent: Return, units: int, more: int) -> None:
        services.approve(parent=parent, actor=None)

    def keep(self, parent: Return, units: int, more: int) -> None:
        services.cancel(parent=parent, reason="kept")

    def decline(self, parent: Return, units: int, more: int) -> None:
        services.decline(parent=parent, words="Worn.", actor=None)

    def receive(self, parent: Return, units: int, more: int) -> None:
        line = parent.lines.get()
        damaged = more if more < 3 else 0
        receive(parent=parent, grades={line.pk: Grade(max(line.quantity - damaged, 0), damaged)}, actor=None)

    def settle(self, parent: Return, units: int, more: int) -> None:
        line = parent.lines.get()
        settle(parent=parent, damaged={line.pk: min(more, line.to_decide)}, words="Worn.", actor=None)

    def refund(self, order: Order, units: int, more: int) -> None:
        lines = [LineRefund(order.lines.get().pk, units, restock=False)]
        request_refund(order=order, lines=lines, reason=Refund.Reason.GOODWILL, note="x", actor=None)

    def pack(self, order: Order, units: int, more: int) -> None:
        task = PackingTask.objects.open().filter(order=order).first()
        if task is None:
            return
        for _ in range(min(units, sum(line.quantity for line in task.lines.all()))):
            scan(task=task, code=order.lines.get().sku, actor=None)
        remedy = PackingLine.Remedy.REFUND if more else PackingLine.Remedy.BACK_ORDER
        close(task, {line.pk: Lack(PackingLine.Problem.MISSING, remedy) for line in task.lines.all()}, None)

    def deliver(self, order: Order, units: int, more: int) -> None:
        if order.fulfilment_state == Order.FulfilmentState.PACKED:
            deliver(order)

    def call_off(self, order: Order, units: int, more: int) -> None:
        if order.pk != self.first.pk:
            cancel_paid(order=order, actor=None, reason="changed their mind")

    def check(self) -> None:
        """What must hold after every step."""
        attempt = PaymentAttempt.objects.get(order__in=self.orders)
        counting = Refund.objects.counting().filter(attempt=attempt)
        assert sum(refund.amount for refund in counting) == attempt.refunded_amount <= attempt.captured_amount
        line = self.first.lines.get()
        paid_back = list(RefundLine.objects.filter(refund__in=counting))
        assert {part.order_line_id for part in paid_back} <= {line.pk}
        assert sum(part.quantity for part in paid_back) <= BOUGHT
        assert sum(part.amount for part in paid_back) <= line.charged
        self.check_pieces(sum(part.quantity for part in paid_back))
        credited = Document.objects.filter(order=self.first, kind=Document.Kind.CREDIT_NOTE)
        assert sum(note.gross for note in credited) == sum(refund.amount for refund in counting)
        assert differences() == []

    def check_pieces(self, paid_back: int) -> None:
        """What customers may still send back, and what was paid back, is together never more than was bought."""
        left = [sum(left_to_return(order).values()) for order in self.orders if order.fulfilment_state == "delivered"]
        assert min(left) >= 0
        assert sum(left) + paid_back <= BOUGHT
        for line in ReturnLine.objects.filter(parent__order__in=self.orders):
            assert line.restocked + line.damaged + line.missing <= line.quantity


@pytest.mark.django_db
@ON_ROWS
@given(steps=st.lists(step, max_size=18))
def test_money_and_pieces_go_back_once(fake: FakeProvider, steps: list[tuple[Any, ...]]) -> None:
    story = Story(fake)
    for each in steps:
        story.take(*each)
        story.check()
