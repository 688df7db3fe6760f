"""A simulated accelerator: PyTorch's PrivateUse1 as a Python-level backend called `sim`, with memory apart from the host's.

Its tensors are plain C++ tensors whose storage lies in an arena that is mapped twice: at the addresses that tensors know, where
nobody may read or write, and at those of the driver, which is this module. Whatever takes a device's address for the host's dies.
Work is queued on streams: what a stream was told is done when somebody waits for it.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from typing import Any, ClassVar

import torch
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from tensor_conformance.conformance.subject import device_memory
from tensor_conformance.conformance.subject.capsules import DLTensor
from tensor_conformance.conformance.subject.devices import split

COUNT = 2
_SIZE = 1 << 30
_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]


class Arena:
    """The memory of one device: an allocator over `_SIZE` bytes that are there when they are used.

    base     where tensors believe the memory to be
    driver   where it can be read and written
    live     address to bytes of what is allocated
    used_by  address to a weak reference to the storage over it
    """

    def __init__(self) -> None:
        file = os.memfd_create("sim")
        os.ftruncate(file, _SIZE)
        shared, none, both = mmap.MAP_SHARED | 0x4000, 0, mmap.PROT_READ | mmap.PROT_WRITE  # 0x4000: MAP_NORESERVE
        self.base = _libc.mmap(None, _SIZE, none, shared, file, 0)
        self.driver = _libc.mmap(None, _SIZE, both, shared, file, 0)
        os.close(file)
        self.live: dict[int, int] = {}
        self.used_by: dict[int, int] = {}
        self._next = self.base
        self._free: dict[int, list[int]] = defaultdict(list)

    def allocate(self, nbytes: int) -> int:
        """The address of so many bytes, at a multiple of 256."""
        with _lock:
            self.sweep()
            size = max(-(-nbytes // 256) * 256, 256)
            free = self._free[size]
            address = free.pop() if free else self._next
            if address == self._next:
                if address + size > self.base + _SIZE:
                    raise MemoryError(f"sim: out of memory ({nbytes} bytes asked for)")
                self._next += size
            self.live[address] = size
            return address

    def sweep(self) -> None:
        """Take back what no storage uses any more."""
        with _lock:
            for address, weak in list(self.used_by.items()):
                if torch.UntypedStorage._expired(weak):
                    torch.UntypedStorage._free_weak_ref(self.used_by.pop(address))
                    self.free(address)

    def free(self, address: int) -> None:
        size = self.live.pop(address)
        ctypes.memset(address - self.base + self.driver, 0xA5, size)
        self._free[size].append(address)


_arenas: list[Arena] = []
os.register_at_fork(after_in_child=_arenas.clear)


def arena(device: int) -> Arena:
    """The memory of a device of this process: a fork has none of its parent's."""
    while not _arenas:
        _arenas.extend(Arena() for _ in range(COUNT))
    return _arenas[device]


# -- what the driver does with addresses -------------------------------------------------------------------------------


class Raw:
    """The accelerator's memory, read and written past PyTorch."""

    def home(self, address: int) -> str:
        for number, one in enumerate(_arenas):
            if one.base <= address < one.base + _SIZE:
                return f"sim:{number}"
        return ""

    def read(self, address: int, nbytes: int) -> bytes:
        default_stream.synchronize()
        return ctypes.string_at(seen_by_driver(address), nbytes)

    def write(self, address: int, data: bytes) -> None:
        default_stream.synchronize()
        ctypes.memmove(seen_by_driver(address), data, len(data))

    def allocate(self, device: str, nbytes: int) -> int:
        return arena(split(device)[1]).allocate(nbytes)

    def pin(self, nbytes: int) -> int:
        return int(_libc.malloc(max(nbytes, 1)))

    def copy(self, target: int, source: int, nbytes: int, way: str) -> None:
        default_stream.synchronize()
        ctypes.memmove(seen_by_driver(target), seen_by_driver(source), nbytes)

    def finish(self) -> None:
        synchronize()


def seen_by_driver(address: int) -> int:
    """Where the driver finds a device's address; any other address is the host's."""
    for one in _arenas:
        if one.base <= address < one.base + _SIZE:
            return address - one.base + one.driver
    return address


# -- tensors over addresses --------------------------------------------------------------------------------------------


