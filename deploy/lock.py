"""One deploy, roll back or undeploy of a stage at a time.

The lock is an object in the deploy bucket beside what the stage's releases left there. It is written only where there
is none (`If-None-Match`), and says who has it. One whose process is gone from this machine, or that is older than any
deploy can last, is taken over: by one of those who try, since that too holds only while the object is the one that was
read (`If-Match`).
"""

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

# The pipeline ends a deploy after half an hour; a migration may take a quarter of one.
LONGEST = timedelta(hours=1)
# What S3 answers to a conditional write that came second; the last where the object went away meanwhile.
SECOND = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class Busy(Exception):
    """Somebody else is at this stage; the message says who, since when, and what to do if that is not so."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the lock. began: in ISO 8601, UTC."""

    run: str
    who: str
    action: str
    host: str = field(default_factory=socket.gethostname)
    process: int = field(default_factory=os.getpid)
    began: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    @property
    def is_gone(self) -> bool:
        """Whether its deploy cannot be running any more."""
        if datetime.now(UTC) - datetime.fromisoformat(self.began) > LONGEST:
            return True
        return self.host == socket.gethostname() and not runs(self.process)


@contextmanager
def held(s3: Any, bucket: str, stage: str, mine: Holder, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of that stage within the block. Raises Busy."""
    lock = {"Bucket": bucket, "Key": key_of(stage)}
    take(s3, lock, mine, say)
    try:
        yield
    finally:
        try:
            give_back(s3, lock, mine)
        except (ClientError, BotoCoreError) as error:
            say(f"   The lock could not be given back ({error}). The next deploy from here takes it over.")


def key_of(stage: str) -> str:
    return f"releases/{stage}/running.json"


def take(s3: Any, lock: dict[str, str], mine: Holder, say: Callable[[str], None]) -> None:
    """Raises Busy."""
    if put(s3, lock, mine, IfNoneMatch="*"):
        return
    found, tag = read(s3, lock)
    if found is None:
        # It was given back in this moment.
        if put(s3, lock, mine, IfNoneMatch="*"):
            return
    elif found.is_gone and put(s3, lock, mine, IfMatch=tag):
        say(f"   The {found.action} that {found.who} began at {found.began[:16]} was cut off: its lock is taken over")
        return
    raise Busy(words(found, lock))


def words(found: Holder | None, lock: dict[str, str]) -> str:
    who = f"{found.who} began a {found.action} at {found.began[:16]} (UTC)" if found else "somebody else just began"
    there = f"s3://{lock['Bucket']}/{lock['Key']}"
    return f"{who} and is still at it. Wait for its end. If it was cut off elsewhere: aws s3 rm {there}"


def put(s3: Any, lock: dict[str, str], mine: Holder, **condition: str) -> bool:
    """Whether it was written."""
    try:
        s3.put_object(**lock, **condition, Body=json.dumps(asdict(mine)).encode())
    except ClientError as error:
        if error.response["Error"]["Code"] in SECOND:
            return False
        raise
    return True


def read(s3: Any, lock: dict[str, str]) -> tuple[Holder | None, str]:
    """Who holds it, and the object's tag; nobody where there is none."""
    try:
        found = s3.get_object(**lock)
    except s3.exceptions.NoSuchKey:
        return None, ""
    try:
        return Holder(**json.loads(found["Body"].read())), found["ETag"]
    except (ValueError, TypeError):
        # Nobody's: written by hand, or by another release.
        return Holder("", "somebody", "deploy", "", 0), found["ETag"]


def give_back(s3: Any, lock: dict[str, str], mine: Holder) -> None:
    """Unless somebody took it over, who thought this run was gone."""
    found, _ = read(s3, lock)
    if found and found.run == mine.run:
        s3.delete_object(**lock)


def runs(process: int) -> bool:
    """Whether there is a process of that number on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
