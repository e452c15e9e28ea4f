"""A run: one seed after the other, each followed by quiet and a look at the books."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from re import findall
from unittest import mock

from shop.checkout.reconcile import reconcile
from shop.core import clock
from shop.delivery.shipment_models import Shipment
from shop.events.relay import relay
from shop.orders.models import Order
from shop.packing.models import PackingLine
from shop.packing.services import plan_forgotten
from shop.packing.undelivered import refund_goods
from shop.payments.models import RefundLine
from shop.warehouse.models import Reservation, StockMovement
from shop.warehouse.moving_models import BackOrder
from torture.stock import bank
from torture.stock.books import violations
from torture.stock.hands import Diary, work
from torture.stock.stage import lean, stage

# A day ahead every claim of a killed process has run out, and every unpaid order is over.
A_DAY, MOST_ROUNDS = timedelta(days=1), 5


def many(seeds: Iterable[int], deeds: int, folder: Path) -> int:
    """All these seeds one after the other on the same stock, every second with deaths; the exit code."""
    diary, wrong = Diary(folder / "diary"), list[str]()
    with lean():
        stage()
        for number, seed in enumerate(seeds):
            wrong = run(seed, deeds, diary, deadly=number % 2 == 1)
            print(f"seed {seed}: {len(diary.read('done'))} deeds done, {diary.deaths} deaths, {len(wrong)} violations")
            if wrong:
                print(*stories(wrong), sep="\n")
                break
    counted = diary.counted()
    print(*(f"{done:>6} done {refused:>6} refused  {name}" for name, (done, refused) in counted.items()), sep="\n")
    wrong += [f"{name} was never done" for name, (done, _) in counted.items() if not done]
    print(*wrong[:50], sep="\n")
    return 1 if wrong else 0


def run(seed: int, deeds: int, diary: Diary, *, deadly: bool = False) -> list[str]:
    """So many deeds, then quiet; what does not hold afterwards."""
    work(seed, deeds, diary, deadly=deadly)
    quiet()
    return violations(diary)


def stories(wrong: Iterable[str]) -> Iterator[str]:
    """All that was written about the orders that violations name."""
    text = "\n".join(wrong)
    for order in Order.objects.filter(number__in=findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", text)):
        yield f"{order} {order.state} {order.fulfilment_state}"
        about = {
            "lines": order.lines.values("pk", "sku", "quantity"),
            "reservations": Reservation.objects.filter(order_line__order=order).values(),
            "back orders": BackOrder.objects.filter(order_line__order=order).values(),
            "packing": PackingLine.objects.filter(task__order=order).values("task__state", "task__shipment", *COLUMNS),
            "parcels": order.shipments.values("pk", "state", "dispatched_at", "closed_note"),
            "refunds": RefundLine.objects.filter(order_line__order=order).values(),
            "ledger": StockMovement.objects.filter(document=order.number).values("kind", "level", "reason", *MOVED),
        }
        yield from (f"  {what}: {row}" for what, rows in about.items() for row in rows)


MOVED = ("on_hand_change", "reserved_change", "damaged_change")
COLUMNS = ("order_line", "reservation", "quantity", "packed", "problem", "remedy")


def quiet() -> None:
    """The shop's own jobs, a day later, until no event is left."""
    with later(A_DAY), bank.says(bank.EXPIRED):
        # What nobody fetched and is on the shelf again is paid back: there is no more to be done for its buyer.
        for shipment in Shipment.objects.filter(dispatched_at=None, remedy="").exclude(goods_end=""):
            refund_goods(shipment.pk, actor=None)
        for _ in range(MOST_ROUNDS):
            reconcile()
            plan_forgotten()
            if not relay():
                break


@contextmanager
def later(ahead: timedelta) -> Iterator[None]:
    now: Callable[[], object] = clock.now
    with mock.patch.object(clock, "now", lambda: now() + ahead):  # type: ignore[operator]
        yield
