"""The payment provider's events, off the bus by a queue, handed to the shop as the provider itself would do it.

A Lambda function that stands alone: Python and boto3, which the runtime has, are all that it needs.

A row per event says how far it is: `received` before the shop is told, `delivered` once the shop took it. Whatever
ends the function in between leaves `received` and the message in its queue, so the event is told again; the shop knows
it by its id and does nothing twice.
"""

import hashlib
import hmac
import json
import logging
import os
import time
import urllib.error
import urllib.request
from functools import lru_cache
from http.client import HTTPMessage
from typing import IO, Any

import boto3

# From which level on is written down is a setting of the function.
log = logging.getLogger("payment3p")

RECEIVED, DELIVERED = "received", "delivered"
# A row outlives every message about its event: one may lie among the dead for 14 days and be sent on then.
ROW_SECONDS = 30 * 24 * 3600
# A whole batch has to fit into the function's time.
POST_SECONDS = 8


class NotTaken(Exception):
    """The shop did not take an event."""


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Hand over a batch. Returns the messages that have to come again, as SQS wants them named."""
    failed = []
    for record in event["Records"]:
        try:
            hand_over(record["body"])
        except Exception:
            # The queue counts how often, and puts it among the dead in the end.
            log.exception("message %s was not handed over", record["messageId"])
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def hand_over(message: str) -> None:
    """Tell the shop of the event in a message, unless it took it before.

    Raises NotTaken, what AWS raises, and whatever comes of a message that holds no event of the provider's.
    """
    event = json.loads(message)["detail"]
    if keep(event["id"], event["type"]) == DELIVERED:
        log.info("event %s came again", event["id"])
        return
    post(json.dumps(event).encode())
    mark_delivered(event["id"])
    log.info("event %s (%s) was taken", event["id"], event["type"])


def keep(event_id: str, event_type: str) -> str:
    """Write the event's row, unless it is there; how far the event was before."""
    now = int(time.time())
    row = {
        "event": {"S": event_id},
        "type": {"S": event_type},
        "state": {"S": RECEIVED},
        "received_at": {"N": str(now)},
        "expires": {"N": str(now + ROW_SECONDS)},
    }
    rows = client("dynamodb")
    try:
        rows.put_item(
            TableName=os.environ["TABLE"],
            Item=row,
            ConditionExpression="attribute_not_exists(#event)",
            ExpressionAttributeNames={"#event": "event"},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except rows.exceptions.ConditionalCheckFailedException as error:
        return str(error.response["Item"]["state"]["S"])
    return RECEIVED


def mark_delivered(event_id: str) -> None:
    """Note that the shop took it."""
    client("dynamodb").update_item(
        TableName=os.environ["TABLE"],
        Key={"event": {"S": event_id}},
        UpdateExpression="SET #state = :delivered, delivered_at = :now",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":delivered": {"S": DELIVERED}, ":now": {"N": str(int(time.time()))}},
    )


class Straight(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would become a GET, and some page's 200 would pass for an event that was taken."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def post(body: bytes) -> None:
    """Post a signed event to the shop. Raises NotTaken, and OSError when there is no answer."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(body),
        "X-Amzn-Trace-Id": os.environ.get("_X_AMZN_TRACE_ID", ""),
    }
    request = urllib.request.Request(os.environ["WEBHOOK_URL"], data=body, headers=headers)  # noqa: S310 - the shop's
    try:
        with urllib.request.build_opener(Straight).open(request, timeout=POST_SECONDS):
            pass
    except urllib.error.HTTPError as error:
        # It may be the signature that was refused: the secret was changed since it was read.
        webhook_secret.cache_clear()
        raise NotTaken(f"the shop answered {error.code}") from error


def signature(body: bytes) -> str:
    """What the provider sends along: when, and an HMAC of that and the body.

    https://docs.stripe.com/webhooks#verify-manually
    """
    now = int(time.time())
    digest = hmac.new(webhook_secret().encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={digest}"


@lru_cache
def webhook_secret() -> str:
    """The secret that provider and shop share."""
    answer = client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])
    return str(json.loads(answer["SecretString"])["STRIPE_WEBHOOK_SECRET"])


@lru_cache
def client(service: str) -> Any:
    """A client of AWS; region, rights and address are the environment's."""
    made: Any = boto3.session.Session()
    return made.client(service)
