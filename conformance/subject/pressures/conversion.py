"""A conversion that can be made again and again, and what must be the same each time."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from types import MappingProxyType
from typing import Any, NamedTuple

from ..handle import Handle
from ..observation import LOOSE, fingerprint, significant
from ..source import Source

Facts = tuple[tuple[str, Any], ...]


class Conversion(NamedTuple):
    """One conversion that can be made again and again.

    convert   the call
    build     makes the source anew; told another container's name, hands the same elements over in that one
    describe  holds a result by address
    settings  that are none of a conversion's business: name to how to enter it
    contexts  likewise, code in which it is made: name to what gives the call inside of that
    """

    convert: Callable[[Any], Any]
    build: Callable[..., Source]
    describe: Callable[[Any], Handle]
    settings: Mapping[str, Callable[[], AbstractContextManager[Any]]] = MappingProxyType({})
    contexts: Mapping[str, Callable[[Callable[[Any], Any]], Callable[[Any], Any]]] = MappingProxyType({})

    def made(self, source: Source) -> Handle:
        """The handle on a new result."""
        return self.describe(self.convert(source.value))


class Sight(NamedTuple):
    """All of a result that must be the same whenever, wherever and however often the same is asked."""

    outcome: str
    device: str = ""
    type: str = ""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    strides: tuple[int, ...] | None = None
    flags: tuple[str, ...] = ()
    writable: bool | None = None
    data: bytes | None = None
    shares: str = ""  # Last: some may share or copy as they like, and all else must be the same nevertheless.

    def difference(self, other: Sight) -> str:
        """The first thing in which another differs, in words; "" when nothing does."""
        for name, mine, theirs in zip(self._fields, self, other):
            if mine != theirs:
                return f"{name} {_shown(theirs)}, not {_shown(mine)}"
        return ""


def _shown(value: Any) -> str:
    return value[:16].hex() if isinstance(value, bytes) else str(value)


def sight(conversion: Conversion, source: Source) -> Sight:
    """Convert once and look."""
    try:
        handle = conversion.made(source)
    except Exception as error:
        return Sight(f"raises {type(error).__name__}")
    data = handle.read()
    if handle.dtype in LOOSE and data is not None:
        data = significant(handle.dtype, data)
    return Sight(
        "answers",
        handle.device,
        handle.type,
        handle.dtype,
        handle.shape,
        handle.strides,
        handle.flags,
        handle.writable,
        None if data is None else fingerprint(data, handle.dtype),
        handle.overlaps(source.start, source.start + source.nbytes),
    )


def collect(conversion: Conversion) -> None:
    """Have everything freed that waits for it. Some frameworks let go of arrays only at their next conversion."""
    gc.collect()
    other = conversion.build()
    with suppress(Exception):  # A refusal is a call as well.
        conversion.convert(other.value)
    other.close()
