"""The same is asked again, with refusals and other contents in between."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from ..source import Source
from .conversion import Conversion, Facts, sight
from .traces import begin, changed

_REPEATS = 8


def again(conversion: Conversion) -> Facts:
    """Ask the same again, a refused input in between, then of other contents; and look at what else the process is left with.

    again  how the first answer that is not what it should be differs; "" when all are
    left   what of the process has changed, an expression; "" when nothing has
    """
    source = conversion.build()
    begin()
    first = sight(conversion, source)
    difference = ""
    for turn in range(_REPEATS):
        if turn == _REPEATS // 2:
            with suppress(Exception):
                conversion.convert(object())
        difference = first.difference(sight(conversion, source))
        if difference:
            break
    difference = difference or _of_other_contents(conversion, source)
    source.close()
    return (("again", difference), ("left", changed()))


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
