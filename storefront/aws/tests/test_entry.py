"""Which event goes where, and which goes nowhere."""

import json
import logging
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.dispatch import Signal
from django.utils.module_loading import import_string

from shop.core.http import client_address
from shop.core.logs import JsonLines
from shop.tests.builders import make_variant
from storefront.aws import entry
from storefront.aws.entry import lambda_handler
from storefront.aws.refusals import Refused
from storefront.aws.tests.events import BUYER, field, messages, payload_2, rest, schedule
from storefront.scheduled import JOBS, Job

# Each event begins with a look at the connection, which may be open.
pytestmark = pytest.mark.django_db(transaction=True)

SNS = {
    "Records": [
        {
            "EventSource": "aws:sns",
            "EventSubscriptionArn": "arn:aws:sns:us-east-1:123456789012:x:1",
            "Sns": {
                "Message": json.dumps({"command": "os.system"}),
                "TopicArn": "arn:aws:sns:us-east-1:123456789012:x",
            },
        }
    ]
}
EVIL: dict[str, Any] = {
    "a function by its name": {"command": "os.getcwd"},
    "Python": {"raw_command": "open('/tmp/was-here', 'w')"},
    "a function of the shop's": {"command": "shop.events.relay.relay", "event": {}},
    "a notice with a function in it": SNS,
    "a task": {"task_path": "os.getcwd", "capture_response": False, "args": [], "kwargs": {}},
    "an event of the bus": {"source": "aspireclothes.orders", "detail-type": "OrderPaid", "detail": {}},
    "a schedule that names a function": schedule("relay") | {"kwargs": {"function": "os.getcwd"}},
    "a command beside something else": {"manage": "check", "command": "os.getcwd"},
    "a resource": {"resources": ["arn:aws:events:us-east-1:123456789012:rule/x-os.getcwd"], "kwargs": {}},
    "a Cognito trigger": {"triggerSource": "PreSignUp_SignUp", "request": {}, "response": {}},
    "an authorizer's": {"type": "TOKEN", "methodArn": "arn:aws:execute-api:x", "authorizationToken": "a"},
    "a stream's": {"Records": [{"eventSource": "aws:dynamodb", "eventSourceARN": "arn:aws:dynamodb:x"}]},
    "a queue's whose name is a list": {"Records": [{"eventSource": ["aws:sqs"], "eventSourceARN": "arn:aws:sqs:x"}]},
    "a bucket's": {"Records": [{"eventSource": "aws:s3", "s3": {}}]},
    "nothing": {},
    "no object": ["manage", "check"],
    "null": None,
    "a text": "check",
    "no records": {"Records": []},
    "records of nothing": {"Records": [None]},
    "records that are a text": {"Records": "aws:sqs"},
    "a field without a name": field(None),
    "a field without arguments": {"info": {"fieldName": "product"}},
    "a command that is a list": {"manage": ["check"]},
    "an empty command": {"manage": "  "},
    "a command with an open quote": {"manage": "check 'a"},
    "a shell": {"manage": "shell -c 'import os'"},
    "an empty database": {"manage": "flush --noinput"},
    "a job that is a list": schedule(["relay"]),
    "a job that is none": schedule("format the disk"),
}


@pytest.mark.parametrize("event", EVIL.values(), ids=EVIL.keys())
def test_what_is_not_for_the_shop_is_refused_and_nothing_runs(event: Any) -> None:
    with (
        patch.object(entry, "import_string", side_effect=AssertionError("something was imported")),
        patch("storefront.aws.queues.import_string", side_effect=AssertionError("something was imported")),
        patch("storefront.aws.commands.call_command", side_effect=AssertionError("something was run")),
        pytest.raises(Refused),
    ):
        lambda_handler(event, None)


def test_a_refusal_says_what_it_saw() -> None:
    with pytest.raises(Refused, match="an event of no known kind: it has command, event"):
        lambda_handler({"command": "os.getcwd", "event": {}}, None)


@pytest.mark.parametrize("make", [rest, payload_2])
def test_a_page_comes_whole_through_the_function(make: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    product = make_variant().product
    answer = lambda_handler(make(f"/product/{product.slug}/"), None)
    assert answer["statusCode"] == 200
    assert product.name in answer["body"]


def test_the_shop_takes_the_buyers_address_from_before_the_edge(settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.TRUSTED_PROXIES = ["*"], 2
    seen: list[str | None] = []
    started = Signal()
    with patch("django.core.handlers.wsgi.signals.request_started", started):
        started.connect(lambda sender, environ, **rest: seen.append(client_address(WSGIRequest(environ))), weak=False)
        lambda_handler(rest("/healthz"), None)
    assert seen == [BUYER]


def test_a_schedule_runs_its_job_and_no_other() -> None:
    ran: list[str] = []
    jobs = tuple(Job(name, lambda name=name: ran.append(name), every=60) for name in ("first", "second"))  # type: ignore[misc]
    with patch("storefront.scheduled.JOBS", jobs):
        assert lambda_handler(schedule("second"), None) == {"job": "second"}
    assert ran == ["second"]


def test_what_is_logged_meanwhile_names_lambdas_own_request_and_the_job() -> None:
    lines: list[str] = []

    def tell() -> None:
        lines.append(JsonLines().format(logging.makeLogRecord({"msg": "at work"})))

    with patch("storefront.scheduled.JOBS", (Job("telling", tell, every=60),)):
        lambda_handler(schedule("telling"), SimpleNamespace(aws_request_id="r-7"))
    (line,) = map(json.loads, lines)
    assert (line["request_id"], line["job"], line["message"]) == ("r-7", "telling", "at work")


def test_a_job_that_fails_fails_the_invocation_and_runs_once() -> None:
    tries = []

    def broken() -> None:
        tries.append(1)
        raise TypeError("of its own")

    with (
        patch("storefront.scheduled.JOBS", (Job("broken", broken, every=60),)),
        pytest.raises(TypeError, match="of its own"),
    ):
        lambda_handler(schedule("broken"), None)
    assert tries == [1]


def test_a_field_is_resolved_with_the_whole_event() -> None:
    event = field("product", slug="a")
    with patch.object(entry, "import_string", return_value=lambda whole: {"asked": whole}) as looked_up:
        assert lambda_handler(event, None) == {"asked": event}
    looked_up.assert_called_once_with("shop.graphql.appsync.resolve")


@pytest.mark.parametrize("event", [schedule("publish"), {"manage": "showmigrations shop"}, messages("arn:kick", "{}")])
def test_a_connection_that_broke_between_two_events_is_made_anew(event: Any, settings: Any) -> None:
    settings.KICK_QUEUE_ARN = "arn:kick"
    connection.ensure_connection()
    connection.connection.close()
    assert lambda_handler(event, None) != "broken"


def test_every_route_that_is_named_is_one_of_the_shops() -> None:
    from storefront.aws.queues import RECEIVERS  # noqa: PLC0415 - beside the route it is compared with

    for path in [*RECEIVERS.values(), entry.RESOLVER]:
        assert path.startswith(("shop.", "storefront."))
        assert callable(import_string(path))


def test_jobs_have_names_of_their_own() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
