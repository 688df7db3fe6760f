"""How NumPy results, and plain Python ones, are held by address."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...strategies.build import Memory
from .handle import Handle
from .observation import INT_BYTES


def describe(result: Any) -> Handle | None:
    """A handle on an ndarray, a NumPy scalar, a memoryview or (nested lists of) Python numbers; else None."""
    if isinstance(result, np.ndarray):
        return _array(result)
    if isinstance(result, np.generic):
        kind = type(result).__name__
        return Handle(f"numpy.{kind}", dtype_name(result.dtype), (), (), result.dtype.itemsize, device="cpu", data=result.tobytes)
    if isinstance(result, memoryview):
        handle = _array(np.asarray(result))
        handle.type, handle.writable, handle.keep = "memoryview", not result.readonly, result
        return handle
    if isinstance(result, (bool, int, float, complex, list)):
        return _python(result)
    return None


def dtype_name(dtype: np.dtype) -> str:
    """The dtype's name with its byte order: "float32", ">f4" for swapped ones."""
    return dtype.name if dtype.isnative else dtype.str


def _array(array: np.ndarray) -> Handle:
    itemsize = array.dtype.itemsize
    address = array.__array_interface__["data"][0]
    pointers = array.dtype.hasobject or array.dtype.kind == "T"
    handle = Handle(
        f"{type(array).__module__}.{type(array).__name__}",
        dtype_name(array.dtype),
        array.shape,
        array.strides,
        itemsize,
        address,
        writable=bool(array.flags.writeable),
        data=(lambda: None) if pointers else None,
        keep=array,
    )
    if array.flags.writeable and not pointers and handle.span[1] > handle.span[0]:
        low, high = handle.span
        handle.poke = lambda blank: Memory(low, high - low).flip()
    return handle


def _python(result: Any) -> Handle | None:
    """Python numbers: bools as bytes, ints in 16 bytes with their sign, floats as float64, complex as complex128."""
    shape, first, numbers = [], result, [result]
    while isinstance(first, list):
        shape.append(len(first))
        if not first:
            break
        first, numbers = first[0], [number for inner in numbers for number in inner]
    if isinstance(first, list):  # Nothing inside to tell a type.
        return Handle("list", "", tuple(shape), data=lambda: b"")
    kinds = {bool: "?", int: "<i8", float: "<f8", complex: "<c16"}
    if type(first) not in kinds:
        return None
    if type(first) is int:
        itemsize, data = INT_BYTES, b"".join(int(number).to_bytes(INT_BYTES, "little", signed=True) for number in numbers)
    else:
        flat = np.array(numbers, kinds[type(first)])  # Flat: lists may be deeper than NumPy 1 can go.
        itemsize, data = flat.itemsize, flat.tobytes()
    return Handle(type(result).__name__, type(first).__name__, tuple(shape), itemsize=itemsize, data=lambda: data)