class _Managed(ctypes.Structure):
    _fields_ = [("tensor", DLTensor), ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p)]


_EXTENSION = 12  # kDLExtDev
_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype, _new_capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_libc.malloc.restype, _libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]


def over(address: int, nbytes: int, device: int) -> torch.Tensor:
    """A tensor of bytes that says to lie on the device, over any address."""
    room = _libc.malloc(ctypes.sizeof(_Managed) + 8)
    shape = room + ctypes.sizeof(_Managed)
    ctypes.c_int64.from_address(shape).value = nbytes
    tensor = DLTensor(address, _EXTENSION, device, 1, 1, 8, 1, shape, None, 0)
    # No callback of Python's: storages go while exceptions fly.
    managed = _Managed(tensor, None, ctypes.cast(_libc.free, ctypes.c_void_p).value)
    ctypes.memmove(room, ctypes.addressof(managed), ctypes.sizeof(managed))
    return torch.utils.dlpack.from_dlpack(_new_capsule(room, b"dltensor", None))


def _new(nbytes: int, device: int) -> torch.Tensor:
    home = arena(device)
    address = home.allocate(nbytes)
    made = over(address, max(nbytes, 1), device)
    home.used_by[address] = made.untyped_storage()._weak_ref()
    return made


def _on_host(tensor: Any) -> Any:
    """The same elements as a tensor of the host, by the driver's addresses; anything else as it is."""
    if not isinstance(tensor, torch.Tensor) or tensor.device.type != "sim":
        return tensor
    storage = tensor.untyped_storage()
    if not tensor.numel():  # There is nothing to see; and what comes without elements may come to be filled.
        return torch.empty_strided(tensor.size(), tensor.stride(), dtype=tensor.dtype)
    address = seen_by_driver(storage.data_ptr())
    there = torch._C._construct_storage_from_data_pointer(address, torch.device("cpu"), storage.nbytes())
    bare = torch.empty(0, dtype=tensor.dtype).set_(there, tensor.storage_offset(), tensor.size(), tensor.stride())
    bare = bare.conj() if tensor.is_conj() else bare
    return torch._neg_view(bare) if tensor.is_neg() else bare


# -- streams -----------------------------------------------------------------------------------------------------------


#: Threads share streams and allocators.
_lock = threading.RLock()


class Stream:
    """Work in the order in which it was given, done when somebody waits. As CUDA's, they come from a pool, in turn."""

    known: ClassVar[dict[int, Stream]] = {}
    _next: ClassVar[Iterator[int]] = cycle((3, 4, 5, 6))
    _work: list[Callable[[], None]]
    sim_stream: int

    def __new__(cls, device: Any = None, number: int = 0) -> Stream:
        number = number or next(cls._next)
        if number not in cls.known:
            stream = cls.known[number] = super().__new__(cls)
            stream.sim_stream, stream._work = number, []
        return cls.known[number]

    def give(self, work: Callable[[], None]) -> None:
        self._work.append(work)

    def synchronize(self) -> None:
        with _lock:
            try:
                while self._work:
                    self._work.pop(0)()
            except BaseException:
                self._work.clear()  # What was to come after a failure never comes.
                raise

    def query(self) -> bool:
        return not self._work

    def wait_stream(self, other: Stream) -> None:
        if other is not self:
            self.give(other.synchronize)

    def wait_event(self, event: Event) -> None:
        self.wait_stream(event.stream)


class Event:
    """A place in a stream. (To wait for it is to wait for all that the stream has been told, or more.)"""

    def __init__(self, **options: Any) -> None:
        self.stream = default_stream

    def record(self, stream: Stream | None = None) -> None:
        self.stream = stream or current_stream()

    def synchronize(self) -> None:
        self.stream.synchronize()


default_stream = Stream(number=1)
_threads = threading.local()


def current_stream(device: Any = None) -> Stream:
    return getattr(_threads, "stream", default_stream)


@contextmanager
def _in_stream(stream: Stream) -> Iterator[None]:
    before = current_stream()
    _threads.stream = stream
    try:
        yield
    finally:
        _threads.stream = before


def synchronize(device: Any = None) -> None:
    for stream in list(Stream.known.values()):
        stream.synchronize()


