"""What SQS and Lambda make of a queue's messages between them."""

from typing import Any

from sandbox.cloud.server import REGION


def batch(messages: list[Any], queue_arn: str) -> dict[str, Any]:
    """The event that a function gets of messages as receive_message gives them.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
    """
    return {"Records": [record(message, queue_arn) for message in messages]}


def record(message: Any, queue_arn: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }
