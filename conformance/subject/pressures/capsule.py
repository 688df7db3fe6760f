"""DLPack capsules are handed over whose deleters are counted."""

from __future__ import annotations

from contextlib import suppress

from ..capsules import Counted
from .conversion import Conversion, Facts, collect


def capsule(conversion: Conversion) -> Facts:
    """Hand over DLPack capsules whose deleters are counted.

    given    capsules that the conversion asked for
    early    deleters that ran while a result over the capsule's memory lived
    deleted  deleters that had run when the result, or the refusal, was gone
    again    whether a capsule that had been consumed was taken a second time: "raised" or "ok"; None where none was
    """
    source = conversion.build()
    counted = Counted(source.value)
    handle = None
    with suppress(Exception):
        handle = conversion.describe(conversion.convert(counted))
    shared = handle is not None and handle.overlaps(source.start, source.start + source.nbytes) == "all"
    early = counted.deleted if shared else 0
    del handle
    collect(conversion)
    facts = (("given", counted.given), ("early", early), ("deleted", counted.deleted))
    reused = Counted(source.value, reuse=True)
    again = _taken_again(conversion, reused)
    reused.forget()
    return (*facts, ("again", again))


def _taken_again(conversion: Conversion, counted: Counted) -> str | None:
    try:
        first = conversion.convert(counted)
    except Exception:
        return None
    try:
        conversion.convert(counted)
    except Exception:
        return "raised"
    finally:
        del first
    return "ok" if counted.given else None
