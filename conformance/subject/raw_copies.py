"""Copies between the host and a device that no conversion can beat: the device's own, past any framework."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from . import device_memory

_HUGE = 4 << 20


def copier(device: str, way: str, host: str, nbytes: int) -> Callable[[], Any]:
    """A call that copies so many bytes. It may return before they are there: `device_memory.Raw.finish` waits for that.

    way   "to", "from" or "within" the device
    host  memory at the host's end: "pageable", "pinned", or "fresh pages" (each copy's own, as a new array has)
    """
    raw, there = device_memory.of(device), device_room(device, nbytes)
    if way == "within":
        return partial(raw.copy, device_room(device, nbytes, 1), there, nbytes, way)
    if host == "fresh pages":

        def copy() -> None:
            pages = _pages(nbytes)
            raw.copy(_address(pages), there, nbytes, way)

        return copy
    here = host_room(device, nbytes, host == "pinned")
    target, source = (there, here) if way == "to" else (here, there)
    return partial(raw.copy, target, source, nbytes, way)


@cache
def device_room(device: str, nbytes: int, which: int = 0) -> int:
    """The address of memory of the device that copies of this size share; `which` tells two apart."""
    return device_memory.of(device).allocate(device, nbytes)


@cache
def host_room(device: str, nbytes: int, pinned: bool) -> int:
    """The address of memory of the host, written once: pages that nobody wrote are one page of zeros."""
    if pinned:
        address = device_memory.of(device).pin(nbytes)
    else:
        _kept.append(_pages(nbytes))
        address = _address(_kept[-1])
    ctypes.memset(address, 1, nbytes)
    return address


_kept: list[mmap.mmap] = []


def _pages(nbytes: int) -> mmap.mmap:
    pages = mmap.mmap(-1, max(nbytes, 1))
    if nbytes >= _HUGE and hasattr(mmap, "MADV_HUGEPAGE"):
        pages.madvise(mmap.MADV_HUGEPAGE)
    return pages


def _address(pages: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(pages))
