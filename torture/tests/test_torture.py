"""A short run of the whole thing; `make torture` is the long one."""

import subprocess
import sys

import pytest

from storefront.embedded_postgres import ROOT


# The longest of all tests, and the one that suffers most from a busy machine.
@pytest.mark.timeout(660)
def test_a_few_purchases_under_fire() -> None:
    command = [sys.executable, "-m", "torture", "--short", "--seeds", "1", "--purchases", "16"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
