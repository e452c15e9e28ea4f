"""Kill the parent without warning: what it started has to end too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# What the children run says "ready" and waits for ever.
WAIT = "import signal; print('ready', flush=True); signal.pause()"
COMMAND = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "manage.py", "shell", "--no-imports", "-c", {WAIT!r}], start_new_session=True).wait()
"""
POOL = f"""
import django, os
django.setup()
from shop.demo.pictures import workers
with workers() as pool:
    pool.submit(os.getpid).result()
    {WAIT}
"""


@pytest.mark.parametrize("script", [COMMAND, POOL], ids=["a part of make run", "the demo's pool"])
def test_a_killed_parent_leaves_no_process(script: str) -> None:
    environment = os.environ | {"END_WITH_PARENT": "1", "DJANGO_SETTINGS_MODULE": "storefront.settings.test"}
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert parent.stdout
    assert parent.stdout.readline() == b"ready\n"
    parent.kill()
    # Its output closes when nobody has it any more, which is when the last child has ended.
    assert parent.communicate(timeout=30)[0] == b""
