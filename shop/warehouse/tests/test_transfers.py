"""Units between two locations."""

import pytest

from shop.alerts.models import Alert
from shop.core.errors import ShopError
from shop.events.models import OutboxEvent
from shop.tests.builders import make_location, make_stock, make_user, make_variant
from shop.warehouse import transfers
from shop.warehouse.ledger import differences
from shop.warehouse.models import StockLevel, StockMovement
from shop.warehouse.moving_models import Transfer, TransferLine
from shop.warehouse.transfers import Arrived

pytestmark = pytest.mark.django_db


def make_transfer(units: int = 4, stock: int = 10) -> TransferLine:
    """That many units of a variant of which so many lie at the main location, to be sent to the far one."""
    far = make_location("far", 1)
    transfer = Transfer.objects.create(source=make_location(), destination=far)
    return TransferLine.objects.create(transfer=transfer, variant=make_variant(stock=stock), quantity=units)


def numbers() -> dict[str, tuple[int, int]]:
    """On hand and damaged by location."""
    rows = StockLevel.objects.values_list("location__code", "on_hand", "damaged")
    return {code: (on_hand, damaged) for code, on_hand, damaged in rows}


def test_in_transit_the_units_are_at_neither_location() -> None:
    line, keeper = make_transfer(4), make_user()
    transfers.send(transfer=line.transfer, actor=keeper)
    assert numbers() == {"main": (6, 0)}
    movement = StockMovement.objects.latest("pk")
    assert (movement.on_hand_change, movement.document, movement.reason) == (-4, line.transfer.number, "sent to Far")
    assert movement.actor == keeper
    assert differences() == []


def test_what_arrived_damaged_lies_aside_and_what_did_not_arrive_raises_an_alert() -> None:
    line = make_transfer(4)
    transfers.send(transfer=line.transfer, actor=None)
    transfers.receive(transfer=line.transfer, arrived={line.pk: Arrived(2, damaged=1)}, actor=None)
    assert numbers() == {"main": (6, 0), "far": (2, 1)}
    line.refresh_from_db()
    assert (line.received, line.damaged, line.transfer.state) == (2, 1, Transfer.State.RECEIVED)
    assert f"1 x {line.variant.sku} did not arrive" in Alert.objects.get().title
    event = OutboxEvent.objects.get(name="StockReceived")
    assert event.detail == {"document": line.transfer.number, "variant_ids": [line.variant_id]}
    assert differences() == []


def test_damaged_units_did_arrive_and_raise_no_alert() -> None:
    line = make_transfer(4)
    transfers.send(transfer=line.transfer, actor=None)
    transfers.receive(transfer=line.transfer, arrived={line.pk: Arrived(3, damaged=1)}, actor=None)
    assert numbers() == {"main": (6, 0), "far": (3, 1)}
    assert not Alert.objects.exists()


def test_a_line_that_is_not_named_arrived_whole() -> None:
    line = make_transfer(4)
    make_stock(line.variant, 1, line.transfer.destination)
    transfers.send(transfer=line.transfer, actor=None)
    transfers.receive(transfer=line.transfer, arrived={}, actor=None)
    assert numbers() == {"main": (6, 0), "far": (5, 0)}
    assert not Alert.objects.exists()


def test_called_back_the_units_are_where_they_were() -> None:
    line = make_transfer(4)
    transfers.send(transfer=line.transfer, actor=None)
    line.transfer.refresh_from_db()
    transfers.cancel(transfer=line.transfer, actor=None)
    assert numbers() == {"main": (10, 0)}
    assert differences() == []


def test_what_orders_hold_cannot_be_sent_and_nothing_is() -> None:
    line = make_transfer(4, stock=5)
    StockLevel.objects.update(reserved=2)
    with pytest.raises(ShopError, match=f"{line.variant.sku}: 3 of 4 are free"):
        transfers.send(transfer=line.transfer, actor=None)
    line.transfer.refresh_from_db()
    assert (line.transfer.state, numbers()) == (Transfer.State.DRAFT, {"main": (5, 0)})


@pytest.mark.parametrize("arrived", [Arrived(5), Arrived(3, damaged=2), Arrived(-1)])
def test_no_more_arrives_than_was_sent(arrived: Arrived) -> None:
    line = make_transfer(4)
    transfers.send(transfer=line.transfer, actor=None)
    with pytest.raises(ShopError, match="4 of SKU"):
        transfers.receive(transfer=line.transfer, arrived={line.pk: arrived}, actor=None)
    line.refresh_from_db()
    assert (line.received, line.transfer.state, numbers()) == (0, Transfer.State.IN_TRANSIT, {"main": (6, 0)})


def test_each_step_is_taken_once() -> None:
    line = make_transfer(4)
    transfers.send(transfer=line.transfer, actor=None)
    with pytest.raises(ShopError, match="in transit already"):
        transfers.send(transfer=line.transfer, actor=None)
    transfers.receive(transfer=line.transfer, arrived={}, actor=None)
    with pytest.raises(ShopError, match="received already"):
        transfers.receive(transfer=line.transfer, arrived={}, actor=None)
    line.transfer.refresh_from_db()
    with pytest.raises(ShopError, match="received already"):
        transfers.cancel(transfer=line.transfer, actor=None)
    assert numbers() == {"main": (6, 0), "far": (4, 0)}


def test_an_empty_transfer_is_not_sent() -> None:
    line = make_transfer()
    transfer = line.transfer
    line.delete()
    with pytest.raises(ShopError, match="Say first what"):
        transfers.send(transfer=transfer, actor=None)


def test_a_draft_that_was_sent_meanwhile_is_not_dropped() -> None:
    line = make_transfer(4)
    stale = Transfer.objects.get()
    transfers.send(transfer=line.transfer, actor=None)
    with pytest.raises(ShopError, match="sent meanwhile"):
        transfers.cancel(transfer=stale, actor=None)
    assert numbers() == {"main": (6, 0)}
