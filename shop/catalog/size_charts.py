"""Size charts as tables, in centimetres and inches."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from shop.catalog.models import SizeChart, SizeChartEntry

MM_PER_INCH = 25.4


class Entry(NamedTuple):
    """A figure of a chart: of which size (and where that stands among sizes) and measurement, in millimetres."""

    size_id: int
    size: str
    position: int
    measurement: str
    millimetres: int


@dataclass(frozen=True, slots=True)
class Cell:
    cm: str
    inches: str


@dataclass(frozen=True, slots=True)
class Row:
    size: str
    cells: list[Cell | None]  # in the order of the measurements; None where there is no figure


@dataclass(frozen=True, slots=True)
class Table:
    chart: SizeChart
    measurements: list[str]
    rows: list[Row]


def table(chart: SizeChart, entries: Iterable[Entry]) -> Table:
    """The chart with a row for each size and a column for each measurement, in the order of the entries."""
    measurements: dict[str, None] = {}
    sizes: dict[int, tuple[str, int, dict[str, Cell]]] = {}
    for entry in entries:
        measurements.setdefault(entry.measurement)
        _, _, cells = sizes.setdefault(entry.size_id, (entry.size, entry.position, {}))
        cells[entry.measurement] = cell(entry.millimetres)
    ordered = sorted(sizes.values(), key=lambda size: size[1])
    rows = [Row(name, [cells.get(measurement) for measurement in measurements]) for name, _, cells in ordered]
    return Table(chart, list(measurements), rows)


def cell(millimetres: int) -> Cell:
    """635 -> 63.5 cm, 25.0 inches; whole centimetres lose their zero."""
    return Cell(f"{millimetres / 10:.1f}".removesuffix(".0"), f"{millimetres / MM_PER_INCH:.1f}")


def tables(charts: Iterable[SizeChart]) -> list[Table]:
    """Several charts; their entries and sizes have been prefetched."""
    return [table(chart, map(_entry, chart.entries.all())) for chart in charts]


def _entry(row: SizeChartEntry) -> Entry:
    return Entry(row.size_id, row.size.name, row.size.position, row.measurement, row.millimetres)
