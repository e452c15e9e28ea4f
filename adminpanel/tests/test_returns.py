"""Returns in the staff site: who approves, who opens parcels, who gives the money back."""

import pytest

from adminpanel.tests.builders import make_staff, signed_in
from shop.accounts.models import User
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of
from shop.returns.models import Return
from shop.returns.tests.builders import ask, delivered

pytestmark = pytest.mark.django_db


def step(role: str, parent: Return, name: str, **data: str) -> int:
    staff = User.objects.filter(groups__name=role).first() or make_staff(role)
    return signed_in(staff).post(f"/admin/shop/return/{parent.pk}/{name}/", data).status_code


def test_care_approves_the_warehouse_receives_and_care_refunds(fake: FakeProvider) -> None:
    order = delivered(fake)
    parent = ask(order)
    line = parent.lines.get().pk
    assert step("warehouse", parent, "approve") == 403
    assert step("customer care", parent, "approve") == 302
    assert step("customer care", parent, "receive", **{f"fit_{line}": "1"}) == 403
    client = signed_in(User.objects.get(groups__name="warehouse"))
    page = client.get(f"/admin/shop/return/{parent.pk}/change/").content.decode()
    assert "The parcel is here" in page
    client.post(f"/admin/shop/return/{parent.pk}/receive/", {f"fit_{line}": "1", f"damaged_{line}": "0"})
    assert client.post(f"/admin/shop/return/{parent.pk}/settle/").status_code == 403
    care = signed_in(User.objects.get(groups__name="customer care"))
    assert "£78 for what came fit" in care.get(f"/admin/shop/return/{parent.pk}/change/").content.decode()
    care.post(f"/admin/shop/return/{parent.pk}/settle/")
    parent.refresh_from_db()
    assert (parent.state, attempt_of(order).refunded_amount) == ("closed", 7800)


def test_more_than_announced_is_refused_in_words(fake: FakeProvider) -> None:
    parent = ask(delivered(fake))
    step("customer care", parent, "approve")
    client = signed_in(make_staff("warehouse", "w@example.org"))
    line = parent.lines.get().pk
    answer = client.post(f"/admin/shop/return/{parent.pk}/receive/", {f"fit_{line}": "2"}, follow=True)
    assert "Nothing was done." in answer.content.decode()
    assert Return.objects.get(pk=parent.pk).state == "approved"
