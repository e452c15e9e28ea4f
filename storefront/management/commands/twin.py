"""`make twin`: the shop on a pretended AWS, with whoever plays it; Ctrl-C ends all of it."""

import os
import subprocess
import sys

from django.conf import settings
from django.core.management.base import CommandError

from storefront.management.commands import run


class Command(run.Command):
    help = "Serve the shop with all its AWS adapters on, against moto on this machine"
    typed = "make twin"
    # moto keeps nothing: what it forgets is made anew, and what lay in its queues is published again.
    started_anew = frozenset({"cloud"})

    def parts(self) -> dict[str, tuple[str, ...]]:
        if not settings.TWIN_PEEK:
            raise CommandError("these settings have no twin: make twin")
        server = ("runserver", f"{run.HOST}:{settings.PORT}")
        return {"cloud": ("cloud",), "server": server, "function": ("consumer",)}

    def make_demo(self) -> None:
        """As on a laptop: nobody plays AWS yet."""
        laptop = os.environ | {"DJANGO_SETTINGS_MODULE": "storefront.settings.local"}
        made = subprocess.run([sys.executable, "manage.py", "demo"], cwd=settings.BASE_DIR, env=laptop, check=False)
        if made.returncode:
            raise CommandError(f"the demo shop was not made; start it again: {self.typed}")

    def ports(self) -> list[int]:
        return [settings.PORT, settings.CLOUD_PORT, settings.CLOUD_PORT + 1]

    def banner(self) -> str:
        return f"{super().banner()}  The twin      {settings.SITE_URL}/sandbox/twin/   what lies in the pretended AWS\n"
