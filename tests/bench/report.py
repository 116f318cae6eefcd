"""Figures beside their aims, as a table and as JSON."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One figure. `aim` is what it may be at most (`at_least`: what it must be)."""

    name: str
    value: float
    unit: str = ""
    aim: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def is_aim_reached(self) -> bool | None:
        """Whether the aim was reached; None where there is none."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.at_least else self.value <= self.aim

    def as_json(self) -> dict[str, object]:
        """The row for a program."""
        return {**asdict(self), "reached": self.is_aim_reached}


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0 to 1) of them lie, none invented between two."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def ratio_of_medians(
    name: str, over: Sequence[float], under: Sequence[float], aim: float | None
) -> Figure:
    """How many times as much, by the medians of one interleaved run."""
    return Figure(name, median(over) / median(under), "×", aim)


def format_table(rows: Sequence[Figure]) -> str:
    """Lines with the figure, its aim, and whether it was reached."""
    lines = []
    for row in rows:
        aim = ""
        if row.aim is not None:
            aim = f"{'≥' if row.at_least else '≤'} {_format_value(row.aim, row.unit)}"
        said = {True: "reached", False: "MISSED", None: ""}[row.is_aim_reached]
        cells = f"  {row.name:<58} {_format_value(row.value, row.unit):>12}  {aim:>12}  {said:<8}"
        lines.append(f"{cells} {row.note}".rstrip())
    return "\n".join(lines)


def _format_value(value: float, unit: str) -> str:
    if unit == "":
        return f"{value:g}"
    return f"{value:.2f} {unit}" if unit == "×" else f"{value:.1f} {unit}"
