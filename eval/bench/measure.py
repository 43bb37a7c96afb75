"""One line of a benchmark: what was measured, ours against the peer, and the bar it should reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tools.results import Figure

_UNITS = {"s": (1.0, 3), "ms": (1000.0, 1), "MB": (1.0, 0), "count": (1.0, 0), "share": (1.0, 3), "clicks": (1.0, 2)}
_BARE = ("count", "share", "clicks")
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Line:
    """A measurement. ``ours`` and ``peer`` are seconds, megabytes or counts, less is better.

    With a peer the bar is the least ratio peer / ours, without one it is the most that ``ours`` may be, in the unit
    that is shown. ``bar`` is ``None`` for what is only told. Where ``more`` is better, as with shares of right answers,
    the bar is the least difference ours - peer, without a peer the least that ``ours`` may be.
    """

    what: str
    ours: float
    unit: str = "s"
    peer: float | None = None
    bar: float | None = None
    more: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times the peer takes what we take."""
        return None if self.peer is None else self.peer / max(self.ours, 1e-9)

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is reached; ``None`` without a bar."""
        if self.bar is None:
            return None
        if self.more:
            return self.ours - (self.peer or 0.0) >= self.bar - _ROUNDING
        return self.ratio >= self.bar if self.ratio is not None else self.ours * _UNITS[self.unit][0] <= self.bar

    def cells(self) -> tuple[str, ...]:
        """The line as it is printed."""
        met = {None: "", True: "yes", False: "NO"}[self.is_met]
        ratio = "" if self.ratio is None else f"{self.ratio:.1f}×"
        if self.more and self.peer is not None:
            ratio = f"{self.ours - self.peer:+.3f}"
        return (self.what, self._amount(self.ours), self._amount(self.peer), ratio, self._shown_bar(), met)

    def _shown_bar(self) -> str:
        if self.bar is None:
            return ""
        unit = "" if self.unit == "share" else f" {self.unit}"
        if self.more:
            return f"≥ {self.bar:g}{unit}" if self.peer is None else f"≥ {self.bar:+g}"
        return f"≥ {self.bar:g}×" if self.peer is not None else f"≤ {self.bar:g}{unit}"

    def _amount(self, amount: float | None) -> str:
        if amount is None:
            return ""
        scale, digits = _UNITS[self.unit]
        return f"{amount * scale:,.{digits}f}" + ("" if self.unit in _BARE else f" {self.unit}")

    def to_record(self) -> dict[str, object]:
        """JSON-able form."""
        return {
            "what": self.what,
            "ours": self.ours,
            "unit": self.unit,
            "peer": self.peer,
            "ratio": self.ratio,
            "bar": self.bar,
            "more": self.more,
            "met": self.is_met,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one benchmark found. ``peer`` names what it was compared with; ``notes`` are sentences below the table.

    ``figures`` are drawn as SVG files beside the JSON file, where one is written.
    """

    name: str
    peer: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()

    @property
    def is_met(self) -> bool:
        """Whether no bar was missed."""
        return not any(line.is_met is False for line in self.lines)

    def without_bars(self) -> Outcome:
        """The same as something that is only told; what must be exactly 0 keeps its bar."""
        lines = tuple(line if line.bar == 0 else replace(line, bar=None) for line in self.lines)
        return replace(self, lines=lines)

    def text(self) -> str:
        """The table."""
        head = ("what", "ours", self.peer or "peer", "ratio", "bar", "met")
        rows = [head, *(line.cells() for line in self.lines)]
        widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
        lines = ["  ".join(_padded(row, widths)).rstrip() for row in rows]
        return "\n".join([f"== {self.name}", *lines, *(f"   {note}" for note in self.notes)])

    def to_record(self) -> dict[str, object]:
        """JSON-able form."""
        lines = [line.to_record() for line in self.lines]
        return {"name": self.name, "peer": self.peer, "lines": lines, "notes": list(self.notes), "met": self.is_met}


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.ljust(width) if at == 0 else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
