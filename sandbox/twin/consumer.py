"""Plays what AWS puts between queues or clock and the function: batches, visibility, another try; and schedules.

A batch whose call raises is left in its queue whole, as Zappa's mappings ask for no answer about parts of it. After
five times SQS itself moves a message to the dead letters.
"""

import json
import re
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string

from sandbox.cloud.batches import batch
from sandbox.cloud.runtime import Context
from sandbox.cloud.server import ACCOUNT, REGION
from sandbox.models import Weather
from sandbox.twin import alarms
from sandbox.twin.clients import client
from sandbox.twin.making import check_there, make_all
from sandbox.twin.models import Invocation

FUNCTION = "storefront.aws.entry.lambda_handler"
BATCH, SECONDS = 10, 30
MOST_KEPT = 200
LONGEST_WORDS = 500
# Until a schedule is due for the first time: on AWS it is its whole rate.
FIRST_SECONDS = 60
UNIT_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}
Event = dict[str, Any]


def sources() -> tuple[str, ...]:
    """The queues that the function reads, by their names."""
    arns = (settings.EVENTS_QUEUE_ARN, settings.MAIL_FEEDBACK_QUEUE_ARN, settings.KICK_QUEUE_ARN)
    return tuple(arn.rpartition(":")[2] for arn in arns)


def url_of(queue: str) -> str:
    return f"{settings.AWS_ENDPOINT}/{ACCOUNT}/{queue}"


def arn_of(queue: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"


def poll(queue: str) -> int:
    """Take one batch from the queue and hand it to the function; how many messages there were."""
    sqs, url = client("sqs"), url_of(queue)
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=BATCH, AttributeNames=["All"]).get("Messages", [])
    if found and invoke(queue, batch(found, arn_of(queue)), len(found)):
        entries = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(found)]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    return len(found)


def invoke(what: str, event: Event, messages: int = 0) -> bool:
    """Call the function, in its JSON as on AWS, and note the call; whether it did not raise."""
    failure, began = "", time.monotonic()
    try:
        import_string(FUNCTION)(json.loads(json.dumps(event)), Context(f"aspireclothes-{settings.STAGE}", SECONDS))
    except Exception as error:  # noqa: BLE001 - a function may raise anything; AWS only notes it
        failure = keepable(f"{type(error).__name__}: {error}"[:LONGEST_WORDS])
    took = round((time.monotonic() - began) * 1000)
    Invocation.objects.create(what=what, messages=messages, failure=failure, milliseconds=took)
    return not failure


def keepable(words: str) -> str:
    """The words without what no table keeps: a message that is refused may have anything in it."""
    return words.replace("\0", "").encode(errors="replace").decode()


def drain(queues: Iterable[str] | None = None) -> int:
    """Read the queues until there is nothing more to be seen in any; how many messages came, repeats included."""
    names, total = tuple(queues or sources()), 0
    while taken := sum(poll(queue) for queue in names):
        total += taken
    return total


@lru_cache(maxsize=1)
def schedules() -> dict[str, int]:
    """Each scheduled job with its rate in seconds, as Zappa would set them up."""
    found = {}
    for entry in json.loads((settings.BASE_DIR / "zappa_settings.json").read_text())["base"]["events"]:
        if "expression" in entry:
            count, unit = re.findall(r"rate\((\d+) (minute|hour|day)s?\)", entry["expression"])[0]
            found[entry["kwargs"]["job"]] = int(count) * UNIT_SECONDS[unit]
    return found


def tick(job: str) -> bool:
    """Call the function as a schedule does it."""
    event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}, "kwargs": {"job": job}}
    return invoke(f"schedule {job}", event)


class Consumer:
    """The queues and the clock, one call at a time."""

    def __init__(self, report: Callable[[str], object], extra: Iterable[Callable[[], object]] = ()) -> None:
        """extra: what else is to be done in each round."""
        self.report, self.extra = report, tuple(extra)
        self.due = {job: time.monotonic() + min(rate, FIRST_SECONDS) for job, rate in schedules().items()}
        self.is_there = False

    def round(self) -> None:
        """Whatever is to do now. Where the pretended AWS has forgotten everything, all is made anew first.

        A round that breaks, such as while the database restarts, is reported; the next one goes on.
        """
        try:
            close_old_connections()
            for work in self.extra:
                work()
            if not self.is_there:
                self.report(f"made {make_all()} things on the pretended AWS")
                self.is_there = True
            self.work()
        except (ClientError, BotoCoreError) as error:
            if self.is_there:
                self.report(f"the pretended AWS was away or has forgotten everything: {error}")
            self.is_there = False
        except Exception as error:  # noqa: BLE001 - the shop must not close because of it
            self.report(f"the function's round broke off: {error!r}")

    def work(self) -> None:
        check_there()
        if not Weather.today().queues_stopped:
            drain()
        for job, rate in schedules().items():
            if self.due[job] <= time.monotonic():
                self.due[job] = time.monotonic() + rate
                tick(job)
        alarms.judge()
        forget_old()


def forget_old() -> None:
    """Keep the newest calls."""
    oldest = Invocation.objects.order_by("-pk").values_list("pk", flat=True)[MOST_KEPT : MOST_KEPT + 1]
    Invocation.objects.filter(pk__lte=max(oldest, default=0)).delete()
