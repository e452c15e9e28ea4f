"""The packing table in the staff site."""

import pytest
from django.test import Client
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.delivery.shipment_models import Shipment
from shop.packing.models import PackingTask, Wave
from shop.packing.services import plan
from shop.packing.tests.builders import make_task, make_to_pack, stage
from shop.tests.builders import make_variant

pytestmark = pytest.mark.django_db
QUEUE = "admin:shop_packingtask_changelist"


@pytest.fixture
def packer() -> Client:
    return signed_in(make_staff("warehouse"))


def page(task: PackingTask) -> str:
    return reverse("admin:shop_packingtask_change", args=[task.pk])


def finish(client: Client, task: PackingTask, **answers: str) -> int:
    return client.post(reverse("admin:shop_packing_finish", args=[task.pk]), answers).status_code


def test_an_order_is_packed_by_scanning_from_the_queue_to_the_parcel(packer: Client) -> None:
    task = make_task(make_variant(sku="QLS-SKY-M"))
    assert task.order.number in packer.get(reverse(QUEUE)).content.decode()
    found = packer.get(reverse("admin:shop_packing_find"), {"code": task.order.number.lower()})
    assert found["Location"] == page(task)
    packer.post(page(task), {"code": "QLS-SKY-M", "key": "k"})
    assert "All pieces are in: close the parcel." in packer.get(page(task)).content.decode()
    assert finish(packer, task) == 302
    assert (Shipment.objects.count(), stage(task.order)) == (1, ("paid", "packed"))
    assert (
        task.order.number not in packer.get(reverse(QUEUE)).content.decode().replace("parcel", "").split("results")[-1]
    )


def test_a_wrong_piece_stops_the_packer(packer: Client) -> None:
    make_variant(sku="QLS-SKY-L")
    task = make_task(make_variant(sku="QLS-SKY-M"))
    packer.post(page(task), {"code": "QLS-SKY-L"})
    assert "is not in this parcel. Put it back." in packer.get(page(task)).content.decode()


def test_closing_without_a_piece_asks_what_becomes_of_it(packer: Client) -> None:
    task = make_task()
    response = packer.post(reverse("admin:shop_packing_finish", args=[task.pk]), {})
    assert response.status_code == 422
    assert "Say whether it is missing or damaged." in response.content.decode()
    assert (Shipment.objects.count(), stage(task.order)) == (0, ("paid", "unfulfilled"))


def test_a_piece_that_is_not_there_can_be_sent_later(packer: Client) -> None:
    shirt = make_variant(sku="QLS-SKY-M")
    task = make_task(shirt, make_variant(stock=1))
    packer.post(page(task), {"code": "QLS-SKY-M"})
    line = task.lines.exclude(order_line__sku="QLS-SKY-M").get()
    answers = {f"line-{line.pk}-problem": "missing", f"line-{line.pk}-remedy": "back-order"}
    assert finish(packer, task, **answers) == 302
    assert (Shipment.objects.count(), stage(task.order)) == (1, ("paid", "unfulfilled"))


def test_the_queue_takes_the_same_queries_however_long_it_is(
    packer: Client, django_assert_max_num_queries: object
) -> None:
    for _ in range(3):
        plan(make_to_pack().pk)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        packer.get(reverse(QUEUE))


def test_customer_care_sees_packing_and_packs_nothing() -> None:
    task, care = make_task(), signed_in(make_staff("customer care"))
    assert care.get(page(task)).status_code == 200
    assert care.post(page(task), {"code": task.lines.get().order_line.sku}).status_code == 403
    assert finish(care, task) == 403
    assert task.lines.get().packed == 0


def test_chosen_orders_become_a_wave_with_its_papers(packer: Client) -> None:
    tasks = [make_task(), make_task()]
    chosen = {"action": "pick_together", "_selected_action": [str(task.pk) for task in tasks]}
    look = packer.post(reverse(QUEUE), chosen).content.decode()
    assert "Pick these together?" in look and not Wave.objects.exists()
    wave = packer.post(reverse(QUEUE), chosen | {"confirmed": "yes"})["Location"]
    assert tasks[1].order.number in packer.get(wave).content.decode()
    pk = Wave.objects.get().pk
    walk = packer.get(reverse("admin:shop_wave_picks", args=[pk])).content.decode()
    assert f"Barcode {Wave.objects.get().number}" in walk
    papers = packer.get(reverse("admin:shop_wave_slips", args=[pk])).content.decode()
    assert [f"Barcode {task.number}" in papers for task in tasks] == [True, True]
    packer.post(reverse("admin:shop_wave_leave", args=[pk]), {"task": tasks[0].pk})
    assert list(PackingTask.objects.filter(wave=pk)) == [tasks[1]]


def test_slips_are_printed_for_chosen_orders_without_prices(packer: Client) -> None:
    task = make_task(make_variant(price=7800))
    chosen = {"action": "print_slips", "_selected_action": [str(task.pk)]}
    paper = packer.get(packer.post(reverse(QUEUE), chosen)["Location"]).content.decode()
    assert task.order.number in paper
    assert "78.00" not in paper


@pytest.mark.parametrize("tasks", ["", "x", "9" * 30, "0", "1,,2", "1;drop"])
def test_slips_of_nothing_are_no_error(packer: Client, tasks: str) -> None:
    assert packer.get(reverse("admin:shop_packing_slips"), {"tasks": tasks}).status_code == 200
