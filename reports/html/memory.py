"""A spec drawn as a picture of memory: the buffer, where each element lies in it, and in which order they are visited."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from markupsafe import Markup, escape

#: Elements drawn one by one, and lines of the picture; what is left out is said.
ELEMENTS, LINES = 64, 16
#: Bytes in a line: a line of the picture is a cache line, so that an address modulo 64 shows.
LINE = 64
_BYTE, _LEFT, _LANE, _GAP = 11, 66, 15, 12


@dataclass(frozen=True)
class Picture:
    """The drawing, as SVG, and the same in words, a sentence each."""

    svg: Markup
    words: tuple[str, ...]


@dataclass(frozen=True)
class _Layout:
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    nbytes: int
    address: int
    itemsize: int

    @property
    def lead(self) -> int:
        """Where in its cache line the buffer begins."""
        return (self.address - self.offset) % LINE

    def elements(self) -> list[tuple[tuple[int, ...], int]]:
        """The first elements in C order: index and position in the buffer."""
        if 0 in self.shape:
            return []
        # The last axes alone vary among the first elements; the product of all ranges may be huge.
        ranges, room = [], ELEMENTS
        for n in reversed(self.shape):
            ranges.append(range(min(n, room)))
            room = -(-room // max(n, 1))
        found = []
        for index in product(*reversed(ranges)):
            found.append((index, self.offset + sum(i * s for i, s in zip(index, self.strides))))
            if len(found) == ELEMENTS:
                break
        return found


def picture(spec: Any, itemsize: Any) -> Picture | None:
    """The picture of a spec, as a row keeps it; None where it describes no layout."""
    layout = _layout(spec, itemsize)
    if layout is None:
        return None
    elements = layout.elements()
    return Picture(_draw(layout, elements), tuple(_words(layout, elements)))


def _layout(spec: Any, itemsize: Any) -> _Layout | None:
    """The numbers of a spec, if that is what they are: a file can hold anything."""
    if not isinstance(spec, dict):
        return None
    shape, strides = spec.get("shape"), spec.get("strides")
    single = [spec.get("offset"), spec.get("nbytes"), spec.get("address"), itemsize]
    if not (isinstance(shape, list) and isinstance(strides, list) and len(shape) == len(strides) <= 64):
        return None
    if not all(type(number) is int and abs(number) < 1 << 63 for number in (*shape, *strides, *single)):
        return None
    offset, nbytes, address, size = (int(number) for number in single if number is not None)
    if min(*shape, offset, nbytes, address, size, 0) < 0 or size > 4096:
        return None
    return _Layout(tuple(shape), tuple(strides), offset, nbytes, address, size)


def _words(layout: _Layout, elements: list[tuple[tuple[int, ...], int]]) -> list[str]:
    aligned = f"byte {layout.lead} of a 64-byte line" if layout.lead else "the start of a 64-byte line"
    words = [f"The buffer has {layout.nbytes} bytes and begins at {aligned}; element 0 lies {layout.offset} bytes into it."]
    for axis, (n, stride) in enumerate(zip(layout.shape, layout.strides)):
        step = f"steps {abs(stride)} bytes {'back' if stride < 0 else 'on'}" if stride else "stays where it is (stride 0)"
        words.append(
            f"Axis {axis} has length {n} and {step}." if n > 1 else f"Axis {axis} has length {n}; its stride is {stride}."
        )
    size = prod(layout.shape)
    if not size:
        return [*words, "There are no elements."]
    shown = [f"{list(index)} at {at}" for index, at in elements[:16]]
    more = f", and {size - 16:,} more" if size > 16 else ""
    return [
        *words,
        f"Elements of {layout.itemsize} bytes, in the order of the array, each with its first byte: {', '.join(shown)}{more}.",
    ]


def _draw(layout: _Layout, elements: list[tuple[tuple[int, ...], int]]) -> Markup:
    lead, itemsize = layout.lead, max(layout.itemsize, 1)
    # Which lines to draw: those with an element, and the first.
    pieces: dict[int, list[tuple[int, int, int, bool]]] = {0: []}
    for order, (_, at) in enumerate(elements):
        start, end = lead + at, lead + at + itemsize
        for line in range(start // LINE, (end - 1) // LINE + 1):
            left, right = max(start, line * LINE) - line * LINE, min(end, (line + 1) * LINE) - line * LINE
            pieces.setdefault(line, []).append((order, left, right, start >= line * LINE))
    lines = sorted(pieces)[:LINES]
    parts: list[Markup] = []
    y = 20
    for tick in range(0, LINE + 1, 8):
        parts.append(Markup('<text class="tick" x="{}" y="12">{}</text>').format(_LEFT + tick * _BYTE, tick))
    last = -1
    for line in lines:
        if line > last + 1:
            parts.append(
                Markup('<text class="gap" x="{}" y="{}">⋮ {} lines without these elements</text>').format(
                    _LEFT, y + 10, line - last - 1
                )
            )
            y += 18
        height, drawn = _line(layout, line, pieces[line], y)
        parts += drawn
        y += height + _GAP
        last = line
    left_out = len(pieces) - len(lines)
    more = prod(layout.shape) - len(elements)
    omitted = [f"{left_out} more lines are not drawn"] * (left_out > 0) + [f"{more:,} more elements are not drawn"] * (more > 0)
    if omitted:
        parts.append(Markup('<text class="gap" x="{}" y="{}">⋮ {}</text>').format(_LEFT, y + 8, "; ".join(omitted)))
        y += 18
    width = _LEFT + LINE * _BYTE + 14
    label = f"Memory: {layout.nbytes} bytes, {prod(layout.shape)} elements of {layout.itemsize} bytes, drawn in lines of 64 bytes"
    return Markup('<svg class="memory" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">{}</svg>').format(
        escape(label), width, y, width, y, Markup("").join(parts)
    )


def _line(layout: _Layout, line: int, pieces: list[tuple[int, int, int, bool]], y: int) -> tuple[int, list[Markup]]:
    """One line of 64 bytes; elements that lie over each other are stacked."""
    lanes: list[list[tuple[int, int]]] = []
    placed = []
    for order, left, right, first in pieces:
        lane = next(
            (n for n, taken in enumerate(lanes) if all(right <= begin or end <= left for begin, end in taken)), len(lanes)
        )
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append((left, right))
        placed.append((lane, order, left, right, first))
    height = max(len(lanes), 1) * _LANE + 6
    start = max(layout.lead - line * LINE, 0)
    end = min(layout.lead + layout.nbytes - line * LINE, LINE)
    parts = [Markup('<text class="address" x="{}" y="{}">+{}</text>').format(_LEFT - 6, y + 13, line * LINE)]
    parts.append(Markup('<rect class="outside" x="{}" y="{}" width="{}" height="{}"/>').format(_LEFT, y, LINE * _BYTE, height))
    if end > start:
        parts.append(
            Markup('<rect class="buffer" x="{}" y="{}" width="{}" height="{}"/>').format(
                _LEFT + start * _BYTE, y, (end - start) * _BYTE, height
            )
        )
    for byte in range(8, LINE, 8):
        x = _LEFT + byte * _BYTE
        parts.append(Markup('<path class="rule" d="M{} {}v{}"/>').format(x, y, height))
    for lane, order, left, right, first in placed:
        x, top, width = _LEFT + left * _BYTE, y + 3 + lane * _LANE, (right - left) * _BYTE
        parts.append(
            Markup('<rect class="element" x="{}" y="{}" width="{}" height="{}" rx="2"/>').format(
                x + 0.5, top, width - 1, _LANE - 2
            )
        )
        label = f"{order}" if first else f"…{order}" if width > 20 else "…"
        parts.append(Markup('<text class="order" x="{}" y="{}">{}</text>').format(x + width / 2, top + 10, label))
    return height, parts
