"""Memory that is not the host's: how it is read, written, placed and counted past the framework on trial."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from typing import Any, Protocol

from .handle import Handle


class Raw(Protocol):
    """The memory of one kind of device. Reads and writes come after what the default stream was told before."""

    def home(self, address: int) -> str:
        """The device whose memory it is, as "cuda:0"; "" for memory of the host."""
        ...

    def read(self, address: int, nbytes: int) -> bytes: ...
    def write(self, address: int, data: bytes) -> None: ...

    def allocate(self, device: str, nbytes: int) -> int:
        """The address of memory of the device, kept until the process ends."""
        ...

    def pin(self, nbytes: int) -> int:
        """The address of memory of the host that the device itself can read and write, kept until the process ends."""
        ...

    def copy(self, target: int, source: int, nbytes: int, way: str) -> None:
        """One plain copy "to" the device, "from" it or "within" it; what the latter has begun, `finish` ends."""
        ...

    def finish(self) -> None:
        """Return when the device that is current has done all that it was told."""
        ...


_known: dict[str, Raw] = {}


def register(kind: str, raw: Raw) -> None:
    """Tell how memory of this kind of device is reached."""
    _known[kind] = raw


def of(device: str) -> Raw:
    """The memory of the kind of device that this is, as "cuda:0"."""
    return _known[device.partition(":")[0]]


def is_known(device: str = "") -> bool:
    """Whether the memory of this kind of device, or of any, can be reached."""
    return device.partition(":")[0] in _known if device else bool(_known)


_counts: dict[str, Callable[[], int]] = {}


def count(kind: str, in_use: Callable[[], int]) -> None:
    """Tell how many bytes are handed out on all devices of the kind: an allocator's own count, for nobody else knows."""
    _counts[kind] = in_use


def in_use() -> int:
    """Bytes that are handed out, on all devices of all kinds."""
    return sum(tell() for tell in _counts.values())


#: After one of these, a process never gets anything from its device again.
_FATAL = re.compile("illegal memory access|unspecified launch failure|device-side assert|misaligned address", re.I)


def is_lost(message: str) -> bool:
    """Whether an exception with this message says that the device is lost to the process."""
    return _FATAL.search(message) is not None


class DeviceHandle(Handle):
    """A result whose address means nothing to the host."""

    __slots__ = ("_raw",)

    def __init__(self, device: str, type: str, dtype: str, shape: tuple[int, ...], **fields: Any) -> None:
        super().__init__(type, dtype, shape, device=device, **fields)
        self._raw = of(device)
        low, high = self.span
        home = self._raw.home(low) if high > low else device
        if home != device:
            self.device = f"{device} in name, with memory of {home or 'the host'}"

    def read(self) -> bytes | None:
        low, high = self.span
        if high == low:
            return None if self.address is None else b""
        block = ctypes.create_string_buffer(self._raw.read(low, high - low), high - low)
        here = ctypes.addressof(block) + (self.address or 0) - low
        return Handle("", "", self.shape, self.strides, self.itemsize, here).read()


class DeviceSource:
    """One built input on a device, over bytes that no conversion has touched."""

    __slots__ = ("_raw", "is_mutable", "nbytes", "owner", "start", "value")

    def __init__(self, value: Any, device: str, start: int, nbytes: int) -> None:
        self.value, self.start, self.nbytes = value, start, nbytes
        self.owner = None  # The framework's own, which nobody can watch from here.
        self._raw, self.is_mutable = of(device), nbytes > 0

    def flip(self) -> None:
        """Invert every bit, past the framework."""
        self._raw.write(self.start, bytes(b ^ 255 for b in self.contents()))

    def contents(self) -> bytes:
        return self._raw.read(self.start, self.nbytes) if self.nbytes else b""

    def close(self) -> None:
        pass
