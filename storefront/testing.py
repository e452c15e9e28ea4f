"""`make test`: find or install a Chromium, say loudly what cannot run, then run pytest over two workers."""

import os
import shutil
import subprocess
import sys

import pytest


def main() -> int:
    """Run every test; extra arguments go to pytest. Returns pytest's exit code."""
    arguments = ["-n", os.environ.get("WORKERS", "2"), "--dist", "loadgroup", *sys.argv[1:]]
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
