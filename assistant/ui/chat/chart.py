"""Charts as SVG images, drawn here so that the page needs no plotting library and shows the same chart everywhere.

Axes of values start at zero. Colours are readable on a light and on a dark page. Text is escaped; an SVG shown as an
image runs no script in any case.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from tools.results import Figure

_WIDTH, _HEIGHT = 520, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 34, 46
_INK = "#71717a"
_GRID = "#a1a1aa"
COLOURS = ("#3b6fd4", "#d07a1f", "#2b9a6b", "#c2476b", "#8060c9", "#2792a8", "#a88a2d", "#6b8e3d")
_MOST_TICKS = 12


def chart_image(figure: Figure) -> str:
    """The chart as a ``data:`` address for an image."""
    encoded = base64.b64encode(chart_svg(figure).encode()).decode()
    return f"data:image/svg+xml;base64,{encoded}"


def chart_svg(figure: Figure) -> str:
    """The chart as SVG text."""
    low, high, step = axis(_all_values(figure))
    plot = _Plot(low, high, max(len(figure.x), 1))
    marks = _bars(figure, plot) if figure.kind == "bar" else _lines(figure, plot)
    parts = [*_grid(plot, step), *marks, *_x_axis(figure, plot), *_words(figure)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" font-family="system-ui, sans-serif" font-size="11">{"".join(parts)}</svg>'
    )


def axis(values: Sequence[float]) -> tuple[float, float, float]:
    """(low, high, step) of an axis that holds all values and zero, with at most six round steps."""
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    # So small a range has no steps that a float could hold.
    if high - low < 1e-300:
        return 0.0, 1.0, 0.25
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= rough * 0.999)
    return math.floor(low / step) * step, math.ceil(high / step - 1e-9) * step, step


class _Plot:
    """Places of values and columns in pixels; the origin is the top left corner."""

    def __init__(self, low: float, high: float, columns: int) -> None:
        self.low, self.high, self.columns = low, high, columns
        self.width = _WIDTH - _LEFT - _RIGHT
        self.height = _HEIGHT - _TOP - _BOTTOM

    def y(self, value: float) -> float:
        return _TOP + self.height * (1 - (value - self.low) / (self.high - self.low))

    def x(self, column: float) -> float:
        """Middle of a column."""
        return _LEFT + self.width * (column + 0.5) / self.columns


def _all_values(figure: Figure) -> list[float]:
    values = [value for series in figure.series.values() for value in series if math.isfinite(value)]
    return values + [edge for band in figure.bands.values() for pair in band for edge in pair if math.isfinite(edge)]


def _grid(plot: _Plot, step: float) -> list[str]:
    parts = []
    count = round((plot.high - plot.low) / step)
    for number in range(count + 1):
        value = plot.low + number * step
        y = plot.y(value)
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}" '
            f'stroke-opacity="{0.7 if abs(value) < step / 1000 else 0.25}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{_INK}">{_tick(value)}</text>'
        )
    return parts


def _bars(figure: Figure, plot: _Plot) -> list[str]:
    room = plot.width / plot.columns * 0.8
    width = room / max(len(figure.series), 1)
    parts = []
    for at, (name, values) in enumerate(figure.series.items()):
        for column, value in enumerate(values):
            if not math.isfinite(value):
                continue
            left = plot.x(column) - room / 2 + at * width
            top, bottom = sorted((plot.y(value), plot.y(0)))
            parts.append(
                f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(width - 1, 1):.1f}" height="{bottom - top:.1f}" '
                f'rx="2" fill="{_colour(at)}"/>'
            )
            parts += _whisker(figure, name, column, left + width / 2, plot)
    return parts


def _whisker(figure: Figure, name: str, column: int, x: float, plot: _Plot) -> list[str]:
    band = figure.bands.get(name, ())
    if column >= len(band) or not all(map(math.isfinite, band[column])):
        return []
    low, high = band[column]
    return [
        f'<path d="M{x - 4:.1f} {plot.y(high):.1f}h8M{x:.1f} {plot.y(high):.1f}V{plot.y(low):.1f}'
        f'M{x - 4:.1f} {plot.y(low):.1f}h8" stroke="{_INK}" fill="none"/>'
    ]


def _lines(figure: Figure, plot: _Plot) -> list[str]:
    parts = []
    for at, (name, values) in enumerate(figure.series.items()):
        band = figure.bands.get(name, ())
        if band:
            upper = [(plot.x(i), plot.y(high)) for i, (_, high) in enumerate(band) if math.isfinite(high)]
            lower = [(plot.x(i), plot.y(low)) for i, (low, _) in enumerate(band) if math.isfinite(low)]
            parts.append(f'<polygon points="{_points(upper + lower[::-1])}" fill="{_colour(at)}" fill-opacity="0.18"/>')
        points = [(plot.x(i), plot.y(value)) for i, value in enumerate(values) if math.isfinite(value)]
        parts.append(f'<polyline points="{_points(points)}" fill="none" stroke="{_colour(at)}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{_colour(at)}"/>' for x, y in points]
    return parts


def _x_axis(figure: Figure, plot: _Plot) -> list[str]:
    every = max(1, math.ceil(len(figure.x) / _MOST_TICKS))
    letters = max(3, int(plot.width / max(1, math.ceil(len(figure.x) / every)) / 6.2))
    return [
        f'<text x="{plot.x(at):.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle" fill="{_INK}">'
        f"{escape(_cut(value if isinstance(value, str) else str(value), letters))}</text>"
        for at, value in enumerate(figure.x)
        if at % every == 0
    ]


def _words(figure: Figure) -> list[str]:
    middle = _LEFT + (_WIDTH - _LEFT - _RIGHT) / 2
    parts = [_text(_LEFT, 14, _cut(figure.title, 80), 'font-size="13" font-weight="600"')]
    if figure.x_title:
        parts.append(_text(middle, _HEIGHT - 8, _cut(figure.x_title, 60), 'text-anchor="middle"'))
    if figure.y_title:
        parts.append(_text(_WIDTH - _RIGHT, 14, _cut(figure.y_title, 40), 'text-anchor="end"'))
    return parts + _legend(list(figure.series))


def _legend(names: list[str]) -> list[str]:
    parts, x = [], float(_LEFT)
    for at, name in enumerate(names[:6] if len(names) > 1 else []):
        short = _cut(name, 18)
        parts.append(f'<rect x="{x:.0f}" y="20" width="9" height="9" rx="2" fill="{_colour(at)}"/>')
        parts.append(_text(x + 13, 28, short))
        x += 26 + 6.4 * len(short)
    return parts


def _text(x: float, y: float, words: str, look: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{_INK}" {look}>{escape(words)}</text>'


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _colour(at: int) -> str:
    return COLOURS[at % len(COLOURS)]


def _cut(words: str, letters: int) -> str:
    return words if len(words) <= letters else words[: letters - 1] + "…"


def _tick(value: float) -> str:
    rounded = round(value, 10)
    return f"{rounded:,.0f}" if float(rounded).is_integer() else f"{rounded:g}"
