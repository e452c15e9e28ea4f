"""`make test`: find or install a Chromium, say loudly what cannot run, then run pytest over two workers.

Also who runs what: conftest.py hands Groups to the workers' scheduler.
"""

import os
import shutil
import subprocess
import sys

import pytest
from xdist.scheduler import LoadScopeScheduling

# Tests that share what is dear to make, by the beginnings of their paths: one worker runs them all, one after another.
TOGETHER = {
    "package": ("deploy/tests/test_package.py", "deploy/tests/test_whole_shop.py"),
    "demo": ("shop/demo/tests/whole/",),
}


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """Groups first, since they take longest; then each test by itself, to whoever is idle.

    What xdist_group marks would say, which pytest-xdist 3.8 does not hear with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((name for name, begins in TOGETHER.items() if nodeid.startswith(begins)), nodeid)


def main() -> int:
    """Run every test; extra arguments go to pytest. Returns pytest's exit code."""
    arguments = ["-n", os.environ.get("WORKERS", "2"), *sys.argv[1:]]
    if not shutil.which("chromium") and not install_chromium():
        sys.stderr.write(
            "\n*** No Chromium: the browser journeys are SKIPPED. Install Debian's `chromium` to run them. ***\n\n"
        )
    return int(pytest.main(arguments))


def install_chromium() -> bool:
    """Install Debian's Chromium where that is allowed (root, apt-get there); whether it is there now."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    sys.stderr.write("Installing Debian's Chromium for the browser journeys\n")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]):
        subprocess.run(["apt-get", "-qq", *command], env=environment, check=False, stdout=subprocess.DEVNULL)  # noqa: S603, S607
    return shutil.which("chromium") is not None


if __name__ == "__main__":
    sys.exit(main())
