"""Returns in the staff site: who approves, who opens parcels, who gives the money back."""

from datetime import timedelta

import pytest

from adminpanel.tests.builders import make_staff, signed_in
from shop.accounts.models import User
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of
from shop.core import clock
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
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


def test_a_return_that_staff_cancel_is_told_to_its_customer_once(fake: FakeProvider) -> None:
    parent = ask(delivered(fake))
    for _ in range(2):
        assert step("customer care", parent, "cancel") == 302
    parent.refresh_from_db()
    mail = OutgoingMail.objects.get(key=f"return-cancelled:{parent.number}")
    assert (parent.state, mail.to, mail.subject) == (
        "cancelled",
        parent.order.email,
        f"Return {parent.number} is cancelled",
    )
    assert "nothing is expected back" in mail.text


def test_staff_cannot_cancel_a_declared_withdrawal(fake: FakeProvider) -> None:
    parent = ask(delivered(fake), kind=Return.Kind.WITHDRAWAL)
    care = signed_in(make_staff("customer care"))
    assert "cancel the return" not in care.get(f"/admin/shop/return/{parent.pk}/change/").content.decode()
    answer = care.post(f"/admin/shop/return/{parent.pk}/cancel/", follow=True).content.decode()
    assert "its customer has declared it" in answer
    parent.refresh_from_db()
    assert (parent.state, OutgoingMail.objects.filter(key__startswith="return-cancelled").count()) == ("approved", 0)


def test_care_opens_a_return_in_the_second_year(fake: FakeProvider) -> None:
    order = delivered(fake, at=clock.now() - timedelta(days=500))
    line = order.lines.get().pk
    care, page = signed_in(make_staff("customer care")), f"/admin/shop/return/open/{order.pk}/"
    assert page in care.get(f"/admin/shop/order/{order.pk}/change/").content.decode()
    assert care.get(page).status_code == 200
    wrong = care.post(page, {"key": "k1", f"units_{line}": "1"})
    assert (wrong.status_code, Return.objects.count()) == (422, 0)
    assert "Choose a reason." in wrong.content.decode()
    sent = {"key": "k1", f"units_{line}": "1", f"reason_{line}": "faulty", "note": "The seam opened"}
    for _ in range(2):
        assert care.post(page, sent).status_code == 302
    parent = Return.objects.get()
    assert (parent.state, parent.note, parent.approved_by) == ("approved", "The seam opened", staff_member())
    assert list(OutgoingMail.objects.filter(key__endswith=parent.number).values_list("key", flat=True)) == [
        f"return-approved:{parent.number}"
    ]
    assert signed_in(make_staff("warehouse")).get(page).status_code == 403


def staff_member() -> User:
    return User.objects.get(groups__name="customer care")


def test_nothing_is_opened_for_what_was_not_sent_or_is_back_already(fake: FakeProvider) -> None:
    order = delivered(fake)
    ask(order, 2)
    care, page = signed_in(make_staff("customer care")), f"/admin/shop/return/open/{order.pk}/"
    assert "came back already" in care.get(page, follow=True).content.decode()
    Order.objects.update(fulfilment_state="unfulfilled", shipped_at=None)
    assert "Only what was paid and sent" in care.post(page, {"key": "k2"}, follow=True).content.decode()
    assert Return.objects.count() == 1


def test_more_than_announced_is_refused_in_words(fake: FakeProvider) -> None:
    parent = ask(delivered(fake))
    step("customer care", parent, "approve")
    client = signed_in(make_staff("warehouse", "w@example.org"))
    line = parent.lines.get().pk
    answer = client.post(f"/admin/shop/return/{parent.pk}/receive/", {f"fit_{line}": "2"}, follow=True)
    assert "Nothing was done." in answer.content.decode()
    assert Return.objects.get(pk=parent.pk).state == "approved"
