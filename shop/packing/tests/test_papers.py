"""Pick lists and slips, and the waves they are printed for."""

import pytest

from shop.packing.papers import barcode, picks, slips
from shop.packing.services import NotPackable, plan
from shop.packing.tests.builders import close_with, make_task, make_to_pack, scan_all
from shop.packing.waves import leave_wave, make_wave, next_task, tasks_of
from shop.tests.builders import make_location, make_product, make_stock, make_variant
from shop.warehouse.models import StockLevel


def bars(path: str) -> list[tuple[int, int]]:
    """(position, width) of each bar of the path."""
    found = [part.partition(" 0h") for part in path.split("M")[1:]]
    return [(int(at), int(rest.partition("v")[0])) for at, _, rest in found]


def test_a_barcode_is_a_code_128_with_white_on_both_sides() -> None:
    code = barcode("PK-7KM29Q")
    drawn = bars(code.path)
    # Start, nine characters, check: three bars each; stop: four. 11 modules each, stop 13.
    assert len(drawn) == 11 * 3 + 4
    assert (drawn[0], code.width) == ((10, 2), 10 + 11 * 11 + 13 + 10)
    assert drawn[-1] == (code.width - 12, 2)


def test_what_code_128_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        barcode("Ж")


@pytest.mark.django_db
def test_a_slip_has_the_pieces_by_bin_and_says_which_parcel_it_is() -> None:
    here, last = make_variant(), make_variant()
    there = make_variant(stock=0)
    make_stock(there, 5, make_location("store", 1))
    StockLevel.objects.filter(variant=last).update(bin="B-04-2")
    order = make_to_pack(here, last, there, quantity=2)
    first, second = slips(sorted(plan(order.pk), key=lambda task: task.pk))
    assert [line.order_line.sku for line in first.lines] == [last.sku, here.sku]
    assert (first.part, first.parts, second.part, first.units) == (1, 2, 2, 4)
    assert first.kilograms == "1.60 kg"
    assert first.address == ["Sam Okafor", "14 Navarino Road", "LONDON", "E8 3PN", "UNITED KINGDOM"]


@pytest.mark.django_db
def test_a_pick_list_goes_along_the_bins_once_and_says_into_which_box() -> None:
    shirt, tee = make_variant(sku="SHIRT"), make_variant(sku="TEE")
    StockLevel.objects.filter(variant=shirt).update(bin="C-1")
    StockLevel.objects.filter(variant=tee).update(bin="A-1")
    tasks = [make_task(shirt, tee), make_task(shirt, quantity=2)]
    found = [(pick.bin, pick.line.order_line.sku, pick.units, pick.boxes) for pick in picks(tasks)]
    assert found == [("A-1", "TEE", 1, [(1, 1)]), ("C-1", "SHIRT", 3, [(1, 1), (2, 2)])]


@pytest.mark.django_db
def test_a_wave_takes_what_waits_at_one_place() -> None:
    tasks = [make_task(), make_task()]
    wave = make_wave(task_ids=[task.pk for task in tasks], actor=None)
    assert tasks_of(wave) == tasks
    with pytest.raises(NotPackable, match="None of these"):
        make_wave(task_ids=[task.pk for task in tasks], actor=None)


@pytest.mark.django_db
def test_a_wave_of_two_places_is_refused() -> None:
    elsewhere = make_variant(make_product(), stock=0)
    make_stock(elsewhere, 1, make_location("store", 1))
    with pytest.raises(NotPackable, match="different locations"):
        make_wave(task_ids=[make_task().pk, make_task(elsewhere).pk], actor=None)


@pytest.mark.django_db
def test_the_next_box_of_the_wave_follows_a_closed_parcel() -> None:
    first, second = make_task(), make_task()
    make_wave(task_ids=[first.pk, second.pk], actor=None)
    first.refresh_from_db()
    scan_all(first)
    close_with(first)
    assert next_task(first) == second
    assert leave_wave(second)
    assert next_task(first) is None
