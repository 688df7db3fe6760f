"""Extents: on which inputs a difference shows, found out by experiment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ...reports.changes import Outcome
from ...reports.sentences import ANY, names_of
from ...strategies import dtypes
from ...strategies.draw import ADDRESSES
from ...strategies.spec import CONTAINERS, MEMORIES, TENSOR_DTYPES, ArraySpec, Spec, SpecError
from ..promises import EntryPoint
from ..run.tally import layout_of
from .pair import Pair

#: Layouts that need no mention: the plainest.
_PLAIN_LAYOUTS = ("C", "0-d", "empty")


class Extent(NamedTuple):
    """The inputs on which a difference shows.

    axes    axis ("dtype", "memory", ...) to the values on which it shows, and those on which it does not
    layout  the class of layouts that it needs, or ""
    rank    the least number of axes that it needs, or 0
    values  whether it needs special values
    """

    axes: dict[str, tuple[frozenset[Any], frozenset[Any]]]
    layout: str = ""
    rank: int = 0
    values: bool = False

    def covers(self, spec: Spec) -> bool:
        """Whether the spec is one of these inputs."""
        # A value that could not be tried may well show it.
        if any(getattr(spec, axis) in others for axis, (_, others) in self.axes.items()):
            return False
        return len(spec.shape) >= self.rank and self.layout in ("", layout_of(spec)) and (not self.values or bool(spec.planted))

    @property
    def text(self) -> str:
        """The extent as a condition for people."""
        words = [_words(axis, shows, others) for axis, (shows, others) in self.axes.items() if others]
        words += [f"layout: {self.layout}"] if self.layout else []
        words += [f"at least {self.rank} axes"] if self.rank else []
        words += ["special values"] if self.values else []
        return "; ".join(words) or ANY


def _words(axis: str, shows: frozenset[Any], others: frozenset[Any]) -> str:
    name = "address % 64" if axis == "address" else axis
    order = {value: n for n, value in enumerate((*dtypes.DTYPES, *TENSOR_DTYPES, *MEMORIES, *CONTAINERS))}
    inside, outside = (sorted(values, key=lambda v: (order.get(v, 0), str(v))) for values in (shows, others))
    if 1 < len(inside) > len(outside):
        return f"{name} not in {{{', '.join(map(str, names_of(outside, inside)))}}}"
    told = names_of(inside, outside)
    return f"{name} {told[0]}" if len(told) == 1 else f"{name} in {{{', '.join(map(str, told))}}}"


def extent(pair: Pair, entry: EntryPoint, spec: Spec, shows: Callable[[Outcome, Outcome], bool]) -> Extent:
    """Vary one thing of the (shrunk) spec at a time, and see where the difference still shows."""
    tried = [
        (axis, value, variant)
        for axis, value in _alternatives(entry, spec)
        if (variant := _varied(spec, axis, value)) and entry.takes(variant)
    ]
    answers = pair.ask(entry, [variant for _, _, variant in tried])
    axes: dict[str, tuple[set[Any], set[Any]]] = {}
    for (axis, value, _), (before, after) in zip(tried, answers):
        yes, no = axes.setdefault(axis, ({getattr(spec, axis)}, set()))
        if before.ending and after.ending:
            (yes if shows(before, after) else no).add(value)
    layout = layout_of(spec)
    return Extent(
        {axis: (frozenset(yes), frozenset(no - yes)) for axis, (yes, no) in axes.items()},
        "" if layout in _PLAIN_LAYOUTS else layout,
        len(spec.shape) if len(spec.shape) > 4 else 0,
        bool(spec.planted),
    )


def _alternatives(entry: EntryPoint, spec: Spec) -> list[tuple[str, Any]]:
    names = dtypes.DTYPES if isinstance(spec, ArraySpec) else tuple(TENSOR_DTYPES)
    found: list[tuple[str, Any]] = [("dtype", name) for name in names]
    if isinstance(spec, ArraySpec):
        found += [("memory", name) for name in MEMORIES] + [("container", name) for name in CONTAINERS]
    else:
        found += [("state", name) for name in entry.states]
    if spec.address or entry.direction == "in":
        found += [("address", number) for number in ADDRESSES]
    return [(axis, value) for axis, value in found if getattr(spec, axis) != value]


def _varied(spec: Spec, axis: str, value: Any) -> Spec | None:
    """The spec with one field changed, or None where nothing like it exists."""
    changed = spec._replace(**{axis: value})
    try:
        if axis == "dtype":
            was, now = spec.itemsize, changed.itemsize
            if not was or any(n % was for n in (*spec.strides, spec.offset, spec.nbytes)):
                return None
            scaled = tuple(s // was * now for s in spec.strides)
            changed = changed._replace(strides=scaled, offset=spec.offset // was * now, nbytes=spec.nbytes // was * now)
        valid: Spec = changed.validate()
        return valid
    except (SpecError, LookupError):
        return None
