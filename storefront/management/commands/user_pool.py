"""A Cognito user pool on a laptop, with the shop's people in it. `ACCOUNTS=cognito make run` starts it."""

import threading
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from shop.accounts.models import User
from shop.demo.staff import ACCOUNTS, PASSWORD

DEMO = {f"{local_part}@aspireclothes.example" for local_part in ACCOUNTS}


class Command(BaseCommand):
    help = "Play a Cognito user pool at COGNITO_ENDPOINT; the codes it mails are at /sandbox/mail/"

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until the process is ended. Staff of the demo shop have their password, all others choose a new one."""
        address = urlsplit(settings.COGNITO_ENDPOINT)
        if address.hostname != "127.0.0.1" or not address.port:
            raise CommandError("COGNITO_ENDPOINT is not on this machine: there is nothing to play")
        from sandbox.cognito import laptop  # noqa: PLC0415 - heavy, and a development dependency

        people = User.objects.filter(is_active=True, email_confirmed_at__isnull=False).prefetch_related("groups")
        laptop.open_pool(address.port, [laptop.Resident(**resident(user)) for user in people])
        threading.Event().wait()


def resident(user: User) -> dict[str, Any]:
    """Who they are in the pool: under the subject that the shop knows, or one that is the same at each start."""
    return {
        "subject": user.subject or str(uuid5(NAMESPACE_URL, f"mailto:{user.email}")),
        "email": user.email,
        "full_name": user.full_name,
        "password": PASSWORD if user.email in DEMO else "",
        "groups": tuple(group.name.replace(" ", "-") for group in user.groups.all()),
    }
