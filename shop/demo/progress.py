"""A progress bar on a terminal, a line at every quarter elsewhere."""

import time
from types import TracebackType
from typing import Self, TextIO

WIDTH = 28


class Bar:
    """with Bar("Pictures", 196, stream) as bar: bar.advance(4)"""

    def __init__(self, label: str, total: int, stream: TextIO) -> None:
        self.label, self.total, self.stream = label, total, stream
        self.done = 0
        self.started = time.monotonic()
        self.shown = -1
        self.live = stream.isatty()

    def __enter__(self) -> Self:
        self.advance(0)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self.live:
            self.stream.write("\n")

    def advance(self, units: int) -> None:
        """So many units more are done."""
        self.done += units
        percent = 100 if not self.total else self.done * 100 // self.total
        step = percent if self.live else percent // 25 * 25
        if step != self.shown:
            self.shown = step
            self.show(percent)

    def show(self, percent: int) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        figures = f"{percent:3d}%  {self.done}/{self.total}  {minutes}:{seconds:02d}"
        if self.live:
            filled = percent * WIDTH // 100
            self.stream.write(f"\r  {self.label:<12} [{'#' * filled}{'.' * (WIDTH - filled)}] {figures}")
        else:
            self.stream.write(f"  {self.label:<12} {figures}\n")
        self.stream.flush()
