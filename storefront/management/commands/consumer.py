"""`manage.py consumer`: plays Lambda for `make twin`: queues and schedules call the shop's function."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from storefront.worker import Ended, ended_by_signals

PAUSE_SECONDS = 0.5


class Command(BaseCommand):
    help = "Read the pretended AWS's queues and run its schedules, as Lambda would"

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.TWIN_PEEK:
            raise CommandError("these settings have no twin: make twin")
        from sandbox.deliveries import deliver_due  # noqa: PLC0415 - a development dependency
        from sandbox.stripe.paying import expire_overdue  # noqa: PLC0415
        from sandbox.twin.consumer import Consumer  # noqa: PLC0415

        consumer = Consumer(self.stderr.write, extra=(deliver_due, expire_overdue))
        try:
            with ended_by_signals():
                while True:
                    consumer.round()
                    time.sleep(PAUSE_SECONDS)
        except Ended:
            connections.close_all()
