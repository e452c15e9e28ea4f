"""`make deploy STAGE=…`: a release, step by step; `make rollback`, `make undeploy`.

    python -m deploy.release deploy STAGE [--dry-run] [--package ZIP] [--address URL]
    python -m deploy.release rollback STAGE
    python -m deploy.release undeploy STAGE --yes

Each step may be done twice and finds out by itself whether it is needed, so a deploy that was cut off is begun again
with the same words. The database is migrated by the new code in a function beside the live one, before anything is
switched (docs/adr/0029-migrate-beside-the-live-function.md). What breaks off or does not pass its smoke test is rolled
back: the former package is deployed again, with the settings that it had. One at a time (lock.py).
"""

import argparse
import getpass
import json
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from deploy import lock
from deploy.account import Account, CommandFailed, in_hex, sha256
from deploy.history import going_back, until
from deploy.package import OUT, STATIC, unfit
from deploy.programs import ROOT, Stopped, git, run, zappa
from deploy.settings import STAGES, NotReady, folder_of, read_values, stage_settings, write, write_role
from deploy.smoke import Shop, SmokeTestFailed, smoke_test
from deploy.static import put_static

LOG_LINES = 60
# No credentials, expired ones, a right that is missing, a limit, no answer.
AWS_REFUSES = (ClientError, BotoCoreError, Boto3Error)
# What `migrate` says of each: "  Applying shop.0003_more... OK".
APPLIED = re.compile(r"Applying (\S+?)\.\.\.")


@dataclass
class Release:
    """One run: what is released where, and what was said on the way."""

    stage: str
    kind: str
    build: str
    commit: str
    dry: bool = False
    address: str = ""
    who: str = field(default_factory=lambda: f"{getpass.getuser()} on {socket.gethostname()}")
    run: str = field(default_factory=lambda: uuid4().hex)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    migrations: list[str] = field(default_factory=list)
    package: Path | None = None
    log: list[str] = field(default_factory=list)

    def say(self, words: str) -> None:
        self.log.append(words)
        print(words, flush=True)  # noqa: T201 - this is what it is for

    def told(self, outcome: str) -> dict[str, Any]:
        """What the admin's list of releases shows."""
        return {
            **{"run": self.run, "stage": self.stage, "kind": self.kind, "build": self.build, "commit": self.commit},
            **{"who": self.who, "began_at": self.began.isoformat(), "ended_at": datetime.now(UTC).isoformat()},
            "zip_sha256": sha256(self.package) if self.package else "",
            "zip_bytes": self.package.stat().st_size if self.package else 0,
            **{"migrations": self.migrations, "outcome": outcome, "log": "\n".join(self.log[-LOG_LINES:])},
        }


@dataclass
class Target:
    """Where it goes: the account, what its stacks told, Zappa's settings, and what was live there before."""

    account: Account
    values: dict[str, str]
    settings: Path
    history: list[dict[str, Any]]
    # The package's key in the bucket.
    key: str = ""

    @property
    def role(self) -> str:
        """The function's, by the name that Zappa gives it."""
        return f"arn:aws:iam::{self.values['ACCOUNT']}:role/{self.account.function}-ZappaLambdaExecutionRole"


def deploy(release: Release) -> None:
    """Release this tree. Raises Stopped."""
    release.say(f"1. Checking the tree (commit {release.commit[:10]}) and its migrations")
    check_tree(release)
    with alone(release) as (values, account):
        target = look(release, values, account)
        if release.dry:
            release.say("Nothing was changed (--dry-run). It would package, put static files, migrate, switch, ask it.")
            return
        put_live(release, target)


@contextmanager
def alone(release: Release) -> Iterator[tuple[dict[str, str], Account]]:
    """What the stacks told, and the account; nobody else changes the stage meanwhile. Raises Busy."""
    values = read_values(release.stage, release.build)
    account = Account(release.stage, values["DEPLOY_BUCKET"])
    if release.dry:
        yield values, account
        return
    mine = lock.Holder(release.run, release.who, release.kind)
    with lock.held(account.clients["s3"], account.bucket, release.stage, mine, release.say):
        yield values, account


def put_live(release: Release, target: Target) -> None:
    """From the package to the release that is written down. Raises Stopped."""
    release.say("3. Packaging")
    release.package = release.package or build_package()
    check_package(release.package)
    release.say(f"4. Static files to {target.values['STATIC_BUCKET']}")
    put, there = put_static(target.account.clients["s3"], target.values["STATIC_BUCKET"], static_folder())
    release.say(f"   {put} new, {there} there already")
    target.key = target.account.upload(release.package)
    migrate(release, target)
    go_live(release, target)
    finish(release, target)


def look(release: Release, values: dict[str, str], account: Account) -> Target:
    """What is to be set, and what is there."""
    settings = write(release.stage, values, folder_of(release.stage))
    history = account.releases()
    release.kind = "update" if account.live() and account.has_gateway() else "deploy"
    former = history[-1]["build"] if history else "nothing"
    release.say(f"2. {release.stage}: live is {former}; this is the {release.kind} of build {release.build}")
    return Target(account, values, settings, history)


