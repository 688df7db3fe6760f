"""Curves of cost: time over size beside the machine's limits, as small SVGs that take the colours of the page they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup, escape

from reports.benchmark.runs import BARE_CALL, FRESH_COPY, MEMCPY, Figure, Run
from reports.benchmark.tables import seconds, size

#: A mark for each line of a picture, so that no line is known by its colour alone.
MARKS = "●■▲◆▼✚★✖"
#: The limits, with the words at their ends.
_LIMITS = {MEMCPY: "memcpy", FRESH_COPY: "into fresh pages", BARE_CALL: "a bare call"}
_LEFT, _RIGHT, _TOP, _HEIGHT, _MARGIN, _WORD = 56, 430, 8, 208, 104, 13


@dataclass(frozen=True)
class _Scale:
    """Both axes are logarithmic: sizes and seconds between these powers of ten and two."""

    sizes: tuple[int, int]
    decades: tuple[int, int]

    def x(self, nbytes: int) -> int:
        low, high = self.sizes
        return round(_LEFT + (_RIGHT - _LEFT) * log10(nbytes / low) / (log10(high / low) or 1))

    def y(self, time: float) -> int:
        low, high = self.decades
        return round(_TOP + _HEIGHT * (high - log10(time)) / (high - low))

    def line(self, points: Sequence[tuple[int, float]]) -> str:
        return "M" + "L".join(f"{self.x(nbytes)} {self.y(time)}" for nbytes, time in points)


def sized(run: Run, entry: str) -> list[Figure]:
    """An entry point's figures that have a place on an axis of sizes; none where that is no line."""
    figures = [figure for figure in run.ladder(entry) if figure.nbytes]
    return figures if len(figures) > 1 else []


def curves(run: Run, entries: Sequence[str]) -> Markup:
    """Time over size of at most eight entry points, both axes logarithmic, each with the range of its visits."""
    lines = [sized(run, entry) for entry in entries]
    limits = {name: sized(run, name) for name in (MEMCPY, FRESH_COPY)}
    every = [figure for line in (*lines, *limits.values()) for figure in line]
    if not every:
        return Markup("")
    bare = run.bare.seconds if run.bare else min(figure.low for figure in every)
    scale = _Scale(
        (min(figure.nbytes for figure in every), max(figure.nbytes for figure in every)),
        (floor(log10(bare)), ceil(log10(max(figure.high for figure in every)))),
    )
    names = "this call" if len(entries) == 1 else f"{len(entries)} calls"
    parts = [_axes(scale, sorted({figure.nbytes for line in limits.values() for figure in line}))]
    ends: list[tuple[int, str]] = []
    for (name, limit), dashes in zip(limits.items(), ("", "6 3")):
        if limit:
            path = scale.line([(figure.nbytes, figure.seconds) for figure in limit])
            parts.append(Markup('<path class="limit" stroke-dasharray="{}" d="{}"></path>').format(dashes, path))
            ends.append((scale.y(limit[-1].seconds), _LIMITS[name]))
    if run.bare:
        y = scale.y(bare)
        parts.append(Markup('<path class="limit" stroke-dasharray="1 3" d="M{} {}H{}"></path>').format(_LEFT, y, _RIGHT))
        ends.append((y, _LIMITS[BARE_CALL]))
    parts += [_curve(scale, line, place) for place, line in enumerate(lines) if line]
    if len(entries) == 1 and lines[0]:
        ends.append((scale.y(lines[0][-1].seconds), "this call"))
    parts += _words(ends)
    label = f"Time of {names} over the bytes of the input, both logarithmic, beside the machine's limits"
    return Markup('<svg class="curve" role="img" aria-label="{}" viewBox="0 0 {} {}">{}</svg>').format(
        escape(label), _RIGHT + _MARGIN, _TOP + _HEIGHT + 20, Markup("").join(parts)
    )


def _axes(scale: _Scale, sizes: Sequence[int]) -> Markup:
    """A line and a label for each power of ten; a label for each size of the limits."""
    low, high = scale.decades
    rules, labels = "", []
    for decade in range(low, high + 1):
        y = scale.y(10.0**decade)
        rules += f"M{_LEFT} {y}H{_RIGHT}"
        labels.append(
            Markup('<text x="{}" y="{}">{}</text>').format(
                _LEFT - 6, y + 4, seconds(10.0**decade).replace(".00", "").replace(".0", "")
            )
        )
    parts = [
        Markup('<path class="rule" d="{}"></path><g class="up">{}</g><g class="across">').format(rules, Markup("").join(labels))
    ]
    for nbytes in sizes:
        parts.append(Markup('<text x="{}" y="{}">{}</text>').format(scale.x(nbytes), _TOP + _HEIGHT + 16, size(nbytes)))
    return Markup("").join((*parts, Markup("</g>")))


def _curve(scale: _Scale, figures: list[Figure], place: int) -> Markup:
    """The line of one entry point, the band of its visits, and its marks."""
    band = scale.line([*((f.nbytes, f.low) for f in figures), *((f.nbytes, f.high) for f in reversed(figures))])
    line = scale.line([(f.nbytes, f.seconds) for f in figures])
    x, y = (
        " ".join(map(str, places)) for places in ((scale.x(f.nbytes) for f in figures), (scale.y(f.seconds) + 4 for f in figures))
    )
    marks = MARKS[place % len(MARKS)] * len(figures)
    return Markup(
        '<g class="q{}"><path class="band" d="{}z"></path><path d="{}"></path><text x="{}" y="{}">{}</text></g>'
    ).format(place % len(MARKS), band, line, x, y, marks)


def _words(ends: list[tuple[int, str]]) -> list[Markup]:
    """The words at the lines' ends, moved apart where they would lie over each other."""
    parts, last = [], -_WORD
    for y, word in sorted(ends):
        last = max(y + 4, last + _WORD)
        parts.append(Markup('<text x="{}" y="{}">{}</text>').format(_RIGHT + 8, last, word))
    return parts
