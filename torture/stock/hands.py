"""Processes that do one deed after the other, all at once, on the same few rows."""

import logging
import os
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from django.db import connection, connections

from shop.core.errors import ShopError
from torture.stock.deeds import Deed, Doer, NothingToDo
from torture.stock.house import HOUSE
from torture.stock.stage import supplied
from torture.stock.trade import TRADE

HANDS = 4
DEEDS: dict[Deed, int] = {**TRADE, **HOUSE}
# Of so many deeds one ends with the process, at one of its first so many statements.
ONE_IN, STATEMENTS = 12, 40


@dataclass
class Diary:
    """What the hands did: a line a deed, in a file that outlives them."""

    path: Path
    deaths: int = 0

    def write(self, *words: str) -> None:
        with self.path.open("a") as file:
            file.write(" ".join(words).replace("\n", " | ") + "\n")

    def read(self, what: str) -> list[str]:
        """What follows that word, line by line."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(f"{what} ")]

    def counted(self) -> "dict[str, tuple[int, int]]":
        """How often each deed was done, and how often refused."""
        done, refused = Counter(self.read("done")), Counter(self.read("refused"))
        return {deed.__name__: (done[deed.__name__], refused[deed.__name__]) for deed in DEEDS}


def work(seed: int, deeds: int, diary: Diary, *, deadly: bool = False) -> None:
    """So many deeds by HANDS processes at once, each with its own luck. deadly: they are killed now and then.

    A killed one is replaced by another that does what is left.
    """
    processes = get_context("fork")
    connections.close_all()
    hands = [Hand(seed * HANDS + number, deeds // HANDS) for number in range(HANDS)]
    living = {hand: hand.start(processes, diary, deadly) for hand in hands}
    while living:
        for hand, process in list(living.items()):
            process.join(0.2)
            if process.is_alive():
                continue
            del living[hand]
            if process.exitcode == -signal.SIGKILL:
                diary.deaths += 1
                hand.lives += 1
                living[hand] = hand.start(processes, diary, deadly)
            elif process.exitcode:
                diary.write("fault", f"a hand ended with {process.exitcode}")


@dataclass(eq=False)
class Hand:
    """One process after the other with the same list of deeds to do."""

    seed: int
    deeds: int
    lives: int = field(default=0)

    def start(self, processes: Any, diary: Diary, deadly: bool) -> Any:
        process = processes.Process(target=self.work, args=(diary, deadly))
        process.start()
        return process

    def work(self, diary: Diary, deadly: bool) -> None:
        """In the process itself."""
        luck = Random(f"{self.seed}:{self.lives}")
        # Its own luck, which no deed draws from: who dies in which of its deeds does not depend on what the others do.
        fate = Random(f"fate {self.seed}:{self.lives}")
        doer = Doer(luck, supplied())
        watch = Watch(diary)
        logging.getLogger("shop").addHandler(watch)
        began = len([line for line in diary.read("began") if line.startswith(f"{self.seed} ")])
        for _ in range(self.deeds - began):
            deed = luck.choices(list(DEEDS), list(DEEDS.values()))[0]
            diary.write("began", str(self.seed), deed.__name__)
            with dying(fate) if deadly and fate.randrange(ONE_IN) == 0 else living():
                do(deed, doer, diary)


def do(deed: Deed, doer: Doer, diary: Diary) -> None:
    """A refusal in the shop's own words is fine; whatever else is raised is a fault."""
    try:
        deed(doer)
    except NothingToDo:
        diary.write("idle", deed.__name__)
    except ShopError as refusal:
        diary.write("refused", deed.__name__)
        diary.write("words", deed.__name__, str(refusal))
    except Exception as error:  # noqa: BLE001 - told to the run, which it fails
        where = traceback.extract_tb(error.__traceback__)[-6:]
        diary.write("fault", deed.__name__, repr(error), *(f"{step.filename}:{step.lineno}" for step in where))
    else:
        diary.write("done", deed.__name__)


class Watch(logging.Handler):
    """What the shop logs as an error (a handler that failed, and comes again) is a fault as well."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(logging.ERROR)
        self.diary = diary

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, ShopError):
            self.diary.write("fault", record.getMessage(), repr(error))


@contextmanager
def living() -> Iterator[None]:
    yield


@contextmanager
def dying(fate: Random) -> Iterator[None]:
    """The process is killed at one of the statements of the block; after the last where it has not so many."""
    left = fate.randint(1, STATEMENTS)

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        try:
            yield
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
