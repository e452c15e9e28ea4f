"""`make package`: the zip that Lambda runs, the same for every stage.

    python -m deploy.package [--out dist/aspireclothes.zip]

Libraries are those of requirements/base.txt and no others, installed by their hashes into .local/package/ (kept while
the lock is the same). The project is staged beside them, with the names of the hashed static files; those themselves
lie in .local/package/static, for S3. Zappa packs both, and bytecode.py rewrites what it packed.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from deploy.contents import is_left_out, is_of_project
from deploy.programs import ROOT
from deploy.settings import RUNTIME

LOCK = ROOT / "requirements" / "base.txt"
WORK = ROOT / ".local" / "package"
STATIC = WORK / "static"
OUT = ROOT / "dist" / "aspireclothes.zip"
MOST_BYTES = 30_000_000
# Of Zappa's settings, what packing needs; the rest is filled in when a stage is deployed.
PACKING = ("project_name", "lambda_handler", "use_precompiled_packages", "exclude", "callbacks")
# glibc of Lambda's runtimes: Amazon Linux 2 up to Python 3.11, Amazon Linux 2023 from 3.12 on.
GLIBC = (2, 34) if sys.version_info >= (3, 12) else (2, 26)

Installer = Callable[[Path], None]


def build(out: Path = OUT, *, install: Installer | None = None, static: Path = STATIC) -> Path:
    """Build the package. Raises CalledProcessError where a step fails; its output is on the screen."""
    libraries = environment(install or install_locked)
    collect_static(static)
    with tempfile.TemporaryDirectory(dir=made(WORK)) as folder:
        staged = Path(folder) / "project"
        stage(staged, static)
        pack(staged, libraries)
        made(out.parent)
        shutil.move(staged / "package.zip", out)
    return out


def environment(install: Installer) -> Path:
    """The environment of exactly the locked libraries, installed anew where the lock is another."""
    rules = (ROOT / "deploy" / "contents.py").read_bytes()
    key = hashlib.sha256(LOCK.read_bytes() + rules + f"{RUNTIME} {install.__name__}".encode()).hexdigest()[:16]
    home = WORK / f"environment-{key}"
    if not home.exists():
        draft = Path(tempfile.mkdtemp(dir=made(WORK)))
        site = made(draft / "lib" / RUNTIME / "site-packages")
        install(site)
        for path in [each for each in site.rglob("*") if each.is_file()]:
            if is_left_out(path.relative_to(site).as_posix()):
                path.unlink()
        try:
            draft.replace(home)
        except OSError:
            # Somebody else was quicker, with the same libraries.
            if not home.exists():
                raise
            shutil.rmtree(draft)
    return home


def install_locked(site: Path) -> None:
    """The lock's libraries, by their hashes, as wheels only: nothing of somebody's own is built in."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    run([*pip, "--require-hashes", "--no-deps", "--only-binary=:all:", "--target", str(site), "-r", str(LOCK)])


def locked() -> Iterator[tuple[str, str]]:
    """Names and versions in the lock."""
    for found in re.finditer(r"^([A-Za-z0-9._-]+)==(\S+)", LOCK.read_text(), re.MULTILINE):
        yield found[1], found[2]


def collect_static(static: Path) -> None:
    """Every static file under its hashed name, with the list of these names."""
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--clear", "-v0"]
    run(command, STATIC_FOLDER=str(static), DJANGO_SETTINGS_MODULE="deploy.static_settings")


def stage(staged: Path, static: Path) -> None:
    """A folder with what of the project runs, and Zappa's settings for packing."""
    for path in sorted(tracked()):
        if is_of_project(path):
            made((staged / path).parent)
            shutil.copy(ROOT / path, staged / path)
    made(staged / "staticroot")
    shutil.copy(static / "staticfiles.json", staged / "staticroot")
    settings = json.loads((ROOT / "zappa_settings.json").read_text())["base"]
    (staged / "zappa_settings.json").write_text(json.dumps({"package": {name: settings[name] for name in PACKING}}))


