"""`make payment3p`: make the CDK app's own environment, then run its tests there. They leave the templates in .local.

The CDK is 464 MB and needs Node: neither has a place beside the shop's own dependencies. Where it can't be had, its
tests are skipped and the reason is told (PAYMENT3P=required makes that a failure).
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENVIRONMENT = ROOT / ".local" / "cdk-venv"
TEMPLATES = ROOT / ".local" / "payment3p"
# What was synthesized from what stands in SOURCES: its digest.
DIGEST = TEMPLATES / "sources.sha256"
LOCK = HERE / "requirements.txt"
SOURCES = [LOCK, HERE / "cdk" / "app.py", HERE / "cdk" / "stack.py", HERE / "worker" / "handler.py"]
# Old and new Node alike draw a banner of a dozen lines.
QUIET = {
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
}


def main() -> int:
    """Make the environment if need be and run the tests. Returns what the process ends with."""
    if reason := prepare():
        sys.stderr.write(f"\n*** The tests of infra/payment3p/cdk are SKIPPED: {reason}. ***\n\n")
        return int(os.environ.get("PAYMENT3P") == "required")
    DIGEST.unlink(missing_ok=True)
    command = ["-m", "pytest", "-q", "-c", "infra/payment3p/cdk/pytest.ini", "infra/payment3p/cdk/tests"]
    ended = subprocess.run([ENVIRONMENT / "bin" / "python", *command], cwd=ROOT, env=os.environ | QUIET, check=False)  # noqa: S603
    if ended.returncode == 0:
        DIGEST.write_text(digest(*SOURCES))
    return ended.returncode


def prepare() -> str:
    """Have the environment that the lock asks for; why that can't be, or nothing."""
    if not shutil.which("node"):
        return "the CDK needs Node, and there is no `node` here"
    installed = ENVIRONMENT / "installed.sha256"
    if installed.is_file() and installed.read_text() == digest(LOCK):
        return ""
    sys.stderr.write("Making the CDK's environment in .local/cdk-venv (464 MB, once)\n")
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"]
    steps: tuple[list[str | Path], ...] = (
        [sys.executable, "-m", "venv", "--clear", ENVIRONMENT],
        [ENVIRONMENT / "bin" / "python", *pip, LOCK],
    )
    for step in steps:
        if subprocess.run(step, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:  # noqa: S603
            return f"`{' '.join(map(str, step[1:4]))}` failed"
    installed.write_text(digest(LOCK))
    return ""


def digest(*paths: Path) -> str:
    """What stands in the files, in short."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def templates() -> dict[str, Path]:
    """The synthesized template of each stage; empty where they are missing or older than their sources."""
    if not DIGEST.is_file() or DIGEST.read_text() != digest(*SOURCES):
        return {}
    return {path.name.split("-")[1]: path for path in sorted(TEMPLATES.glob("*.template.json"))}


if __name__ == "__main__":
    sys.exit(main())
