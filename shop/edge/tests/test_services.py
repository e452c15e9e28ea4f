"""Purging: tried again, paid for once, and never beyond the month's limit."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber
from django.db import transaction

from shop.adapters import edge_cloudfront
from shop.adapters.aws import client as aws
from shop.adapters.edge_cloudfront import CloudFront
from shop.alerts.models import Alert
from shop.core import clock
from shop.core.attempts import MAX_ATTEMPTS
from shop.edge import services
from shop.edge.models import EdgePurge
from shop.edge.services import forget_old_purges, purge_due, purge_later
from shop.edge.tests.edges import CLOUDFRONT, FILES, invalidations, new_distribution

pytestmark = pytest.mark.django_db
State = EdgePurge.State


@pytest.fixture
def cloudfront(settings: Any, cloud: str) -> None:
    settings.EDGE_STORE, settings.CDN_DISTRIBUTION_ID = CLOUDFRONT, new_distribution()


def purged() -> list[list[str]]:
    return sorted(invalidations().values())


def test_what_is_due_goes_in_one_call_each_tag_once(cloudfront: None) -> None:
    purge_later(["product:1", "card:1"])
    purge_later(["product:1", "home"])
    assert purge_due() == 2
    assert purged() == [["#card:1", "#home", "#product:1"]]
    assert sorted(EdgePurge.objects.values_list("state", "paths")) == [("purged", 0), ("purged", 3)]
    assert purge_due() == 0


def test_everything_is_one_path_and_so_are_more_tags_than_are_worth_naming(cloudfront: None) -> None:
    purge_later(["everything", "product:1"])
    purge_later(f"card:{number}" for number in range(101))
    assert [row.tags for row in EdgePurge.objects.all()] == [["everything"]] * 2
    for number in range(101):
        purge_later([f"product:{number}"])
    purge_due()
    assert purged() == [["#everything"]]


def test_nothing_is_written_down_without_an_edge_or_without_tags(settings: Any) -> None:
    purge_later(["home"])
    settings.EDGE_STORE = FILES
    purge_later([])
    assert not EdgePurge.objects.exists()


def test_no_purge_leaves_from_within_a_transaction(settings: Any) -> None:
    for adapter in (FILES, CLOUDFRONT):
        settings.EDGE_STORE = adapter
        store = services.edge_store()
        assert store
        with transaction.atomic(), pytest.raises(RuntimeError):
            store.purge(["home"], "x")


def refuse(monkeypatch: pytest.MonkeyPatch, code: str, status: int) -> Stubber:
    stubbed = aws("cloudfront")
    stubber = Stubber(stubbed)
    stubber.add_client_error("create_invalidation", code, http_status_code=status)
    monkeypatch.setattr(edge_cloudfront, "client", lambda service: stubbed)
    return stubber


@pytest.mark.parametrize(
    ("code", "status"),
    [("TooManyInvalidationsInProgress", 400), ("Throttling", 400), ("ExpiredToken", 403), ("NoSuchDistribution", 404)],
)
def test_a_refusal_is_kept_with_its_reason_and_tried_again(
    cloudfront: None, monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    purge_later(["home"])
    with monkeypatch.context() as patch, refuse(patch, code, status):
        assert purge_due() == 0
    row = EdgePurge.objects.get()
    assert (row.state, row.attempts, row.paths, row.purged_at) == (State.PENDING, 1, 0, None)
    assert code in row.last_error
    assert row.next_attempt_at > clock.now()
    EdgePurge.objects.update(next_attempt_at=clock.now())
    assert purge_due() == 1
    assert purged() == [["#home"]]


def test_a_purge_that_is_refused_again_and_again_ends_as_an_alert(
    cloudfront: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    purge_later(["home"])
    EdgePurge.objects.update(attempts=MAX_ATTEMPTS - 1)
    with refuse(monkeypatch, "AccessDenied", 403):
        purge_due()
    assert EdgePurge.objects.get().state == State.DEAD
    assert Alert.objects.get().key == "edge:given-up"


def test_the_same_purge_asked_for_again_has_the_same_reference_and_another_has_another() -> None:
    row = EdgePurge.objects.create(tags=["home"])
    other = EdgePurge.objects.create(tags=["home"])
    reference = services.reference_of([row], ["home", "search"])
    assert reference == services.reference_of([row], ["search", "home"])
    assert len({reference, services.reference_of([other], ["home"]), services.reference_of([row], ["home"])}) == 3


def test_a_worker_that_died_after_purging_purges_again_under_the_same_reference(
    cloudfront: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    purge_later(["home"])
    references: list[str] = []
    purge = CloudFront.purge

    def dies(store: CloudFront, tags: Any, reference: str) -> int:
        references.append(reference)
        purge(store, tags, reference)
        raise KeyboardInterrupt

    monkeypatch.setattr(CloudFront, "purge", dies)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            purge_due()
        EdgePurge.objects.update(next_attempt_at=clock.now())
    assert len(set(references)) == 1


def test_tags_that_cost_more_than_is_left_become_everything_for_the_price_of_one(
    cloudfront: None, settings: Any
) -> None:
    settings.EDGE_PATHS_A_MONTH = 3
    purge_later(["a", "b"])
    purge_due()
    purge_later(["c", "d"])
    purge_due()
    assert purged() == [["#a", "#b"], ["#everything"]]
    assert EdgePurge.objects.spent(clock.now() - timedelta(days=1)) == 3


def test_beyond_the_limit_nothing_is_paid_for_and_the_staff_are_told_once(cloudfront: None, settings: Any) -> None:
    settings.EDGE_PATHS_A_MONTH = 1
    settings.STAFF_EMAILS = ["owner@shop.example"]
    for tag in ("a", "b", "c"):
        purge_later([tag])
        assert purge_due() == 1
    assert purged() == [["#a"]]
    assert list(EdgePurge.objects.order_by("pk").values_list("state", flat=True)) == ["purged", "waits", "waits"]
    alert = Alert.objects.get()
    assert (alert.key, alert.times) == (f"edge:used-up:{clock.now():%Y-%m}", 2)


def test_what_was_paid_last_month_does_not_count(cloudfront: None, settings: Any) -> None:
    settings.EDGE_PATHS_A_MONTH = 1
    purge_later(["a"])
    purge_due()
    EdgePurge.objects.update(purged_at=clock.now() - timedelta(days=32))
    purge_later(["b"])
    purge_due()
    assert purged() == [["#a"], ["#b"]]


def test_a_store_that_costs_nothing_has_no_limit(settings: Any) -> None:
    settings.EDGE_STORE, settings.EDGE_PATHS_A_MONTH = FILES, 0
    purge_later(["a"])
    assert purge_due() == 1
    assert EdgePurge.objects.get().state == State.PURGED


def test_old_purges_are_forgotten_but_for_those_still_due(settings: Any) -> None:
    settings.EDGE_STORE = FILES
    purge_later(["a"])
    purge_due()
    purge_later(["b"])
    EdgePurge.objects.update(created_at=clock.now() - timedelta(days=63))
    assert forget_old_purges() == 1
    assert EdgePurge.objects.get().tags == ["b"]
