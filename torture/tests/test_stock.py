"""Any sequence of what happens to stock, by several processes at once, leaves every unit accounted for."""

from pathlib import Path

import pytest

from shop.tests.builders import make_location, make_stock, make_variant
from shop.warehouse import transfers
from shop.warehouse.levels import Change
from shop.warehouse.models import StockLocation
from shop.warehouse.moving_models import Transfer, TransferLine
from torture.stock import books
from torture.stock.drive import run
from torture.stock.hands import Diary
from torture.stock.stage import lean, stage


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("seed", "deadly"), [(1, False), (2, True)])
def test_whatever_four_processes_do_every_unit_is_accounted_for(seed: int, deadly: bool, tmp_path: Path) -> None:
    diary = Diary(tmp_path / "diary")
    with lean():
        stage()
        assert run(seed, 100, diary, deadly=deadly) == []
    assert len(diary.read("done")) > 20
    assert (diary.deaths > 0) is deadly


def arrive(fit: int, damaged: int) -> None:
    """Four units were sent from one place to another; so many arrived."""
    variant = make_variant(stock=0)
    make_stock(variant, 10)
    transfer = Transfer.objects.create(source=StockLocation.objects.get(), destination=make_location("far", 1))
    line = TransferLine.objects.create(transfer=transfer, variant=variant, quantity=4)
    transfers.send(transfer=transfer, actor=None)
    transfers.receive(transfer=transfer, arrived={line.pk: transfers.Arrived(fit, damaged)}, actor=None)


@pytest.mark.django_db
def test_what_arrived_fit_damaged_or_not_at_all_is_accounted_for() -> None:
    arrive(2, damaged=1)
    assert books.transfers_move_what_their_papers_say() == books.documents_explain_the_ledger() == []


@pytest.mark.django_db
@pytest.mark.parametrize("lost", ["damaged", "on_hand"])
def test_a_number_that_a_transfer_loses_is_told(lost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def losing(level: int, **numbers: int) -> Change:
        return Change(level, **{name: units for name, units in numbers.items() if name != lost or units < 0})

    monkeypatch.setattr(transfers, "Change", losing)
    arrive(2, damaged=1)
    number = {"damaged": "damaged", "on_hand": "on hand"}[lost]
    (wrong,) = books.transfers_move_what_their_papers_say()
    assert len(books.documents_explain_the_ledger()) == 1
    assert f"{number} at {StockLocation.objects.get(code='far').pk}: the ledger moved 0" in wrong
