"""From a spec to the object that a conversion is handed, with the means to watch and change its memory."""

from __future__ import annotations

import ctypes
import mmap
import os
import tempfile
from math import prod
from typing import Any

import numpy as np

from . import dtypes
from .containers import in_container
from .spec import OWNED, ArraySpec

#: Objects in a list of arrays at most.
MAX_LIST = 1 << 16
#: Arrays that are made until one has its memory at the address wanted, and by how many bytes what stands in between is larger.
_TRIES, _SHIFT = 1000, 48


class Unbuildable(Exception):
    """This interpreter cannot build what the spec describes (old NumPy, dtype without a protocol, ...)."""


class Memory:
    """Any memory by address, as NumPy bytes: reading or changing it asks no framework."""

    __slots__ = ("__array_interface__",)

    def __init__(self, address: int, nbytes: int) -> None:
        self.__array_interface__ = {"data": (address, False), "shape": (nbytes,), "typestr": "|u1", "version": 3}

    def view(self) -> np.ndarray:
        """The memory as a writable uint8 array; the caller keeps its owner alive."""
        return np.asarray(self)

    def flip(self) -> None:
        """Invert every bit."""
        view = self.view()
        np.invert(view, out=view)


class Built:
    """One built input.

    value    what the conversion is handed
    array    the ndarray behind it
    start    address of the owner's first byte
    nbytes   bytes in the owner
    """

    __slots__ = ("_file", "_keep", "_owner", "_raw", "array", "nbytes", "start", "value")

    def __init__(
        self, spec: ArraySpec, array: np.ndarray, start: int, keep: Any, owner: np.ndarray | None = None, file: int | None = None
    ) -> None:
        self.array, self.start, self.nbytes = array, start, spec.nbytes
        self._raw = spec.dtype not in dtypes.POINTERS
        self._file, self._keep = file, keep
        self._owner = Memory(start, spec.nbytes).view() if owner is None else owner
        self.value = wrap(spec.container, array)

    @property
    def owner(self) -> Any:
        """The object that owns the memory: whatever uses it refers to this."""
        return self._keep

    @property
    def is_mutable(self) -> bool:
        """Whether `flip` can change the elements (never for elements that are pointers)."""
        return self._raw and self.nbytes > 0

    def flip(self) -> None:
        """Invert every bit of the owner, behind everybody's back; twice restores it."""
        if self._file is None:
            np.invert(self._owner, out=self._owner)
        else:  # The pages may be read-only here, but the file is shared: change it there.
            page = self._keep.__array_interface__["data"][0]
            data = np.frombuffer(os.pread(self._file, self.nbytes, self.start - page), np.uint8)
            os.pwrite(self._file, np.invert(data).tobytes(), self.start - page)

    def contents(self) -> bytes:
        """The owner's bytes as they are now."""
        return self._owner.tobytes()

    def close(self) -> None:
        """Let go of the file behind a mapping."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def wrap(container: str, array: np.ndarray) -> Any:
    """The array inside the container that the call is handed; raises Unbuildable where they do not go together."""
    if container == "matrix" and array.ndim != 2:
        raise Unbuildable("a matrix has 2 axes")
    if container == "scalar" and array.ndim:
        raise Unbuildable("a NumPy scalar has no axes")
    if container == "list" and not array.ndim:
        raise Unbuildable("a list of arrays needs an axis")
    if container == "list" and len(array) > MAX_LIST:  # Strides of 0 make long axes of no memory; their list would be gigabytes.
        raise Unbuildable(f"a list of more than {MAX_LIST} objects")
    try:
        return array if container == "ndarray" else in_container(container, array)
    except (TypeError, ValueError, BufferError, NotImplementedError) as error:
        raise Unbuildable(f"{container}: {error}") from None


def build(spec: ArraySpec) -> Built:
    """Build the input that a (validated) spec describes; raises Unbuildable where this interpreter cannot."""
    try:
        resolved = dtypes.dtype(spec.dtype)
    except LookupError as missing:
        raise Unbuildable(str(missing)) from None
    if spec.dtype in dtypes.POINTERS and spec.memory not in ("plain", "readonly"):
        raise Unbuildable(f"{spec.dtype} elements are pointers: NumPy alone writes them, in memory that it has made for them")
    try:
        if spec.memory in ("plain", "readonly"):
            return _on_heap(spec, resolved)
        if spec.memory == "bytes":
            return _on_bytes(spec, resolved)
        if spec.memory in OWNED:
            return _on_its_own(spec, resolved)
        return _on_file(spec, resolved)
    except (TypeError, ValueError) as error:
        raise Unbuildable(f"{type(error).__name__}: {error}") from None


def _padding(base: int, spec: ArraySpec) -> int:
    """Bytes to skip from address `base` so that element 0 stands at the spec's address modulo 64."""
    return (spec.address - spec.offset - base) % 64


