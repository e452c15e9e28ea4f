"""Messages go to the receiver of their queue, whole, and a failure is everybody's to hear."""

from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest

from storefront.aws.entry import lambda_handler
from storefront.aws.refusals import Refused
from storefront.aws.tests.events import messages
from storefront.scheduled import Job

pytestmark = pytest.mark.django_db  # a connection that an earlier test left open is looked after

EVENTS = "arn:aws:sqs:us-east-1:123456789012:aspireclothes-dev-events"
FEEDBACK = "arn:aws:sqs:us-east-1:123456789012:aspireclothes-dev-mail-feedback"
KICK = "arn:aws:sqs:us-east-1:123456789012:aspireclothes-dev-kick"


@pytest.fixture(autouse=True)
def queues(settings: Any) -> None:
    settings.EVENTS_QUEUE_ARN, settings.MAIL_FEEDBACK_QUEUE_ARN, settings.KICK_QUEUE_ARN = EVENTS, FEEDBACK, KICK


@pytest.mark.parametrize(
    ("queue", "path"), [(EVENTS, "shop.events.queue.receive"), (FEEDBACK, "shop.mail.feedback.receive")]
)
def test_a_batch_goes_to_the_receiver_of_its_queue(queue: str, path: str) -> None:
    got: list[Any] = []
    event = messages(queue, "one", "two")
    with patch("storefront.aws.queues.import_string", return_value=got.extend) as looked_up:
        lambda_handler(event, None)
    looked_up.assert_called_once_with(path)
    assert got == event["Records"]


@pytest.mark.parametrize("queue", ["arn:aws:sqs:us-east-1:999999999999:aspireclothes-dev-events", "", f"{EVENTS}-dead"])
def test_an_unknown_queue_is_refused_so_that_it_keeps_its_messages(queue: str) -> None:
    with pytest.raises(Refused, match="a queue that the shop does not know"):
        lambda_handler(messages(queue, "one"), None)


def test_a_queue_that_has_no_name_yet_takes_nothing(settings: Any) -> None:
    settings.EVENTS_QUEUE_ARN = ""
    for queue in (EVENTS, ""):
        with pytest.raises(Refused, match="does not know"):
            lambda_handler(messages(queue, "one"), None)


def test_a_batch_of_two_queues_is_refused() -> None:
    mixed = {"Records": messages(EVENTS, "one")["Records"] + messages(KICK, "two")["Records"]}
    with pytest.raises(Refused, match="one batch from several queues"):
        lambda_handler(mixed, None)


def test_what_the_receiver_raises_comes_out() -> None:
    def receive(records: Any) -> None:
        raise ValueError("not yet")

    with patch("storefront.aws.queues.import_string", return_value=receive), pytest.raises(ValueError, match="not yet"):
        lambda_handler(messages(EVENTS, "one"), None)


def kicked(relay: Callable[[], object]) -> tuple[list[str], tuple[Job, ...]]:
    """What ran, and the jobs that a kick may run."""
    ran: list[str] = []
    others = (Job(name, partial(ran.append, name), every=1) for name in ("purge edge", "mail"))
    return ran, (Job("relay", relay, every=1), *others)


def test_a_kick_runs_relay_purges_and_mail_once_however_many_there_are() -> None:
    relayed: list[str] = []
    ran, jobs = kicked(lambda: relayed.append("relay"))
    with patch("storefront.scheduled.JOBS", jobs):
        lambda_handler(messages(KICK, "{}", "{}", "no JSON"), None)
    assert (relayed, ran) == (["relay"], ["purge edge", "mail"])


def test_mails_go_out_though_the_relay_fails_and_the_kick_comes_again() -> None:
    def broken() -> None:
        raise OSError("no bus")

    ran, jobs = kicked(broken)
    with patch("storefront.scheduled.JOBS", jobs), pytest.raises(ExceptionGroup) as caught:
        lambda_handler(messages(KICK, "{}"), None)
    assert ran == ["purge edge", "mail"]
    assert [str(error) for error in caught.value.exceptions] == ["no bus"]


@pytest.mark.parametrize(("queue", "purged"), [(EVENTS, 1), (FEEDBACK, 0)])
def test_what_events_let_fall_at_the_edge_falls_with_their_batch_even_if_a_consumer_fails(
    queue: str, purged: int
) -> None:
    runs: list[str] = []

    def receive(records: Any) -> None:
        raise ValueError("not yet")

    job = Job("purge edge", lambda: runs.append("purged"), every=1)
    with (
        patch("storefront.aws.queues.import_string", return_value=receive),
        patch("storefront.aws.schedules.job_named", return_value=job),
        pytest.raises(ValueError, match="not yet"),
    ):
        lambda_handler(messages(queue, "one"), None)
    assert len(runs) == purged
