"""The source is dropped while the result lives."""

from __future__ import annotations

import gc
import sys
from typing import Any

from .conversion import Conversion, Facts, collect


def drop(conversion: Conversion) -> Facts:
    """Drop the source while the result lives, then the result.

    shares  as in `Observation`
    held    references to the owner's memory that the result keeps; None where the owner cannot be watched
    later   whether the result still reads as it did: "same" or "changed"
    kept    references to the owner that outlive the result
    """
    source = conversion.build()
    owner = source.owner
    source.close()
    del source
    gc.collect()
    bare = sys.getrefcount(owner)  # Nobody's but ours. The same is built again below, on the same owner's terms.
    del owner

    source = conversion.build()
    owner, nbytes = source.owner, source.nbytes
    handle = conversion.made(source)
    shares = handle.overlaps(source.start, source.start + nbytes)
    before = handle.read()
    source.close()
    del source
    collect(conversion)
    if owner is None:
        poison = [_poison(conversion, nbytes) for _ in range(4)]
        after = handle.read()
        del poison
        return (("shares", shares), ("held", None), ("later", "same" if after == before else "changed"), ("kept", None))
    held = sys.getrefcount(owner) - bare
    after = handle.read()  # The owner is alive, if only by our hand.
    del handle
    for _ in range(3):
        collect(conversion)
        kept = sys.getrefcount(owner) - bare
        if not kept:
            break
    return (("shares", shares), ("held", held), ("later", "same" if after == before else "changed"), ("kept", kept))


def _poison(conversion: Conversion, nbytes: int) -> Any:
    """Fresh memory of the size that was freed, full of something else: the framework's, and Python's."""
    other = conversion.build()
    other.flip()
    return other, bytearray(b"\xa5" * nbytes)