def _on_heap(spec: ArraySpec, resolved: np.dtype) -> Built:
    if spec.dtype in dtypes.POINTERS:
        return _of_pointers(spec, resolved)
    buffer = _room(spec, resolved)
    base = ctypes.addressof(ctypes.c_char.from_buffer(buffer.data))  # A third of what NumPy's own ways to ask take.
    pad = _padding(base, spec)
    owner = buffer[pad : pad + spec.nbytes]
    if spec.seed or spec.planted:
        owner.data[:] = spec.owner_bytes
    array = np.ndarray(spec.shape, resolved, buffer, pad + spec.offset, spec.strides)
    if spec.memory == "readonly":
        array.flags.writeable = False
    return Built(spec, array, base + pad, buffer if buffer.base is None else buffer.base, owner)


def _room(spec: ArraySpec, resolved: np.dtype) -> np.ndarray:
    """Zeros for the owner at any address, as bytes: those of an array of the same dtype, where one grid fits both."""
    if spec.has_typed_owner:
        return np.zeros(-(-(spec.nbytes + 64) // spec.itemsize), resolved).view(np.uint8)
    return np.zeros(spec.nbytes + 64, np.uint8)


def _on_its_own(spec: ArraySpec, resolved: np.dtype) -> Built:
    order: Any = "C" if spec.strides == spec.c_strides else "F"
    kept: list[np.ndarray] = []  # What lies elsewhere stays taken, and larger pieces shift what comes next.
    for _ in range(_TRIES):
        array: np.ndarray = np.ndarray(spec.shape, resolved, order=order)
        start = array.__array_interface__["data"][0]
        if start % 64 == spec.address:
            ctypes.memmove(start, spec.owner_bytes, spec.nbytes)
            array.flags.writeable = spec.memory == "owned"
            return Built(spec, array, start, array)
        kept += [array, np.empty(spec.nbytes + _SHIFT, np.uint8)]
    raise Unbuildable(f"the C library gives no memory at {spec.address} modulo 64")


def _on_bytes(spec: ArraySpec, resolved: np.dtype) -> Built:
    room = bytes(spec.nbytes + 64)
    base = np.frombuffer(room, np.uint8).__array_interface__["data"][0]
    pad = _padding(base, spec)
    ctypes.memmove(base + pad, spec.owner_bytes, spec.nbytes)
    return Built(spec, np.ndarray(spec.shape, resolved, room, pad + spec.offset, spec.strides), base + pad, room)


def _new_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("spec")
    handle, name = tempfile.mkstemp()
    os.unlink(name)
    return handle


def _on_file(spec: ArraySpec, resolved: np.dtype) -> Built:
    pad = _padding(0, spec)  # A mapping starts at a page.
    file = _new_file()
    os.pwrite(file, bytes(pad) + spec.owner_bytes + b"\0", 0)
    if spec.memory == "protected":
        pages: np.ndarray = np.frombuffer(mmap.mmap(file, 0, access=mmap.ACCESS_READ), np.uint8)
        array = np.ndarray(spec.shape, resolved, pages, pad + spec.offset, spec.strides)
    else:
        with os.fdopen(os.dup(file), "rb" if spec.memory == "memmap_r" else "r+b") as stream:
            pages = np.memmap(stream, np.uint8, spec.memory.removeprefix("memmap_"))  # type: ignore[call-overload]
        array = np.ndarray.__new__(np.memmap, spec.shape, resolved, pages, pad + spec.offset, spec.strides)
    start = pages.__array_interface__["data"][0] + pad
    if spec.memory == "memmap_c":  # A private mapping: the file no longer matters.
        os.close(file)
        return Built(spec, array, start, pages)
    return Built(spec, array, start, pages, file=file)


def _of_pointers(spec: ArraySpec, resolved: np.dtype) -> Built:
    """Arrays of objects or variable-width strings: NumPy makes the elements, so the owner is its own array."""
    items = -(-spec.nbytes // resolved.itemsize) + 64 // resolved.itemsize + 1
    owner = np.empty(items, resolved)
    base = owner.__array_interface__["data"][0]
    if (spec.offset % resolved.itemsize) or spec.has_partial_stride or _padding(base, spec) % resolved.itemsize:
        raise Unbuildable(f"{spec.dtype} elements are pointers: they cannot be misaligned")
    home = _padding(base, spec) // resolved.itemsize
    pool, pointed = dtypes.pool(spec.dtype), spec.pointed
    # Counted from the owner's start: what an array holds must not hang on where its memory happens to lie.
    owner[:] = [pool[pointed(place - home)] for place in range(items)]
    first = home + spec.offset // resolved.itemsize
    if spec.dtype == "object":
        array = np.lib.stride_tricks.as_strided(owner[first:], spec.shape, spec.strides)
    elif spec.strides == spec.c_strides:
        # Sliced to nothing last: NumPy forgets where an empty slice of the owner started.
        full = tuple(max(n, 1) for n in spec.shape)
        array = owner[first : first + prod(full)].reshape(full)[(..., *map(slice, spec.shape))]  # type: ignore[arg-type]
    else:
        raise Unbuildable("NumPy lays StringDType out in C order only")
    if spec.memory == "readonly":
        array.flags.writeable = False
    return Built(spec, array, base + _padding(base, spec), owner)
