"""A look into the pretended AWS that AWS itself does not offer: messages without receiving them, mails that were sent.

moto keeps all of it in its own process, so that process tells it, as JSON over HTTP.
"""

import email
import email.policy
import json
import threading
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.cloud.server import ACCOUNT, REGION

NEWEST = 30
LONGEST = 2_000


def look() -> dict[str, Any]:
    """What lies in moto, newest first. Only in the process in which it runs."""
    from moto.events.models import events_backends  # noqa: PLC0415 - heavy, and a development dependency
    from moto.ses.models import ses_backends  # noqa: PLC0415
    from moto.sns.models import sns_backends  # noqa: PLC0415
    from moto.sqs.models import sqs_backends  # noqa: PLC0415

    archives = events_backends[ACCOUNT][REGION].archives.values()
    topics = sns_backends[ACCOUNT][REGION].topics.values()
    mails = ses_backends[ACCOUNT][REGION].sent_messages
    return {
        "queues": {
            name: [message_of(message) for message in queue._messages]
            for name, queue in sorted(sqs_backends[ACCOUNT][REGION].queues.items())
        },
        "events": [event for archive in archives for event in archive.events][: -NEWEST - 1 : -1],
        "notices": {topic.name: notices_of(topic) for topic in topics},
        "mails": [mail_of(mail) for mail in mails[: -NEWEST - 1 : -1]],
    }


def message_of(message: Any) -> dict[str, Any]:
    return {
        "id": message.id,
        "body": message.body[:LONGEST],
        "received": message.approximate_receive_count,
        "visible": message.visible,
    }


def notices_of(topic: Any) -> list[dict[str, str]]:
    """The last ones, newest first. moto keeps (id, message, subject, attributes, group)."""
    return [{"subject": sent[2] or "", "text": str(sent[1])} for sent in topic.sent_notifications[: -NEWEST - 1 : -1]]


def mail_of(mail: Any) -> dict[str, str]:
    letter = email.message_from_string(mail.raw_data, policy=email.policy.default)
    return {"id": mail.id, "to": str(letter["To"]), "subject": str(letter["Subject"])}


class Window(BaseHTTPRequestHandler):
    """Tells what lies in moto, to whoever asks on this machine."""

    def do_GET(self) -> None:
        body = json.dumps(look(), default=str).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal is the shop's."""


@lru_cache(maxsize=4)
def serve(port: int = 0) -> str:
    """Let others look, until the process ends; the address. Port 0: any that is free."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Window)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
