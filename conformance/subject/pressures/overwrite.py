"""The source is overwritten the moment that the call returns."""

from __future__ import annotations

import time

from .conversion import Conversion, Facts


def overwrite(conversion: Conversion) -> Facts:
    """Overwrite the source the moment that the call returns: a copy that is not finished yet would show it.

    shares  as in `Observation`
    later   whether the result reads as one that was left in peace: "same" or "changed"
    """
    source = conversion.build()
    in_peace = conversion.made(source)
    settled = in_peace.read()
    result = conversion.convert(source.value)
    source.flip()
    handle = conversion.describe(result)
    at_once = handle.read() == settled
    time.sleep(0.005)
    later = at_once and handle.read() == settled
    shares = handle.overlaps(source.start, source.start + source.nbytes)
    source.flip()
    source.close()
    return (("shares", shares), ("later", "same" if later else "changed"))
