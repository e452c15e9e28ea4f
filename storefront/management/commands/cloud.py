"""`manage.py cloud`: plays AWS at AWS_ENDPOINT until ended, and lets the twin's page look into it."""

import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Play AWS on this machine (moto), for `make twin`"

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.TWIN_PEEK:
            raise CommandError("these settings have no twin: make twin")
        from sandbox.cloud import server  # noqa: PLC0415 - heavy, and a development dependency
        from sandbox.twin import peek  # noqa: PLC0415

        server.serve(settings.CLOUD_PORT)
        peek.serve(settings.CLOUD_PORT + 1)
        threading.Event().wait()
