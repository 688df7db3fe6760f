"""Curves of cost: time over size beside the machine's limits, as small SVGs that take the colours of the page they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup

from .runs import FRESH_COPY, MEMCPY, Figure, Run
from .tables import seconds, size

#: A mark for each line of a picture, so that no line is known by its colour alone.
MARKS = "●■▲◆▼✚★✖"
#: The panel within the picture, the room for words beside and below it, and for one word.
_LEFT, _RIGHT, _TOP, _BOTTOM, _BESIDE, _BELOW, _WORD = 66, 440, 10, 234, 104, 28, 17


#: How the limits are drawn, in turn.
_DASHES = ("", "6 3", "2 2", "8 2 2 2")
#: Bytes and seconds.
Points = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class _Scale:
    """Both axes are logarithmic: from the smallest to the largest size, between two powers of ten of seconds."""

    sizes: tuple[int, int]
    decades: tuple[int, int]

    def x(self, nbytes: int) -> int:
        low, high = self.sizes
        return round(_LEFT + (_RIGHT - _LEFT) * log10(nbytes / low) / (log10(high / low) or 1))

    def y(self, time: float) -> int:
        low, high = self.decades
        return round(_TOP + (_BOTTOM - _TOP) * (high - log10(time)) / (high - low))

    def path(self, points: Points) -> str:
        return "M" + "L".join(f"{self.x(nbytes)} {self.y(time)}" for nbytes, time in points)


def sized(run: Run, entry: str) -> list[Figure]:
    """An entry point's figures that have a place on an axis of sizes; none where that is no line."""
    figures = [figure for figure in run.ladder(entry) if figure.nbytes]
    return figures if len(figures) > 1 else []


def word_for(limit: str) -> str:
    """A limit in a word or two."""
    return {MEMCPY: "memcpy", FRESH_COPY: "fresh pages"}.get(limit) or f"raw, {limit.rsplit(', ', 1)[-1]}"


def curves(run: Run, entries: Sequence[str]) -> Markup:
    """Time over size of at most eight entry points, each with the range of its visits; "" where none has two sizes."""
    lines = [sized(run, entry) for entry in entries]
    if not any(lines):
        return Markup("")
    beside = {
        name: sized(run, name) for name in dict.fromkeys(name for line in lines for figure in line[:1] for name in figure.beside)
    }
    every = [figure for line in (*lines, *beside.values()) for figure in line]
    sizes = min(figure.nbytes for figure in every), max(figure.nbytes for figure in every)
    least = floor(log10(min(figure.low for figure in (*every, *filter(None, [run.bare])))))
    scale = _Scale(sizes, (least, max(ceil(log10(max(figure.high for figure in every))), least + 1)))

    limits = [(word_for(name), dashes, _medians(line)) for dashes, (name, line) in zip(_DASHES, beside.items())]
    if run.bare:
        limits.append(("a bare call", "1 3", [(nbytes, run.bare.seconds) for nbytes in sizes]))
    parts = [_axes(scale, sorted({figure.nbytes for line in beside.values() for figure in line}))]
    words = []
    for word, dashes, points in limits:
        if points:
            parts.append(
                Markup('<path class="limit" stroke-dasharray="{}" d="{}"></path>').format(dashes or "none", scale.path(points))
            )
            words.append((scale.y(points[-1][1]), word))
    parts += [_curve(scale, line, place % len(MARKS)) for place, line in enumerate(lines) if line]
    if len(lines) == 1:
        words.append((scale.y(lines[0][-1].seconds), "this call"))
    which = "this call" if len(lines) == 1 else f"{len(lines)} calls"
    label = f"Time of {which} over the bytes of the input, both logarithmic, beside the machine's limits"
    return Markup('<svg class="curve" role="img" aria-label="{}" viewBox="0 0 {} {}">{}</svg>').format(
        label, _RIGHT + _BESIDE, _BOTTOM + _BELOW, Markup("").join((*parts, *_ends(words)))
    )


def _medians(figures: list[Figure]) -> Points:
    return [(figure.nbytes, figure.seconds) for figure in figures]


def _axes(scale: _Scale, sizes: Sequence[int]) -> Markup:
    """A line and a label for each power of ten; a label for each size of the limits."""
    low, high = scale.decades
    heights = {decade: scale.y(10.0**decade) for decade in range(low, high + 1)}
    rules = "".join(f"M{_LEFT} {y}H{_RIGHT}" for y in heights.values())
    times = Markup("").join(_text(_LEFT - 6, y + 5, _power(decade)) for decade, y in heights.items())
    below = Markup("").join(_text(scale.x(nbytes), _BOTTOM + _BELOW - 6, size(nbytes)) for nbytes in sizes)
    return Markup('<path class="rule" d="{}"></path><g class="up">{}</g><g class="across">{}</g>').format(rules, times, below)


def _power(decade: int) -> str:
    """A power of ten of seconds, without decimals."""
    value, unit = seconds(10.0**decade).split()
    return f"{float(value):g} {unit}"


def _curve(scale: _Scale, figures: list[Figure], place: int) -> Markup:
    """The line of one entry point, the band of its visits, and its marks."""
    band = scale.path([*((f.nbytes, f.low) for f in figures), *((f.nbytes, f.high) for f in reversed(figures))])
    marks = _text(
        " ".join(str(scale.x(f.nbytes)) for f in figures),
        " ".join(str(scale.y(f.seconds) + 4) for f in figures),
        MARKS[place] * len(figures),
    )
    return Markup('<g class="q{}"><path class="band" d="{}z"></path><path d="{}"></path>{}</g>').format(
        place, band, scale.path(_medians(figures)), marks
    )


def _ends(words: list[tuple[int, str]]) -> Iterator[Markup]:
    """The words at the lines' ends, moved apart where they would lie over each other."""
    last = -_WORD
    for y, word in sorted(words):
        last = max(y + 4, last + _WORD)
        yield _text(_RIGHT + 8, last, word)


def _text(x: int | str, y: int | str, text: str) -> Markup:
    return Markup('<text x="{}" y="{}">{}</text>').format(x, y, text)