def tracked() -> list[str]:
    """The files of the project that git knows or would take: nothing that merely lies about."""
    listed = run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], ROOT)
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def pack(staged: Path, libraries: Path) -> None:
    """Zappa's own packing, which calls bytecode.py at its end."""
    command = [sys.executable, "-m", "zappa.cli", "package", "package", "-o", "package.zip"]
    variables = {"VIRTUAL_ENV": str(libraries), "PYTHONPATH": str(ROOT), "AWS_DEFAULT_REGION": "us-east-1"}
    run(command, staged, PYTHONNODEBUGRANGES="1", **variables)


def run(command: list[str], folder: Path = ROOT, **variables: str) -> str:
    """Run a command; what it wrote. Raises CalledProcessError, and then shows it."""
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=folder, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        done.check_returncode()
    return done.stdout


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def misfits(path: Path) -> list[str]:
    """The package's libraries whose compiled parts ask for a newer glibc than this Python's runtime on Lambda has."""
    found = []
    with zipfile.ZipFile(path) as packed:
        for name in sorted(each for each in packed.namelist() if each.endswith(".dist-info/WHEEL")):
            tags = re.findall(r"^Tag: \S+-manylinux_(\d+)_(\d+)_", packed.read(name).decode(), re.MULTILINE)
            versions = [(int(major), int(minor)) for major, minor in tags]
            if versions and min(versions) > GLIBC:
                found.append(name.removesuffix(".dist-info/WHEEL"))
    return found


def unfit(path: Path, static: Path = STATIC) -> str:
    """Why Lambda cannot run this package with these static files; empty when it can."""
    if not zipfile.is_zipfile(path):
        return f"no zip: {path}"
    if not same_python(path):
        return f"built by another Python than {RUNTIME}, which its bytecode is for: build and deploy with the same one"
    if not same_static(path, static):
        return f"of other static files than {static} has: both come from one `make package`"
    names = misfits(path)
    runtime = f"Lambda's {RUNTIME} (glibc {GLIBC[0]}.{GLIBC[1]})"
    return f"not for {runtime}: {', '.join(names)}. Build and deploy with Python 3.12 or newer" if names else ""


def same_python(path: Path) -> bool:
    """Whether its bytecode is this Python's: libraries have no source beside it."""
    with zipfile.ZipFile(path) as packed:
        compiled = [name for name in packed.namelist() if name.endswith(".pyc")]
        return all(packed.read(name).startswith(importlib.util.MAGIC_NUMBER) for name in compiled[:1])


def same_static(path: Path, static: Path) -> bool:
    """Whether the names of hashed files that its pages use are those of that folder."""
    with zipfile.ZipFile(path) as packed:
        listed = "staticroot/staticfiles.json"
        return listed not in packed.namelist() or packed.read(listed) == (static / "staticfiles.json").read_bytes()


def report(path: Path) -> str:
    """The package's size, and its largest parts as they are packed."""
    parts: Counter[str] = Counter()
    with zipfile.ZipFile(path) as packed:
        files = packed.infolist()
        for each in files:
            parts[each.filename.split("/")[0]] += each.compress_size
    unpacked = sum(each.file_size for each in files)
    lines = [f"{path.stat().st_size / 1e6:.1f} MB zipped, {unpacked / 1e6:.1f} MB unpacked, {len(files):,} files"]
    lines += [f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}"]
    return "\n".join([*lines, *(f"{size / 1e6:8.2f} MB  {name}" for name, size in parts.most_common(12))])


def main() -> None:
    """Build, and tell what came of it. Ends with 1 where it is too large."""
    parser = argparse.ArgumentParser(prog="make package", description="The zip that Lambda runs.")
    parser.add_argument("--out", type=Path, default=OUT)
    out = build(parser.parse_args().out.resolve())
    print(report(out))  # noqa: T201
    if reason := unfit(out):
        print(f"The package is {reason}.")  # noqa: T201
    if out.stat().st_size > MOST_BYTES:
        raise SystemExit(f"more than {MOST_BYTES / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
