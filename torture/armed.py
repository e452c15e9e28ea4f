"""Crash points that another process arms, each for one crash: a file named like the point."""

from collections import Counter
from collections.abc import Container
from pathlib import Path


class ArmedPoints(Container[str]):
    """What settings.CRASH_POINTS is here: asking for an armed point disarms it and notes that it was hit."""

    def __init__(self, folder: Path) -> None:
        self.armed, self.log = folder / "armed", folder / "hits"
        self.armed.mkdir(parents=True, exist_ok=True)

    def __contains__(self, name: object) -> bool:
        try:
            # Of all processes that come here at once only one gets the file.
            (self.armed / str(name)).unlink()
        except FileNotFoundError:
            return False
        with self.log.open("a") as log:
            log.write(f"{name}\n")
        return True

    def arm(self, name: str) -> None:
        (self.armed / name).touch()

    def waiting(self) -> set[str]:
        """Points that are armed and were not reached yet."""
        return {path.name for path in self.armed.iterdir()}

    def disarm(self) -> None:
        for name in self.waiting():
            (self.armed / name).unlink(missing_ok=True)

    def hits(self) -> "Counter[str]":
        """How often each point has killed a process."""
        return Counter(self.log.read_text().split()) if self.log.exists() else Counter()
