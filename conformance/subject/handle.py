"""Handles: one way to look at any result by address, whatever framework made it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from ...strategies.spec import without_ones


class Elements:
    """Strided memory at an address, as NumPy sees it: nothing of the result's framework is asked."""

    __slots__ = ("__array_interface__",)

    def __init__(self, address: int, shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int) -> None:
        self.__array_interface__ = {
            "data": (address, False),
            "shape": shape,
            "strides": strides,
            "typestr": f"|V{itemsize}",
            "version": 3,
        }


class Handle:
    """A result, held by address.

    type, dtype, shape, strides (bytes), device, writable, flags: as in `Observation`
    address   of element 0, or None where the memory cannot be seen
    data      reads the elements where there is no address
    poke      changes the elements through the result's own API, told whether they are all zero bytes; None where it
              has no such thing
    keep      whatever must live while the address is used
    """

    __slots__ = (
        "_data",
        "address",
        "device",
        "dtype",
        "flags",
        "itemsize",
        "keep",
        "poke",
        "shape",
        "span",
        "strides",
        "type",
        "writable",
    )

    def __init__(
        self,
        type: str,
        dtype: str,
        shape: tuple[int, ...],
        strides: tuple[int, ...] | None = None,
        itemsize: int = 0,
        address: int | None = None,
        device: str = "cpu",
        writable: bool | None = None,
        flags: tuple[str, ...] = (),
        data: Callable[[], bytes | None] | None = None,
        poke: Callable[[bool], None] | None = None,
        keep: Any = None,
    ) -> None:
        self.type, self.dtype, self.shape, self.strides, self.itemsize = type, dtype, shape, strides, itemsize
        self.address, self.device, self.writable, self.flags = address, device, writable, flags
        self._data, self.poke, self.keep = data, poke, keep
        self.span = self._span()

    def _span(self) -> tuple[int, int]:
        """First and one-past-last address of the elements; empty where there are none or they cannot be seen."""
        if self.address is None or self.strides is None or 0 in self.shape or not self.itemsize:
            return 0, 0
        low = high = self.address
        for n, stride in zip(self.shape, self.strides):
            if stride < 0:
                low += stride * (n - 1)
            else:
                high += stride * (n - 1)
        return low, high + self.itemsize

    def read(self) -> bytes | None:
        """The elements' bytes in C order as they are now; None where they cannot be read."""
        if self._data is not None:
            return self._data()
        low, high = self.span
        if high == low:
            return None if self.address is None else b""
        step = self.itemsize
        for n, stride in zip(reversed(self.shape), reversed(self.strides)):  # type: ignore[arg-type]
            if n != 1 and stride != step:
                break
            step *= n
        else:
            return ctypes.string_at(low, high - low)
        shape, strides = without_ones(self.shape, self.strides)  # type: ignore[arg-type]
        elements = np.asarray(Elements(self.address, shape, strides, self.itemsize))  # type: ignore[arg-type, call-overload]
        return elements.tobytes()

    def overlaps(self, low: int, high: int) -> str:
        """How much of the result lies within the addresses low..high: "none", "all", "part", or "" without evidence."""
        first, last = self.span
        if first == last or low == high:
            return ""
        if last <= low or high <= first:
            return "none"
        return "all" if low <= first and last <= high else "part"
