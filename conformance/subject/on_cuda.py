"""CUDA's memory through the CUDA runtime that is in this process already: whatever framework loaded it is not asked.

https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__MEMORY.html
https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__DEVICE.html
https://docs.nvidia.com/cuda/cuda-runtime-api/api-sync-behavior.html
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from . import device_memory
from .devices import split

_DEFAULT = 4  # cudaMemcpyDefault: the addresses say from where to where.
_WAYS = {"to": 1, "from": 2, "within": 3}  # cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice
_PORTABLE = 1  # cudaHostAllocPortable: pinned for every device, whichever is current.
_ON_DEVICE = (2, 3)  # cudaMemoryTypeDevice, cudaMemoryTypeManaged


class _Attributes(ctypes.Structure):
    """cudaPointerAttributes, with room for what later releases add."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("device", ctypes.c_int),
        ("device_pointer", ctypes.c_void_p),
        ("host_pointer", ctypes.c_void_p),
        ("reserved", ctypes.c_long * 16),
    ]


@cache
def _runtime() -> Any:
    loaded = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "libcudart" in line}
    if not loaded:
        raise RuntimeError("no framework has loaded the CUDA runtime")
    runtime = ctypes.CDLL(min(loaded))
    runtime.cudaMemcpy.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    runtime.cudaPointerGetAttributes.argtypes = [ctypes.POINTER(_Attributes), ctypes.c_void_p]
    runtime.cudaGetErrorString.argtypes, runtime.cudaGetErrorString.restype = [ctypes.c_int], ctypes.c_char_p
    runtime.cudaMalloc.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_size_t]
    runtime.cudaHostAlloc.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_size_t, ctypes.c_uint]
    runtime.cudaDeviceSynchronize.argtypes = []
    return runtime


def _check(status: int) -> None:
    if status:
        raise RuntimeError(f"the CUDA runtime says: {_runtime().cudaGetErrorString(status).decode()}")


@contextmanager
def _current(number: int | None) -> Iterator[None]:
    """Have the device of this number be the current one for a while; None: leave it."""
    usual = ctypes.c_int()
    _check(_runtime().cudaGetDevice(ctypes.byref(usual)))
    try:
        _check(_runtime().cudaSetDevice(usual.value if number is None else number))
        yield
    finally:
        _runtime().cudaSetDevice(usual.value)


def _given(allocate: Any, nbytes: int, *flags: int) -> int:
    """The address that an allocating function stores."""
    address = ctypes.c_void_p()
    _check(allocate(ctypes.byref(address), max(nbytes, 1), *flags))
    return address.value or 0


class Raw:
    """See `device_memory.Raw`."""

    def home(self, address: int) -> str:
        number = self._device(address)
        return "" if number is None else f"cuda:{number}"

    def read(self, address: int, nbytes: int) -> bytes:
        block = ctypes.create_string_buffer(nbytes)
        self._copy(ctypes.addressof(block), address, nbytes, address)
        return block.raw

    def write(self, address: int, data: bytes) -> None:
        block = ctypes.create_string_buffer(data, len(data))
        self._copy(address, ctypes.addressof(block), len(data), address)

    def allocate(self, device: str, nbytes: int) -> int:
        with _current(split(device)[1]):
            return _given(_runtime().cudaMalloc, nbytes)

    def pin(self, nbytes: int) -> int:
        return _given(_runtime().cudaHostAlloc, nbytes, _PORTABLE)

    def copy(self, target: int, source: int, nbytes: int, way: str) -> None:
        _check(_runtime().cudaMemcpy(target, source, nbytes, _WAYS[way]))

    def finish(self) -> None:
        _check(_runtime().cudaDeviceSynchronize())

    def _device(self, address: int) -> int | None:
        attributes = _Attributes()
        _check(_runtime().cudaPointerGetAttributes(ctypes.byref(attributes), address))
        return int(attributes.device) if attributes.type in _ON_DEVICE else None

    def _copy(self, target: int, source: int, nbytes: int, where: int) -> None:
        """Copy after all that the default stream of the device at `where` was told before, and be done when it returns."""
        with _current(self._device(where)):
            _check(_runtime().cudaMemcpy(target, source, nbytes, _DEFAULT))


device_memory.register("cuda", Raw())
