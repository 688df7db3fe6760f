"""The same is asked again, with refusals and other contents in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import numpy as np

from ..source import Source
from .conversion import Conversion, Facts, sight

_REPEATS = 8


def again(conversion: Conversion) -> Facts:
    """Ask the same again, a refused input in between, then of other contents; and look at what else the process is left with.

    again  how the first answer that is not what it should be differs; "" when all are
    """
    source = conversion.build()
    first = sight(conversion, source)
    difference = ""
    for turn in range(_REPEATS):
        if turn == _REPEATS // 2:
            with suppress(Exception):
                conversion.convert(object())
        difference = first.difference(sight(conversion, source))
        if difference:
            break
    difference = difference or _of_other_contents(conversion, source) or _left_behind()
    source.close()
    return (("again", difference),)


def _of_other_contents(conversion: Conversion, source: Source) -> str:
    """How the same object with other contents is converted otherwise than another object that has them, or "".

    A copy that was made before must keep what it holds: results may not live in one place in turn.
    """
    if not source.is_mutable or not source.nbytes or _has_letters(source):
        return ""
    other, copy = conversion.build(), None
    with suppress(Exception):
        copy = conversion.made(source)
        held = copy.read()
    if copy is not None and copy.overlaps(source.start, source.start + source.nbytes) != "none":
        copy = None
    source.flip()
    other.flip()
    try:
        difference = sight(conversion, other).difference(sight(conversion, source))
        return difference or ("an earlier copy has changed" if copy is not None and copy.read() != held else "")
    finally:
        source.flip()
        other.close()


def _has_letters(source: Source) -> bool:
    """Whether not all bits are values: those of a text must be code points."""
    return getattr(getattr(source, "array", None), "dtype", np.dtype("V")).kind == "U"


#: A number whose product with a subnormal is computed, not foreseen.
_ONE = np.ones(1)


def _state() -> dict[str, Any]:
    """What of the process a conversion must leave alone."""
    # As text: where subnormals count as zeros, they also compare as equal to them.
    found = {"the handling of floating-point errors": np.geterr(), "the handling of subnormals": str(5e-324 * _ONE)}
    for others in _states:
        found |= others()
    return found


_state_at_start: dict[str, Any] = {}
#: What else belongs to the state of the process: of each framework, a function that tells it by name.
_states: list[Callable[[], dict[str, Any]]] = []


def remember_state(of: Iterable[Callable[[], dict[str, Any]]] = ()) -> None:
    """Take the process for what every conversion in it must leave it as."""
    _states[:] = of
    _state_at_start.update(_state())


def _left_behind() -> str:
    return next((f"{name} has changed" for name, was in _state_at_start.items() if _state()[name] != was), "")
