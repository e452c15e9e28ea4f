"""Charts drawn on the server: numbers become SVG path data; words, ticks and the data table are HTML beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 600.0
HEIGHT = 160.0
NICE_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Curve:
    """A line over the same x positions as its neighbours, and the area beneath it, as SVG path data."""

    line: str
    area: str
    end: str


@dataclass(frozen=True)
class Grid:
    """Values of the y ticks, top to bottom, and the heights of their lines."""

    ticks: tuple[float, ...]
    lines: tuple[str, ...]

    @property
    def top(self) -> float:
        return self.ticks[0]


def nice_grid(highest: float, lines: int = 4) -> Grid:
    """Round tick values from zero to above the highest: 4 lines over 84 give 90, 60, 30, 0."""
    gaps = lines - 1
    raw = max(highest, 1.0) / gaps
    power = 10.0 ** (len(str(int(raw))) - 1)
    step = next(nice * power for nice in NICE_STEPS if nice * power >= raw)
    ticks = tuple(step * index for index in range(gaps, -1, -1))
    return Grid(ticks, tuple(number(HEIGHT * index / gaps) for index in range(lines)))


def curve(values: Sequence[float], top: float, width: float = WIDTH, height: float = HEIGHT) -> Curve:
    """The values from left to right, zero at the bottom and `top` at the top of the box."""
    step = width / max(len(values) - 1, 1)
    points = [(step * index, height * (1 - value / top)) for index, value in enumerate(values)]
    if not points:
        return Curve("", "", "")
    line = "M" + " ".join(f"{number(x)} {number(y)}" for x, y in points)
    last_x, last_y = points[-1]
    area = f"{line} {number(last_x)} {number(height)} 0 {number(height)}z"
    return Curve(line, area, f"M{number(last_x)} {number(last_y)}h.01")


def number(value: float) -> str:
    """One decimal at most: 12.0 -> '12', 3.26 -> '3.3'."""
    return f"{value:.1f}".rstrip("0").rstrip(".") or "0"


def spark(values: Sequence[float]) -> Curve:
    """A small line without axes, fitted between its lowest and highest value in a 100 by 30 box."""
    low, high = min(values, default=0), max(values, default=0)
    span = (high - low) or 1
    return curve([(value - low) / span * 0.8 + 0.1 for value in values], 1.0, 100.0, 30.0)


def share(value: float, highest: float) -> str:
    """The length of a bar in a box 100 wide."""
    return number(100 * value / highest if highest else 0)