class _Module:
    """torch.sim"""

    Stream, Event = Stream, Event
    stream = staticmethod(_in_stream)
    current_stream = staticmethod(current_stream)
    synchronize = staticmethod(synchronize)

    def default_stream(self, device: Any = None) -> Stream:
        return default_stream

    def is_initialized(self) -> bool:
        return True

    def is_available(self) -> bool:
        return True

    def current_device(self) -> int:
        return 0

    def device_count(self) -> int:
        return COUNT

    def _is_in_bad_fork(self) -> bool:
        return False

    def manual_seed_all(self, seed: int) -> None:
        pass


# -- operations --------------------------------------------------------------------------------------------------------

_CPU = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)
#: Operations that make another tensor over the same storage, whatever it is.
_VIEWS = ("as_strided", "view", "view.dtype", "unfold", "_reshape_alias", "set_.source_Storage_storage_offset", "view_as_real")
_VIEWS += ("view_as_complex", "set_.source_Storage", "set_.source_Tensor")
#: Address of a pinned storage to a weak reference to it.
_pinned: dict[int, int] = {}


def _overload(name: str) -> Any:
    packet, _, overload = name.partition(".")
    return getattr(getattr(torch.ops.aten, packet), overload or "default")


def _as_the_cpu_does(name: str) -> Callable[..., Any]:
    operation = _overload(name)
    return lambda *args, **options: operation.redispatch(_CPU, *args, **options)


def _index(device: Any) -> int:
    return 0 if device is None or torch.device(device).index is None else int(torch.device(device).index)


def _empty_strided(size: Any, stride: Any, *, dtype: Any = None, device: Any = None, **_: Any) -> torch.Tensor:
    dtype = dtype or torch.get_default_dtype()
    count = 0 if 0 in size else 1 + sum((n - 1) * s for n, s in zip(size, stride))
    room = _new(count * dtype.itemsize, _index(device))
    bare = _overload("view.dtype").redispatch(_CPU, room[:0], dtype)
    return bare.set_(room.untyped_storage(), 0, tuple(size), tuple(stride))


def _empty(size: Any, *, dtype: Any = None, device: Any = None, memory_format: Any = None, **_: Any) -> torch.Tensor:
    like = torch.empty(size, dtype=dtype, device="meta", memory_format=memory_format)
    return _empty_strided(size, like.stride(), dtype=like.dtype, device=device)


def _copy_from(source: torch.Tensor, target: torch.Tensor, non_blocking: bool = False) -> torch.Tensor:
    """The one way between the two memories. Asynchronous, when that is asked for, where the host's side is pinned."""
    host = next((one for one in (source, target) if one.device.type == "cpu"), None)
    late = host is None or (non_blocking and host.is_pinned())
    stream = current_stream()
    stream.give(lambda: _moved(_on_host(source), _on_host(target)))
    if not late:
        stream.synchronize()
    return target


def _moved(source: torch.Tensor, target: torch.Tensor) -> None:
    """Copy; elements of one dtype as the bytes that they are, for not every dtype has a kernel."""
    if source.dtype == target.dtype and not any(one.is_conj() or one.is_neg() for one in (source, target)):
        if source.element_size() == 16:  # There are no kernels for complex numbers at odd addresses.
            source, target = torch.view_as_real(source), torch.view_as_real(target)
        raw = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[source.element_size()]
        source, target = source.view(raw), target.view(raw)
    target.copy_(source)


def _fallback(operation: Any, *args: Any, **options: Any) -> Any:
    """Any other operation: the CPU's, over the driver's addresses; new results are brought to the device."""
    current_stream().synchronize()
    flat, tree = torch.utils._pytree.tree_flatten((args, options))
    tensors = [one for one in flat if isinstance(one, torch.Tensor) and one.device.type == "sim"]
    device = next((one.device for one in tensors), None)
    there = [_on_host(one) if not isinstance(one, torch.device) or one.type != "sim" else torch.device("cpu") for one in flat]
    there_args, there_options = torch.utils._pytree.tree_unflatten(there, tree)
    made = operation(*there_args, **there_options)

    def back(result: Any) -> Any:
        if not isinstance(result, torch.Tensor):
            return result
        known = next((mine for mine, theirs in zip(flat, there) if theirs is result), None)
        if known is None or known.shape == result.shape:
            return result.to(device or "sim") if known is None else known
        return known.set_(result.to(device or "sim"))  # It was to be resized.

    return torch.utils._pytree.tree_map(back, made)


