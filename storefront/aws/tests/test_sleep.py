"""The database sleeps while nothing is due, and nothing is a minute later for that."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from shop.adapters import dynamodb, sleep_marker
from shop.adapters.tests.dynamo_builders import make_table
from shop.catalog import listings
from shop.catalog.models import Product, ProductListing, ProductVariant
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.events.services import emit
from shop.imports.models import DataImport
from shop.mail.models import OutgoingMail
from shop.marketing.sales import apply_sales
from shop.orders.models import Order
from shop.tests.builders import make_order, make_product, make_sale, make_user, make_variant
from storefront.aws import entry, sleep
from storefront.aws.due import DUE
from storefront.aws.tests import events
from storefront.scheduled import JOBS, Job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("activity_table")]
OFTEN = [job for job in JOBS if job.every < 3600 and not job.name.startswith("sandbox")]
START = datetime.fromisoformat("2027-03-01T03:00:20+00:00")
DUE_AT = START + timedelta(minutes=37, seconds=13)


@pytest.fixture
def activity_table(cloud: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    settings.ACTIVITY_TABLE = make_table("pk", "sk")
    monkeypatch.setattr(sleep._Watch, "noted_at", 0)
    # Nobody plays the payment provider here.
    settings.PAYMENT_PROVIDERS = {}
    # A test's own connection is not to be closed.
    monkeypatch.setattr(entry, "close_old_connections", lambda: None)
    return str(settings.ACTIVITY_TABLE)


def tick(moment: datetime) -> list[str]:
    """All schedules of a rate under an hour at that moment, as AWS calls them; the names of the jobs that ran."""
    with clock.stopped(moment):
        told = [(job.name, entry.lambda_handler(events.schedule(job.name), None)) for job in OFTEN]
    return [name for name, answer in told if "slept" not in answer]


def use(moment: datetime) -> None:
    with clock.stopped(moment):
        sleep.note_use()


def a_product() -> Callable[[], bool]:
    make_variant(make_product(published_at=DUE_AT))
    return ProductListing.objects.exists


def a_sale_that_begins() -> Callable[[], bool]:
    variant = make_variant(make_product(published_at=START))
    listings.refresh([variant.product_id])
    make_sale(20, starts_at=DUE_AT, ends_at=DUE_AT + timedelta(days=2))
    return ProductVariant.objects.filter(price__lt=7800).exists


def a_sale_that_ends() -> Callable[[], bool]:
    variant = make_variant(make_product(published_at=START))
    listings.refresh([variant.product_id])
    make_sale(20, starts_at=START - timedelta(days=1), ends_at=DUE_AT)
    apply_sales()
    return ProductVariant.objects.filter(price=7800).exists


def an_order_that_expires() -> Callable[[], bool]:
    order = make_order(make_variant(make_product(published_at=START)))
    Order.objects.filter(pk=order.pk).update(hold_until=DUE_AT)
    OutboxEvent.objects.all().delete()
    return Order.objects.filter(state=Order.State.CANCELLED).exists


def an_event_to_be_tried_again() -> Callable[[], bool]:
    emit("StockLow", {"variant_id": 1, "sku": "a", "location": "main", "available": 1})
    OutboxEvent.objects.update(next_attempt_at=DUE_AT)
    return lambda: not OutboxEvent.objects.filter(next_attempt_at=DUE_AT, state=OutboxEvent.State.PENDING).exists()


def a_mail_to_be_tried_again() -> Callable[[], bool]:
    OutgoingMail.objects.create(key="k", to="a@example.org", subject="s", text="t", html="h", next_attempt_at=DUE_AT)
    return OutgoingMail.objects.filter(state=OutgoingMail.State.SENT).exists


@pytest.mark.parametrize(
    "prepare",
    [
        a_product,
        a_sale_that_begins,
        a_sale_that_ends,
        an_order_that_expires,
        an_event_to_be_tried_again,
        a_mail_to_be_tried_again,
    ],
)
def test_what_is_due_wakes_the_database_within_a_minute_of_its_time(prepare: Callable[[], Callable[[], bool]]) -> None:
    with clock.stopped(START):
        is_done = prepare()
    use(START)
    ran = {minute: tick(START + timedelta(minutes=minute)) for minute in (0, 1, 2, 20, 37)}
    # Once the use is a minute past, the first job's plan is enough for all. Then it is quiet.
    assert len(ran[0]) == len(OFTEN)
    assert [minute for minute, names in ran.items() if names] == [0, 1]
    assert not is_done()
    wakes = START + timedelta(minutes=38)
    assert DUE_AT < wakes < DUE_AT + timedelta(minutes=1)
    # Another job's plan in between puts nothing off.
    with clock.stopped(wakes):
        sleep.plan()
    assert tick(wakes) and is_done()


def test_an_import_is_written_without_a_pause() -> None:
    with clock.stopped(START):
        DataImport.objects.create(
            kind="stock", state=DataImport.State.RUNNING, created_by=make_user(), rows=9, content=b"", file_name="a.csv"
        )
        sleep.note_use()
        sleep.plan()
    assert asked_to_run("write imports", START + timedelta(minutes=5))


def asked_to_run(name: str, moment: datetime) -> bool:
    with clock.stopped(moment):
        return not sleep.may_sleep(next(job for job in JOBS if job.name == name))


def planned(used: datetime = START, at: datetime = START + timedelta(minutes=2)) -> None:
    """A use and a later plan, with nothing due."""
    use(used)
    with clock.stopped(at):
        sleep.plan()


def test_every_job_under_an_hour_says_when_it_is_due() -> None:
    assert set(DUE) == {job.name for job in OFTEN}
    assert all(ask(clock.now()) is None for ask in DUE.values())


def test_a_use_after_the_plan_wakes_all_jobs_until_there_is_a_new_one() -> None:
    planned()
    assert tick(START + timedelta(minutes=5)) == []
    use(START + timedelta(minutes=6))
    assert len(tick(START + timedelta(minutes=6, seconds=30))) == len(OFTEN)
    assert tick(START + timedelta(minutes=7)) == ["relay"]
    assert tick(START + timedelta(minutes=8)) == []


def test_a_plan_made_while_an_event_may_still_be_at_work_does_not_count() -> None:
    planned(START, START + timedelta(seconds=59))
    assert asked_to_run("relay", START + timedelta(seconds=90))
    planned(START, START + timedelta(seconds=60))
    assert not asked_to_run("relay", START + timedelta(seconds=90))


def test_what_runs_every_hour_or_less_never_sleeps() -> None:
    planned()
    for job in JOBS:
        assert asked_to_run(job.name, START + timedelta(minutes=5)) == (job not in OFTEN)


BROKEN: dict[str, dict[str, Any]] = {
    "no plan": {"used_at": 1},
    "no use": {"planned_at": 1, "due": {}},
    "words": {"used_at": "now", "planned_at": "now", "due": {}},
    "no table of what is due": {"used_at": 1, "planned_at": 2, "due": [1]},
    "a job that is due some time": {"used_at": 1, "planned_at": 2, "due": {"relay": "soon"}},
    "nothing": {},
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_marker_means_awake(kind: str, settings: Any) -> None:
    dynamodb.write(dynamodb.Put(settings.ACTIVITY_TABLE, {**sleep_marker.KEY, **BROKEN[kind]}))
    assert [asked_to_run(job.name, START) for job in OFTEN] == [True] * len(OFTEN)


def test_no_marker_no_table_and_no_answer_mean_awake(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked_to_run("relay", START)
    planned()
    later = START + timedelta(minutes=5)
    assert not asked_to_run("relay", later)
    monkeypatch.setattr(dynamodb, "get", no_answer)
    assert asked_to_run("relay", later)
    monkeypatch.undo()
    settings.ACTIVITY_TABLE = ""
    assert asked_to_run("relay", later)


def no_answer(*given: object) -> None:
    raise dynamodb.Unavailable("throttled")


def test_a_plan_that_is_old_or_of_the_future_or_does_not_know_the_job_means_awake() -> None:
    planned()
    assert not asked_to_run("relay", START + timedelta(minutes=121))
    assert asked_to_run("relay", START + timedelta(minutes=123))
    assert asked_to_run("relay", START)
    with clock.stopped(START + timedelta(minutes=5)):
        assert not sleep.may_sleep(Job("a new job", lambda: None, every=60))


def test_an_older_plan_does_not_take_the_place_of_a_newer_one() -> None:
    sleep_marker.note_plan(200, {"relay": 7})
    sleep_marker.note_plan(100, {"relay": None})
    sleep_marker.note_use(300)
    sleep_marker.note_use(250)
    found = sleep_marker.read()
    assert found == sleep_marker.Marker(used_at=300, planned_at=200, due={"relay": 7})


def test_a_job_that_fails_keeps_all_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    planned()

    def broken() -> None:
        raise RuntimeError("the provider is away")

    with clock.stopped(START + timedelta(minutes=5)), pytest.raises(RuntimeError):
        sleep.run(Job("relay", broken, every=1))
    assert asked_to_run("mail", START + timedelta(minutes=6))


@pytest.fixture
def uses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """When a use was noted."""
    found: list[int] = []
    monkeypatch.setattr(sleep_marker, "note_use", found.append)
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("path", "noted"), [("/healthz", 0), ("/me/", 0), ("/shop/", 1), ("/readyz", 1)])
def test_a_request_notes_its_use_of_the_database_and_no_other(
    path: str, noted: int, uses: list[int], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    entry.lambda_handler(events.rest(path), None)
    assert len(uses) == noted


@pytest.mark.django_db(transaction=True)
def test_a_use_is_noted_before_the_first_statement_but_never_inside_a_transaction(
    uses: list[int],
) -> None:
    with CaptureQueriesContext(connection) as captured, sleep.noting_use():
        with transaction.atomic():
            Product.objects.exists()
            assert uses == []
        assert uses == []
        Product.objects.exists()
        assert len(uses) == 1
    assert len(uses) == 1 and len(captured) == 4


@pytest.mark.django_db(transaction=True)
def test_a_use_within_one_transaction_is_noted_after_it(uses: list[int]) -> None:
    with sleep.noting_use(), transaction.atomic():
        Product.objects.exists()
    assert len(uses) == 1


def test_a_process_notes_its_use_every_ten_seconds_at_most(uses: list[int]) -> None:
    for seconds in (0, 9, 10, 11, 19, 20):
        with clock.stopped(START + timedelta(seconds=seconds)), sleep.noting_use():
            Product.objects.exists()
    assert len(uses) == 3


def test_a_job_by_the_clock_is_no_use(uses: list[int]) -> None:
    entry.lambda_handler(events.schedule("publish"), None)
    assert uses == []
