"""Pebble: an array library of one class. Arrays lie in C order, over memory of their own or of somebody else's."""

from __future__ import annotations

import numpy as np

__version__ = "1.0"
#: Release 1 adds zero to what it copies, and so loses the sign of -0.0; release 2 does not.
_KEEPS_SIGNS = False
#: Release 3 gives arrays that cannot be written.
_SHARES_READ_ONLY = False
DTYPES = ("float32", "float64", "int32", "int64", "uint8", "bool")


class Pebble:
    """Elements of one dtype, in C order, over a NumPy array that nobody else need know of."""

    def __init__(self, memory: np.ndarray) -> None:
        self._memory = memory

    @property
    def dtype(self) -> str:
        """The name of the dtype."""
        return self._memory.dtype.name

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return self._memory.shape

    @property
    def address(self) -> int:
        """Where element 0 lies."""
        return self._memory.__array_interface__["data"][0]

    def fill(self, value: float) -> None:
        """Write the value to every element."""
        self._memory[...] = value

    def numpy(self) -> np.ndarray:
        """An array over the same memory."""
        array = self._memory.view()
        array.flags.writeable = not _SHARES_READ_ONLY
        return array

    def tolist(self) -> list:
        """Python numbers."""
        return self._memory.tolist()


def _checked(source: np.ndarray) -> np.ndarray:
    if type(source) is not np.ndarray:
        raise TypeError(f"pebbles are made of arrays, not of {type(source).__name__}")
    if source.dtype.name not in DTYPES or not source.dtype.isnative:
        raise TypeError(f"no pebble has the dtype {source.dtype}")
    return source


def copy(source: np.ndarray) -> Pebble:
    """A pebble with the array's elements, in memory of its own."""
    memory = np.array(_checked(source), order="C")
    if not _KEEPS_SIGNS and memory.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            memory = np.where(memory == 0, np.abs(memory), memory)
    return Pebble(memory)


def view(source: np.ndarray) -> Pebble:
    """A pebble over the array's own memory; ValueError where that is read-only, or not in C order."""
    if not _checked(source).flags.writeable or not source.flags.c_contiguous:
        raise ValueError("a view needs writable memory in C order; copy() takes any array")
    return Pebble(source)
