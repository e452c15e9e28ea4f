"""`make torture`: brings up shop and provider, then lets `manage.py torture_run` loose on them."""

import shutil
import subprocess
import sys
from pathlib import Path

from storefront.embedded_postgres import ROOT
from torture.site import site


def main() -> int:
    """Arguments go to torture_run; its exit code comes back."""
    with site() as variables:
        command = [sys.executable, "manage.py", "torture_run", *sys.argv[1:]]
        code = subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
    folder = Path(variables["TORTURE_RUN"])
    if code:
        print(f"What the processes said is in {folder.relative_to(ROOT)}")
    else:
        shutil.rmtree(folder)
    return code


if __name__ == "__main__":
    sys.exit(main())
