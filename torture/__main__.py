"""`make torture`: brings up shop and provider, then lets a command loose on them."""

import shutil
import subprocess
import sys
from pathlib import Path

from storefront.embedded_postgres import ROOT
from torture.site import site


def run(*command_line: str) -> int:
    """The exit code of that management command, run beside a shop and its provider."""
    with site() as variables:
        command = [sys.executable, "manage.py", *command_line]
        code = subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
    folder = Path(variables["TORTURE_RUN"])
    if code:
        print(f"What the processes said is in {folder.relative_to(ROOT)}")
    else:
        shutil.rmtree(folder)
    return code


if __name__ == "__main__":
    sys.exit(run("torture_run", *sys.argv[1:]))
