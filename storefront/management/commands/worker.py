"""The local stand-in for the schedules of the cloud: runs each job of storefront/scheduled.py at its rate."""

import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from storefront.scheduled import JOBS, Job


class Command(BaseCommand):
    help = "Run the scheduled jobs at their rates until ended"

    def handle(self, *args: Any, **options: Any) -> None:
        """One job at a time; one that fails is reported and tried again at its next turn."""
        ended = threading.Event()
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: ended.set())
        due = {job.name: 0.0 for job in JOBS}
        while not ended.is_set():
            for job in JOBS:
                if not ended.is_set() and due[job.name] <= time.monotonic():
                    self.run_once(job)
                    due[job.name] = time.monotonic() + job.every
            ended.wait(0.5)

    def run_once(self, job: Job) -> None:
        close_old_connections()
        try:
            job.run()
        except Exception as error:  # noqa: BLE001 - one broken job must not end the others
            self.stderr.write(f"job {job.name} failed: {error!r}")
