"""Stock in the staff site: corrected through the ledger, never edited."""

import pytest
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.tests.builders import make_variant
from shop.warehouse.models import StockLevel, StockMovement


def make_level(on_hand: int = 10, reserved: int = 0) -> StockLevel:
    level = make_variant(stock=on_hand).stock_levels.get()
    StockLevel.objects.filter(pk=level.pk).update(reserved=reserved)
    return StockLevel.objects.get(pk=level.pk)


def address(level: StockLevel) -> str:
    return reverse("admin:shop_stocklevel_change", args=[level.pk])


@pytest.mark.django_db
def test_a_correction_writes_one_ledger_line_with_reason_and_actor() -> None:
    level, keeper = make_level(), make_staff("warehouse")
    response = signed_in(keeper).post(address(level), {"on_hand": "7", "reason": "Count of Sunday"})
    assert response.status_code == 302
    level.refresh_from_db()
    movement = level.movements.first()
    assert movement is not None
    assert level.on_hand == 7
    assert (movement.on_hand_change, movement.reason, movement.actor) == (-3, "Count of Sunday", keeper)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"on_hand": "5", "reason": "Count"}, "Orders hold 6 of these"),
        ({"on_hand": "-1", "reason": "Count"}, "greater than or equal to 0"),
        ({"on_hand": "9" * 5000, "reason": "Count"}, "whole number"),
        ({"on_hand": "9" * 12, "reason": "Count"}, "less than or equal to 100000"),
        ({"on_hand": "🧦", "reason": "Count"}, "whole number"),
        ({"on_hand": "8", "reason": ""}, "required"),
        ({"on_hand": "8", "reason": "x" * 5000}, "at most 200 characters"),
        ({"on_hand": "8", "reason": "nul\0"}, "Null characters"),
    ],
)
def test_a_refused_correction_says_why_and_changes_nothing(form: dict[str, str], message: str) -> None:
    level = make_level(10, reserved=6)
    response = signed_in(make_staff("warehouse")).post(address(level), form)
    assert response.status_code == 422
    assert message in response.content.decode()
    level.refresh_from_db()
    assert level.on_hand == 10
    assert StockMovement.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["catalogue", "customer care", "marketing", "analyst"])
def test_who_only_may_look_cannot_correct(role: str) -> None:
    level, client = make_level(), signed_in(make_staff(role))
    page = client.get(address(level))
    assert page.status_code == 200
    assert "Write into the ledger" not in page.content.decode()
    assert client.post(address(level), {"on_hand": "1", "reason": "x"}).status_code == 403
    level.refresh_from_db()
    assert level.on_hand == 10


@pytest.mark.django_db
@pytest.mark.parametrize("model", ["stockmovement", "reservation", "order", "paymentattempt", "providerevent"])
@pytest.mark.parametrize("page", ["add"])
def test_what_the_shop_itself_writes_cannot_be_added(model: str, page: str) -> None:
    assert signed_in(make_staff("owner")).get(reverse(f"admin:shop_{model}_{page}")).status_code == 403


@pytest.mark.django_db
def test_nobody_edits_or_deletes_a_line_of_the_ledger_not_even_a_superuser() -> None:
    movement = make_level().movements.get()
    boss = make_staff("owner")
    boss.is_superuser = True
    boss.save()
    client = signed_in(boss)
    for page in ("change", "delete"):
        url = reverse(f"admin:shop_stockmovement_{page}", args=[movement.pk])
        assert client.post(url, {"on_hand_change": "99", "post": "yes"}).status_code == 403
    movement.refresh_from_db()
    assert movement.on_hand_change == 10


@pytest.mark.django_db
def test_low_and_sold_out_levels_are_found() -> None:
    low, out, plenty = make_level(3), make_level(4, reserved=4), make_level(50)
    client = signed_in(make_staff("warehouse"))

    def found(amount: str) -> set[int]:
        response = client.get(reverse("admin:shop_stocklevel_changelist"), {"amount": amount})
        return {level.pk for level in response.context["cl"].result_list}

    assert found("low") == {low.pk, out.pk}
    assert found("out") == {out.pk}
    assert plenty.pk in found("")