def _export(tensor: torch.Tensor, *, stream: Any = -1, **options: Any) -> Any:
    """Tensor.__dlpack__ of a device with streams, as CUDA's: https://dmlc.github.io/dlpack/latest/python_spec.html"""
    if tensor.device.type != "sim":
        return _cpu_export(tensor, stream=stream, **options)
    if stream is not None and type(stream) is not int:
        raise TypeError("stream must be ``int`` or ``none``")
    if stream == 2:
        raise BufferError("per-thread default stream is not supported.")
    if stream not in (None, -1, 1, *Stream.known):
        raise AssertionError(f"unsupported stream on sim: {stream}.")
    if stream != -1 and Stream.known.get(stream or 1, default_stream) is not current_stream():
        Stream.known.get(stream or 1, default_stream).wait_stream(current_stream())
    return _cpu_export(tensor, **options)


def _place(tensor: torch.Tensor) -> Any:
    """Tensor.__dlpack_device__, which knows renamed backends by no name."""
    return (_EXTENSION, tensor.device.index) if tensor.device.type == "sim" else _cpu_place(tensor)


_cpu_export, _cpu_place = torch.Tensor.__dlpack__, torch.Tensor.__dlpack_device__


def _pin(tensor: torch.Tensor, device: Any = None) -> torch.Tensor:
    copy = tensor.clone()
    storage = copy.untyped_storage()
    with _lock:
        for address in [address for address, weak in _pinned.items() if torch.UntypedStorage._expired(weak)]:
            torch.UntypedStorage._free_weak_ref(_pinned.pop(address))
        _pinned[storage.data_ptr()] = storage._weak_ref()
    return copy


def _is_pinned(tensor: torch.Tensor, device: Any = None) -> bool:
    weak = _pinned.get(tensor.untyped_storage().data_ptr()) if tensor.device.type == "cpu" else None
    return weak is not None and not torch.UntypedStorage._expired(weak)


def _to_copy(tensor: torch.Tensor, *, device: Any = None, dtype: Any = None, non_blocking: bool = False, **options: Any) -> Any:
    """As for any backend; but to come to the host without blocking is to come to pinned memory, which PyTorch asks hooks for."""
    if not non_blocking or device is None or device.type != "cpu":
        every = torch._C.DispatchKeySet(torch._C.DispatchKey.CompositeExplicitAutograd)
        options |= {"device": device, "dtype": dtype, "non_blocking": non_blocking}
        return _overload("_to_copy").redispatch(every, tensor, **options)
    result = torch.empty_like(tensor, device="cpu", dtype=dtype).pin_memory()
    return result.copy_(tensor, non_blocking=True)


_setup_privateuseone_for_python_backend("sim", backend_module=_Module())
_library = torch.library.Library("aten", "IMPL")
for _name in _VIEWS:
    _library.impl(_name, _as_the_cpu_does(_name), "PrivateUse1")
_library.impl("_to_copy", _to_copy, "PrivateUse1")
_library.impl("empty_strided", _empty_strided, "PrivateUse1")
_library.impl("empty.memory_format", _empty, "PrivateUse1")
_library.impl("_copy_from", _copy_from, "PrivateUse1")
for _key in ("Conjugate", "Negative"):  # Else each of them would be resolved by a copy.
    _library.impl("_copy_from", torch.library.fallthrough_kernel, _key)
for _key in ("CPU", "PrivateUse1"):
    _library.impl("is_pinned", _is_pinned, _key)
    _library.impl("_pin_memory", _pin, _key)
_everything = torch.library.Library("_", "IMPL")
_everything.fallback(_fallback, "PrivateUse1")
torch.Tensor.__dlpack__, torch.Tensor.__dlpack_device__ = _export, _place  # type: ignore[method-assign, assignment]


def in_use() -> int:
    """Bytes that the allocator has handed out."""
    for stream in list(Stream.known.values()):  # A device comes to an end of its work by itself.
        with suppress(Exception):
            stream.synchronize()
    for one in _arenas:
        one.sweep()
    return sum(sum(one.live.values()) for one in _arenas)


device_memory.register("sim", Raw())
device_memory.count("sim", in_use)
for _ in range(300):  # Until the interpreter's own caches have settled, each call seems to leave objects behind.
    torch.zeros(1, dtype=torch.uint8).to("sim").cpu()
