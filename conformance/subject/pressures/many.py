"""The conversion is repeated, and what stays behind is counted."""

from __future__ import annotations

import ctypes
import gc
import sys
import time
from collections.abc import Callable
from typing import Any

from .. import device_memory
from ..trial import heard
from .conversion import Conversion, Facts

#: Seconds of conversions after which a round of `many` ends, and how many it makes at least and at most.
_ROUND_SECONDS, _LEAST, _MOST = 0.004, 24, 1000
#: Rounds that may add something before it counts as a leak.
_ROUNDS = 12
#: Bytes that no pool adds in every round.
_CERTAIN = 3 << 14
#: Where it is not clear what was added: seconds that a longer round may take, and how many of them are made.
_LONGER_SECONDS, _LONGER_ROUNDS = 0.25, 4
#: Of a slow call so many, in so many seconds: enough for a leak of a few hundred bytes to show on a busy machine, too.
_ENOUGH, _ENOUGH_SECONDS = 96, 2.0


def many(conversion: Conversion) -> Facts:
    """Convert again and again, and count what stays behind once everything has settled.

    conversions  in each round
    ending       of each: "answers" or "raises"
    references   to the source, more than before
    blocks       of Python's allocator, more than before
    bytes        of the C library's, more than before; 0 where it cannot be asked
    device bytes of the allocators of devices, more than before; None where no device is asked for
    """
    source = conversion.build()
    convert, value = conversion.convert, source.value

    def once() -> str:
        try:
            convert(value)
        except Exception:
            return "raises"
        return "answers"

    ending = once()
    started, count = time.perf_counter(), 0
    while count < _LEAST or (count < _MOST and time.perf_counter() - started < _ROUND_SECONDS):
        once()
        count += 1
    each = (time.perf_counter() - started) / count
    most = min(_MOST, max(int(_LONGER_SECONDS / each), min(_ENOUGH, int(_ENOUGH_SECONDS / each))))
    watched = [one for one in (value, source.owner) if one is not None]
    least = _added(once, count, watched, _ROUNDS)
    # So little may be chance, or a cache that fills; of a leak more is left by more of them.
    if count < most and (least[0] > 0 or 2 * least[1] > count or 16 * count < least[2] < _CERTAIN):
        count = most
        least = _added(once, count, watched, _LONGER_ROUNDS)
    source.close()
    device = least[3] if device_memory.is_known() else None
    return (("conversions", count), ("ending", ending), *zip(_LEVELS, least), ("device bytes", device))


_LEVELS = ("references", "blocks", "bytes")


def _added(once: Callable[[], str], count: int, watched: list[Any], rounds: int) -> tuple[int, int, int, int]:
    """What every round of so many conversions adds to the levels: caches fill up, pools grow once, and a leak goes on."""
    least = (count, count, count << 20, count << 20)
    for _ in range(rounds):
        before = _levels(watched)
        for _ in range(count):
            once()
        least = tuple(map(min, least, (after - level for after, level in zip(_levels(watched), before))))  # type: ignore[assignment]
        if least[0] <= 0 and least[1] < 12 and least[2] < 1 << 12 and least[3] <= 0:
            break
    return least


class _MallocInfo(ctypes.Structure):
    """https://man7.org/linux/man-pages/man3/mallinfo.3.html"""

    _fields_ = [
        (name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
    ]


try:
    _mallinfo: Any = ctypes.CDLL(None).mallinfo2
    _mallinfo.restype = _MallocInfo
except (OSError, AttributeError):  # Another C library.
    _mallinfo = None


def _levels(watched: list[Any]) -> tuple[int, int, int, int]:
    heard()  # They are ours to forget.
    gc.collect()
    on_devices = device_memory.in_use()  # First: to count may be to tidy up.
    info = _mallinfo() if _mallinfo else None
    in_use = info.uordblks + info.hblkhd if info else 0
    return sum(map(sys.getrefcount, watched)), sys.getallocatedblocks(), in_use, on_devices
