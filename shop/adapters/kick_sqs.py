"""A kick by a message to a queue that wakes the function."""

from django.conf import settings

from shop.adapters.aws import client
from shop.adapters.kick import Kick
from shop.adapters.network import refuse_inside_transaction

# A buyer waits for it, and missing it costs little.
SECONDS = 1.0


class QueueKick(Kick):
    """Sends to settings.KICK_QUEUE_URL: one try, one second."""

    def send(self) -> None:
        refuse_inside_transaction()
        sqs = client("sqs", seconds=SECONDS, tries=1)
        sqs.send_message(QueueUrl=settings.KICK_QUEUE_URL, MessageBody="rows wait")
