"""`python -m torture.stock`: many seeds, with and without processes that are killed."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import django

from storefront.embedded_postgres import ROOT
from torture.site import database


def main() -> int:
    """A line a seed and a count of every deed; 1 where something does not hold, or was never done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--deeds", type=int, default=1000, help="a seed, by all processes together")
    options = parser.parse_args()
    with database(f"torture_stock_{os.getpid()}") as url, tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "torture.settings", "TORTURE_RUN": folder}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True)
        django.setup()
        # Models can be imported from here on.
        from torture.stock.drive import many  # noqa: PLC0415

        return many(range(options.first_seed, options.first_seed + options.seeds), options.deeds, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
