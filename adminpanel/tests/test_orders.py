"""Orders, payments, mails and events in the staff site."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminpanel import orders_admin
from adminpanel.tests.builders import make_staff, signed_in
from shop.adapters.payments import ProviderUnavailable
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, Refund
from shop.tests.builders import make_order, make_user, make_variant

LIST = "admin:shop_order_changelist"


def make_attempt(order: Order, state: str = PaymentAttempt.State.OPEN) -> PaymentAttempt:
    return PaymentAttempt.objects.create(
        order=order,
        provider="stripe",
        state=state,
        amount=order.grand_total,
        currency="GBP",
        expires_at=clock.now() + timedelta(minutes=45),
        session_id="cs_1",
    )


def make_mail(key: str, about: str = "") -> OutgoingMail:
    state = OutgoingMail.State.FAILED
    fields = {"subject": "Hello", "text": "Hi", "html": "", "state": state}
    return OutgoingMail.objects.create(key=key, about=about, to="ann@example.org", **fields)


@pytest.mark.django_db
def test_a_whole_number_finds_that_order_alone_and_parts_of_mail_or_name_find_theirs() -> None:
    ann, ben = make_order(email="ann@example.org", full_name="Ann Lee"), make_order(email="ben@x.org")
    client = signed_in(make_staff("customer care"))

    def found(term: str) -> set[int]:
        return {order.pk for order in client.get(reverse(LIST), {"q": term}).context["cl"].result_list}

    assert found(ann.number.lower()) == {ann.pk}
    assert found("ANN@EXAMPLE") == {ann.pk}
    assert found("lee") == {ann.pk}
    assert found(ben.number[:4]) >= {ben.pk}
    assert found("nobody") == set()


@pytest.mark.django_db
def test_orders_past_their_hold_are_found_by_the_filter_of_the_home_page() -> None:
    late, early = make_order(), make_order()
    Order.objects.filter(pk=late.pk).update(hold_until=clock.now() - timedelta(minutes=1))
    Order.objects.filter(pk=early.pk).update(hold_until=clock.now() + timedelta(minutes=9))
    response = signed_in(make_staff("owner")).get(reverse(LIST), {"overdue": "yes"})
    assert [order.pk for order in response.context["cl"].result_list] == [late.pk]


@pytest.mark.django_db
def test_the_list_and_the_page_of_an_order_take_the_same_queries_however_long_they_are() -> None:
    client = signed_in(make_staff("owner"))
    short = make_order(make_variant())
    long = make_order(*[make_variant() for _ in range(8)])
    for number in range(4):
        OutgoingMail.objects.create(key=f"k{number}", about=long.number, to="a@b.org", subject="", text="", html="")

    def count(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    assert count(page(short)) == count(page(long)) <= 20
    before = count(reverse(LIST))
    for _ in range(10):
        make_order(make_variant())
    assert count(reverse(LIST)) == before <= 9


def page(order: Order) -> str:
    return reverse("admin:shop_order_change", args=[order.pk])


@pytest.mark.django_db
def test_the_page_shows_lines_address_payment_history_and_mail() -> None:
    variant = make_variant(price=1250)
    order = make_order(variant, full_name="Zoë <b>Ray</b> 🧦")
    make_attempt(order)
    make_mail("order-confirmation", order.number)
    text = signed_in(make_staff("owner")).get(page(order)).content.decode()
    for shown in (order.number, variant.sku, "£12.50", "Zoë &lt;b&gt;Ray", "United Kingdom", "Open", "Hello"):
        assert shown in text


@pytest.mark.django_db
def test_the_warehouse_sees_neither_payments_nor_mails_of_an_order() -> None:
    order = make_order()
    make_attempt(order)
    make_mail("order-confirmation", order.number)
    text = signed_in(make_staff("warehouse")).get(page(order)).content.decode()
    assert "cs_1" not in text
    assert "Sync again" not in text
    assert "Hello" not in text


@pytest.mark.django_db
def test_a_placed_order_cannot_be_edited_or_deleted_by_anybody() -> None:
    order, boss = make_order(), make_staff("owner")
    boss.is_superuser = True
    boss.save()
    client = signed_in(boss)
    assert client.post(page(order), {"email": "thief@example.org"}).status_code == 403
    assert client.post(reverse("admin:shop_order_delete", args=[order.pk]), {"post": "yes"}).status_code == 403
    order.refresh_from_db()
    assert order.email == "sam@example.com"


@pytest.mark.django_db
def test_a_provider_that_does_not_answer_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    order = make_order()
    make_attempt(order)

    def sync(attempt_id: object) -> PaymentAttempt:
        raise ProviderUnavailable("no answer within 10 s")

    monkeypatch.setattr(orders_admin, "sync", sync)
    url = reverse("admin:shop_order_sync", args=[order.pk])
    response = signed_in(make_staff("owner")).post(url, follow=True)
    assert response.status_code == 200
    assert "no answer within 10 s" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["warehouse", "catalogue", "marketing", "analyst"])
def test_other_roles_cannot_sync(role: str) -> None:
    order = make_order()
    client = signed_in(make_staff(role))
    url = reverse("admin:shop_order_sync", args=[order.pk])
    assert client.post(url).status_code == 403
    assert client.get(url).status_code == 405


@pytest.mark.django_db
def test_dead_events_go_back_to_the_queue_and_published_ones_stay() -> None:
    dead = OutboxEvent.objects.create(name="A", source="s", detail={}, state="dead", attempts=9)
    done = OutboxEvent.objects.create(name="B", source="s", detail={}, state="published")
    form = {"action": "retry", "_selected_action": [dead.pk, done.pk]}
    response = signed_in(make_staff("owner")).post(reverse("admin:shop_outboxevent_changelist"), form, follow=True)
    assert "1 event will be published again." in response.content.decode()
    dead.refresh_from_db()
    done.refresh_from_db()
    assert (dead.state, dead.attempts, done.state) == ("pending", 0, "published")


@pytest.mark.django_db
def test_care_sends_a_mail_again_and_others_cannot() -> None:
    mail = make_mail("a:1")
    form = {"action": "resend", "_selected_action": [mail.pk]}
    url = reverse("admin:shop_outgoingmail_changelist")
    assert signed_in(make_staff("warehouse")).post(url, form).status_code == 403
    mail.refresh_from_db()
    assert mail.state == "failed"
    assert signed_in(make_staff("customer care")).post(url, form).status_code == 302
    mail.refresh_from_db()
    assert mail.state == "pending"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["state__exact=nonsense", "placed_at__gte=yesterday", "e=1", "p=99999999", "o=99.1", "nope=1", "p=-1"]
)
def test_broken_filters_of_the_list_get_an_answer(query: str) -> None:
    make_order(email=make_user().email)
    assert signed_in(make_staff("owner")).get(f"{reverse(LIST)}?{query}").status_code in (200, 302)


@pytest.mark.django_db
def test_money_that_is_still_to_go_back_is_listed_from_the_home_page() -> None:
    attempt = make_attempt(make_order(), PaymentAttempt.State.PAID)
    waiting, _done = (
        Refund.objects.create(attempt=attempt, reason="duplicate", amount=100, currency="GBP", state=state)
        for state in (Refund.State.REQUESTED, Refund.State.SUCCEEDED)
    )
    client = signed_in(make_staff("customer care"))
    parts = [part for queue in client.get(reverse("admin:index")).context["queues"] for part in queue.parts]
    refunds = next(part for part in parts if "Refund" in part.name)
    assert refunds.count == 1
    assert [row.pk for row in client.get(refunds.link).context["cl"].result_list] == [waiting.pk]
