"""The programs that a deploy runs."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Stopped(Exception):
    """The deploy ends here; the message says why and what to do."""


def run(*command: str, place: Path = ROOT) -> None:
    """Raises Stopped when it fails; what it says is seen at once."""
    # Zappa imports its callbacks, which are ours, whatever folder it runs in.
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=place, env=variables, check=False)  # noqa: S603
    if done.returncode:
        raise Stopped(f"{Path(command[0]).name} {command[1]} failed; deploy again once that is mended")


def git(*command: str) -> str:
    """What it says. Raises Stopped."""
    try:
        done = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603, S607
    except (OSError, subprocess.CalledProcessError) as error:
        words = str(getattr(error, "stderr", "") or error).strip()
        raise Stopped(f"a release is of a commit, and git does not tell which: {words}") from error
    return done.stdout.strip()


def zappa(command: str, stage: str, settings: Path, *more: str) -> None:
    """Zappa in the folder of its settings, where it leaves a file or two meanwhile. Raises Stopped."""
    run(str(Path(sys.executable).parent / "zappa"), command, stage, "-s", str(settings), *more, place=settings.parent)
