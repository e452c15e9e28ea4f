"""The kick: one message at the end of whatever left rows for the relay or the mailer."""

import logging
from uuid import uuid4

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from pytest_django import Settings

from shop.adapters.aws import client
from shop.adapters.kick import Kick, kicking
from shop.adapters.kick_sqs import SECONDS, QueueKick
from shop.events.models import OutboxEvent
from shop.events.services import emit
from shop.mail.models import OutgoingMail
from shop.mail.services import queue_mail
from storefront.aws.queues import kick
from storefront.kick import KickMiddleware

pytestmark = pytest.mark.django_db(transaction=True)


class CountedKick(Kick):
    sent = 0

    def send(self) -> None:
        with transaction.atomic(durable=True):
            CountedKick.sent += 1


class BrokenKick(Kick):
    def send(self) -> None:
        raise ReadTimeoutError(endpoint_url="https://sqs.example")


@pytest.fixture(autouse=True)
def counted(settings: Settings) -> None:
    settings.KICK = f"{__name__}.CountedKick"
    CountedKick.sent = 0


def write() -> None:
    with transaction.atomic():
        emit("CustomerSignedUp", {"user_id": 1})
        emit("CustomerSignedUp", {"user_id": 2})
    queue_mail(key=f"k:{uuid4()}", to="sam@example.org", template="account-closed", context={})


def test_a_request_that_wrote_rows_kicks_once_after_its_transactions() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        write()
        write()
        assert CountedKick.sent == 0
        return HttpResponse("done")

    assert isinstance(KickMiddleware(view)(HttpRequest()), HttpResponse)
    assert CountedKick.sent == 1


def test_a_request_that_wrote_nothing_kicks_nobody() -> None:
    KickMiddleware(lambda request: HttpResponse())(HttpRequest())
    assert CountedKick.sent == 0


def test_what_was_rolled_back_kicks_nobody() -> None:
    with kicking():
        with pytest.raises(RuntimeError), transaction.atomic():
            emit("CustomerSignedUp", {"user_id": 1})
            raise RuntimeError("no")
        assert OutboxEvent.objects.count() == 0
    assert CountedKick.sent == 0


def test_a_request_that_ends_in_an_exception_kicks_for_what_it_had_committed() -> None:
    with pytest.raises(ZeroDivisionError), kicking():
        write()
        raise ZeroDivisionError
    assert CountedKick.sent == 1


def test_rows_written_outside_a_request_kick_nobody_and_not_the_next_request() -> None:
    write()
    KickMiddleware(lambda request: HttpResponse())(HttpRequest())
    assert CountedKick.sent == 0


def test_a_kick_that_fails_is_logged_and_the_response_goes_out(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.KICK = f"{__name__}.BrokenKick"

    def view(request: HttpRequest) -> HttpResponse:
        write()
        return HttpResponse("done")

    with caplog.at_level(logging.WARNING):
        assert isinstance(KickMiddleware(view)(HttpRequest()), HttpResponse)
    assert "the kick failed" in caplog.text


def test_a_kick_through_a_queue_is_one_message(cloud: str, settings: Settings) -> None:
    settings.KICK = f"{QueueKick.__module__}.QueueKick"
    settings.KICK_QUEUE_URL = client("sqs").create_queue(QueueName=f"kick-{uuid4()}")["QueueUrl"]
    with kicking():
        write()
    told = client("sqs").receive_message(QueueUrl=settings.KICK_QUEUE_URL, MaxNumberOfMessages=10)
    assert len(told["Messages"]) == 1


def test_a_queue_is_never_asked_inside_a_transaction(cloud: str, settings: Settings) -> None:
    settings.KICK_QUEUE_URL = "https://sqs.example/q"
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        QueueKick().send()


@pytest.mark.parametrize("code", ["ExpiredToken", "ThrottlingException", "AWS.SimpleQueueService.NonExistentQueue"])
def test_what_the_queue_refuses_harms_nobody(
    code: str, cloud: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.KICK, settings.KICK_QUEUE_URL = f"{QueueKick.__module__}.QueueKick", "https://sqs.example/q"
    with Stubber(client("sqs", seconds=SECONDS, tries=1)) as stub:
        stub.add_client_error("send_message", code)
        with caplog.at_level(logging.WARNING), kicking():
            write()
        stub.assert_no_pending_responses()
    assert code in caplog.text


def test_a_kick_that_arrives_has_events_published_and_mails_sent() -> None:
    write()
    kick([{"messageId": "1"}, {"messageId": "2"}])
    assert set(OutboxEvent.objects.values_list("state", flat=True)) == {"published"}
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {"sent"}
