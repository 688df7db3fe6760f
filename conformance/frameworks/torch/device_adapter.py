"""How PyTorch's tensors on other devices than the host are built from raw bytes and held by address; CuPy's arrays, too."""

from __future__ import annotations

import sys
from functools import partial
from itertools import compress
from typing import Any

import torch

from ....strategies.build import Unbuildable
from ....strategies.spec import TensorSpec
from ...subject import device_memory
from ...subject.device_memory import DeviceHandle, DeviceSource
from ...subject.devices import absence, numbered, split
from ...subject.handle import Handle
from . import adapter
from .device_clock import TorchClock
from .states import QUANTIZED

#: States that need nothing done to the tensor here.
_AS_BUILT = ("plain", "readonly_source", "inference")


def expect(devices: tuple[str, ...]) -> None:
    """Nothing to do: PyTorch has its devices as they are."""


def ready() -> None:
    """Nothing to do: a device begins with its first use."""


def absent(device: str, *needs: str) -> str:
    """Why calls on this device, that import these packages, cannot be asked; "" where they can."""
    kind, number = split(device)
    module = getattr(torch, kind, None)
    try:
        count = 1 if kind == "cpu" else module.device_count() if module is not None and module.is_available() else 0
        reason = absence(kind, number, count)
        if not reason:
            torch.zeros(1, device=device).cpu()
        for name in () if reason else needs:
            __import__(name)
    except ImportError as error:
        return f"{error.name} is not installed"
    except Exception as error:
        return f"no usable {kind} device: {str(error).splitlines()[0][:200]}"
    return reason


def clock(device: str) -> TorchClock:
    """What tells when the device is done."""
    return TorchClock(device, getattr(torch, split(device)[0]))


def build(spec: TensorSpec, device: str) -> DeviceSource | adapter.TensorSource:
    """The tensor that a spec describes, on the device, over bytes that no conversion has touched."""
    dtype = adapter._DTYPES.get(spec.dtype)
    if dtype is None or spec.dtype in QUANTIZED:
        raise Unbuildable(f"torch has no dtype {spec.dtype} on {device}")
    if not device_memory.is_known(device):
        source = adapter.build(spec)
        return adapter.TensorSource(source.value.to(device), 0, 0, None)
    item = spec.itemsize
    try:
        room = torch.empty(spec.nbytes + 64, dtype=torch.uint8, device=device)
        pad = (spec.address - spec.offset - room.data_ptr()) % 64
        if (pad + spec.offset) % item:
            raise Unbuildable(f"no tensor on {device} starts at an address that is no multiple of its item size")
        device_memory.of(device).write(room.data_ptr() + pad, spec.owner_bytes)
        bare = torch.empty(0, dtype=dtype, device=device)
        tensor = bare.set_(
            room.untyped_storage(), (pad + spec.offset) // item, spec.shape, tuple(s // item for s in spec.strides)
        )
        if spec.state not in _AS_BUILT:
            tensor = adapter.in_state(tensor, spec)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise Unbuildable(f"{spec.state} on {device}: {str(error)[:120]}") from None
    return DeviceSource(tensor, device, room.data_ptr() + pad, spec.nbytes)


def describe(result: Any) -> Handle | None:
    """A handle on a tensor on another device than the host, or an array of CuPy's; None for anything else."""
    if type(result).__module__.partition(".")[0] == "cupy" and hasattr(result, "data"):
        return _cupy(result)
    if not isinstance(result, torch.Tensor) or type(result).__name__ == "FakeTensor" or result.device.type in ("cpu", "meta"):
        return None
    device = numbered(str(result.device))
    itemsize = result.element_size()
    marks = (result.requires_grad, not result.is_leaf, result.is_conj(), result.is_neg())
    dtype, shape = adapter._dtype_name(result.dtype), tuple(result.shape)
    flags = tuple(compress(adapter._MARKS, marks))
    if not device_memory.is_known(device):  # Nothing but PyTorch itself can read it.
        data = partial(_through_torch, result)
        return Handle(adapter._type(result), dtype, shape, None, itemsize, device=device, writable=True, flags=flags, data=data)
    return DeviceHandle(
        device,
        adapter._type(result),
        dtype,
        shape,
        strides=tuple([s * itemsize for s in result.stride()]),
        itemsize=itemsize,
        address=result.data_ptr(),
        writable=True,
        flags=flags,
        # No kernel writes elements of half a byte.
        poke=None if dtype == "float4_e2m1fn_x2" else partial(_poke, result, any(marks[2:])),
        keep=result,
    )


def _through_torch(tensor: torch.Tensor) -> bytes | None:
    return adapter.describe(tensor.detach().cpu()).read()  # type: ignore[union-attr]


def _poke(tensor: torch.Tensor, marked: bool, blank: bool) -> None:
    """Change the elements in place, through the tensor."""
    tensor = tensor.detach()
    try:
        if marked:  # What is conjugated or negated is written to by way of copies.
            raise RuntimeError
        tensor.fill_(1) if blank else tensor.zero_()
    except RuntimeError:  # Overlapping elements, or a dtype that cannot be filled: change its bytes.
        device_memory.of(tensor.device.type).write(tensor.data_ptr(), b"\xa5" * tensor.element_size())


def _cupy(array: Any) -> Handle:
    return DeviceHandle(
        f"cuda:{array.device.id}",
        f"{type(array).__module__}.{type(array).__name__}",
        array.dtype.name,
        tuple(array.shape),
        strides=tuple(array.strides),
        itemsize=array.dtype.itemsize,
        address=array.data.ptr,
        writable=True,
        poke=lambda blank: array.fill(1 if blank else 0),
        keep=array,
    )


def _in_use() -> int:
    total = 0
    if torch.cuda.is_initialized():
        total += sum(torch.cuda.memory_allocated(number) for number in range(torch.cuda.device_count()))
    cupy = sys.modules.get("cupy")
    return total + (cupy.get_default_memory_pool().used_bytes() if cupy is not None else 0)


device_memory.count("cuda", _in_use)