def check_tree(release: Release) -> None:
    """What is released is a commit whose migrations leave the version that serves in peace. Raises Stopped."""
    changed = git("status", "--porcelain")
    if changed:
        raise Stopped(f"the tree has changes that are not committed:\n{changed}")
    check_migrations(release)


def check_migrations(release: Release) -> None:
    """Raises Stopped."""
    done = subprocess.run([sys.executable, "-m", "deploy.migrations"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise Stopped(f"the migrations are not safe:\n{done.stderr}")
    release.say(f"   {done.stdout.strip()}")


def build_package() -> Path:
    """By `make package`; the same for every stage."""
    run("make", "package")
    return OUT


def check_package(package: Path) -> None:
    """Raises Stopped for one that would end at its first import, or whose pages ask for other files."""
    if reason := unfit(package, static_folder()):
        raise Stopped(f"the package is {reason}")


def static_folder() -> Path:
    """What `make package` collected. Raises Stopped."""
    if not (STATIC / "staticfiles.json").exists():
        raise Stopped(f"{STATIC} has no static files: they come with `make package`")
    return STATIC


def migrate(release: Release, target: Target) -> None:
    """By the new code, in a function of its own, while the former version serves. Raises Stopped."""
    release.say("5. Migrating the database with the new code, beside the live function")
    account, chosen = target.account, stage_settings(target.settings, release.stage)
    write_role(release.stage, target.settings)
    try:
        with account.other_function(chosen, target.key, target.role) as other:
            said = account.manage("migrate --noinput", other)
    except CommandFailed as failure:
        serves = "the former version serves as before" if account.live() else "nothing serves yet"
        if account.live():
            release.log.append(str(failure))
            record(release, account, "failed")
        raise Stopped(f"the migration failed, and {serves}:\n{failure}") from failure
    release.migrations = APPLIED.findall(said)
    release.say(f"   {', '.join(release.migrations) or 'nothing to apply'}")


def go_live(release: Release, target: Target) -> None:
    """Switch, and ask it; what fails goes back. Raises Stopped."""
    try:
        switch(release, target)
        release.say("7. Smoke test")
        smoke_test(shop_at(release, target.account), release.build, release.say)
    except (Stopped, SmokeTestFailed, *AWS_REFUSES) as failure:
        if release.kind == "deploy" and not isinstance(failure, SmokeTestFailed):
            # There may be no function yet that could go back.
            raise
        release.say(f"   FAILED: {failure}")
        roll_back_failed(release, target)
        raise Stopped(f"build {release.build} is not live: {failure}") from failure


def switch(release: Release, target: Target) -> None:
    """From here on visitors get the new version."""
    account = target.account
    live = account.live()
    if live and release.kind == "deploy":
        release.say("   An earlier first deploy was cut off: its function is made anew")
        account.delete_function(account.function)
    elif live and is_already(live, release, target):
        release.say("6. The function runs this build already")
        return
    release.say(f"6. Switching (zappa {release.kind})")
    zappa(release.kind, release.stage, target.settings, "-z", f"s3://{account.bucket}/{target.key}")
    trace(release, account)


def trace(release: Release, account: Account) -> None:
    """Nothing that a release would be stopped for: without it Lambda chooses by itself, which costs more."""
    try:
        account.trace_at_gateway()
    except AWS_REFUSES as error:
        release.say(f"   X-Ray is not switched on at the gateway: {error}")


def is_already(live: dict[str, Any], release: Release, target: Target) -> bool:
    """With all that it is to be told: a stack may have written another address since."""
    told = live.get("Environment", {}).get("Variables", {})
    wanted = stage_settings(target.settings, release.stage)["aws_environment_variables"]
    return wanted.items() <= told.items() and in_hex(live["CodeSha256"]) in target.key


def finish(release: Release, target: Target) -> None:
    """What is live is written down: for a roll back in the bucket, for people in the shop."""
    account, place = target.account, f"releases/{release.stage}/{release.build}"
    for file in (target.settings, target.settings.parent / "function.json"):
        account.put(f"{place}/{file.name}", file.read_bytes())
    entry = {"build": release.build, "commit": release.commit, "package": target.key, "run": release.run}
    account.write_releases([*(known for known in target.history if known["build"] != release.build), entry])
    forget_pages(release, target.account, target.values)
    release.say(f"Build {release.build} is live on {release.stage}.")
    record(release, account, "live")


def forget_pages(release: Release, account: Account, values: dict[str, str]) -> None:
    """Pages that the edge kept are of the version before."""
    if values.get("CDN_DISTRIBUTION_ID"):
        release.say("8. The edge forgets the former pages")
        account.forget_pages(values["CDN_DISTRIBUTION_ID"], release.run)


def roll_back_failed(release: Release, target: Target) -> None:
    """After a failed switch or smoke test: the release that was live before. Raises Stopped."""
    former = [known for known in target.history if known["build"] != release.build]
    if not former:
        release.say("   There is no former release to go back to. Correct it and deploy again.")
        return
    roll_back_to(former[-1], release, target.account)
    # What the edge kept meanwhile is of the version that failed.
    forget_pages(release, target.account, target.values)
    target.account.write_releases(former)
    record(release, target.account, "rolled back")


def rollback(release: Release) -> None:
    """Go back to the release before the one that is live. Raises Stopped."""
    with alone(release) as (values, account):
        history = account.releases()
        live = account.live()
        if live is None:
            raise Stopped(f"nothing is deployed on {release.stage}")
        former = going_back(history, live)
        if former is None:
            raise Stopped("there is no former release to go back to")
        release.build, release.commit = former["build"], former["commit"]
        if release.dry:
            release.say(f"Nothing was changed (--dry-run). It would go back to build {release.build}.")
            return
        roll_back_to(former, release, account)
        forget_pages(release, account, values)
        # Last: what was cut off before is gone on with, and does not go back one more.
        account.write_releases(until(history, former))
        record(release, account, "live")


def roll_back_to(former: dict[str, Any], release: Release, account: Account) -> None:
    """Deploy that package again with the settings it had. The database stays: migrations only add. Raises Stopped."""
    release.say(f"Rolling back to build {former['build']}")
    place = folder_of(release.stage) / "former"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("zappa_settings.json", "function.json"):
        content = account.get(f"releases/{release.stage}/{former['build']}/{name}")
        if content is None:
            raise Stopped(f"the settings of build {former['build']} are gone from {account.bucket}: deploy its commit")
        (place / name).write_bytes(content)
    settings = place / "zappa_settings.json"
    known = json.loads(settings.read_text())
    known["base"]["attach_policy"] = str(place / "function.json")
    settings.write_text(json.dumps(known))
    zappa("update", release.stage, settings, "-z", f"s3://{account.bucket}/{former['package']}")
    try:
        smoke_test(shop_at(release, account), former["build"], release.say)
    except SmokeTestFailed as failure:
        raise Stopped(f"build {former['build']} does not answer either: {failure}") from failure
    release.say(f"Build {former['build']} is live again.")


def undeploy(release: Release) -> None:
    """Take the function and its gateway away; data, queues, files and packages stay."""
    with alone(release) as (values, account):
        if account.live() is None:
            release.say(f"Nothing is deployed on {release.stage}.")
        elif release.dry:
            release.say(f"Nothing was changed (--dry-run). It would take {account.function} and its gateway away.")
        else:
            account.delete_function(f"{account.function}-migrate")
            settings = write(release.stage, values, folder_of(release.stage))
            zappa("undeploy", release.stage, settings, "-y")
            release.say(f"{account.function} is gone. Its data is where it was.")


def record(release: Release, account: Account, outcome: str) -> None:
    """Into the shop's own list; a shop that cannot write it is no reason to stop."""
    try:
        account.manage("release " + shlex.quote(json.dumps(release.told(outcome))))
    except (CommandFailed, *AWS_REFUSES) as failure:
        release.say(f"   The release could not be written into the shop: {failure}")


def shop_at(release: Release, account: Account) -> Shop:
    return Shop(release.address or account.gateway(), account.origin_secret())


ACTIONS: dict[str, Callable[[Release], None]] = {"deploy": deploy, "rollback": rollback, "undeploy": undeploy}


def wanted(stage: str) -> bool:
    """Whether somebody types the stage's name."""
    try:
        return input(f"Undeploy {stage}? Type its name: ") == stage
    except EOFError:
        print("\nNobody is there to answer, so nothing was done. --yes says it beforehand.")  # noqa: T201
        return False


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1, with words, when it did not come to its end."""
    parser = argparse.ArgumentParser(prog="python -m deploy.release", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--dry-run", action="store_true", help="look, and change nothing")
    parser.add_argument("--package", type=Path, help="a package that was built before")
    parser.add_argument("--address", default="", help="where the smoke test asks, if not at the gateway's own address")
    parser.add_argument("--yes", action="store_true", help="undeploy without asking")
    chosen = parser.parse_args(arguments)
    if chosen.action == "undeploy" and not (chosen.yes or wanted(chosen.stage)):
        return 1
    try:
        commit = git("rev-parse", "HEAD")
        release = Release(chosen.stage, chosen.action, commit[:12], commit, dry=chosen.dry_run, address=chosen.address)
        release.package = chosen.package
        ACTIONS[chosen.action](release)
    except (Stopped, NotReady, lock.Busy) as reason:
        return ended(f"STOPPED: {reason}")
    except AWS_REFUSES as reason:
        again = "Once that is mended, the same again: what was done is found."
        return ended(f"STOPPED: AWS does not do it: {reason}\n{again}")
    except KeyboardInterrupt:
        return ended("INTERRUPTED. Deploy again: what was done is found.", 130)
    return 0


def ended(words: str, code: int = 1) -> int:
    """Say why; what the process ends with."""
    print(words, flush=True)  # noqa: T201
    return code


if __name__ == "__main__":
    # Whoever ends it from outside is told as for Ctrl-C, and the lock is given back.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
