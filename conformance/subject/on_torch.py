"""How PyTorch tensors are built from raw bytes and held by address."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache, lru_cache, partial
from itertools import compress
from typing import Any

import numpy as np
import torch

from conformance.subject.handle import Handle
from strategies.build import Memory, Unbuildable
from strategies.spec import TENSOR_DTYPES, TensorSpec

NAMES = {"torch": torch}
#: What a call that names the first imports when it is first made: seconds, which are no part of the conversion.
LAZY = {
    "torch.compile": "torch._dynamo",
    "torch.export": "torch._dynamo",
    "FakeTensor": "torch._dynamo",
    "torch.func": "torch._dynamo",
    "fake": "torch._subclasses.fake_tensor",
    "layout=torch.jagged": "torch.nested._internal.nested_tensor",
}
VERSION = str(torch.__version__)
_MARKS = ("requires_grad", "non_leaf", "conj", "neg")


def renew() -> None:
    """Make warnings that PyTorch gives once per process come every time.

    https://docs.pytorch.org/docs/2.13/generated/torch.set_warn_always.html
    """
    torch.set_warn_always(True)


@contextlib.contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    usual = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(usual)


def settings() -> dict[str, Callable[[], AbstractContextManager[Any]]]:
    """Settings that are none of a conversion's business."""
    return {
        "default dtype float64": partial(_default_dtype, torch.float64),
        "default dtype float16": partial(_default_dtype, torch.float16),
        "no_grad": torch.no_grad,
        "inference mode": torch.inference_mode,
        "device cpu": partial(torch.device, "cpu"),
    }


def describe(result: Any) -> Handle | None:
    """A handle on a tensor or its storage; None for anything else."""
    if not isinstance(result, torch.Tensor):
        return None
    itemsize = result.element_size()
    if result.is_meta or type(result).__name__ == "FakeTensor":  # There is nothing to read.
        shape = tuple(result.shape)
        return Handle(
            _type(result), str(result.dtype).removeprefix("torch."), shape, data=lambda: None, device=str(result.device)
        )
    marks = (result.requires_grad, not result.is_leaf, result.is_conj(), result.is_neg())
    flags = tuple(compress(_MARKS, marks)) if any(marks) else ()
    return Handle(
        _type(result),
        _dtype_name(result.dtype),
        tuple(result.shape),
        tuple([s * itemsize for s in result.stride()]),
        itemsize,
        result.data_ptr(),
        _device_name(result.device),
        writable=True,
        flags=flags,
        poke=partial(_poke, result),
        keep=result,
    )


@cache
def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


@cache
def _device_name(device: torch.device) -> str:
    return str(device)


def _type(result: Any) -> str:
    return f"{type(result).__module__}.{type(result).__name__}"


def _poke(tensor: torch.Tensor, blank: bool) -> None:
    """Change the elements in place, through the tensor."""
    tensor = tensor.detach()
    try:
        tensor.fill_(1) if blank else tensor.zero_()
    except RuntimeError:  # Overlapping elements, or a dtype that cannot be filled: change its bytes.
        ctypes.memset(tensor.data_ptr(), 0xA5, tensor.element_size())


class TensorSource:
    """One built tensor with the storage behind it."""

    __slots__ = ("is_mutable", "nbytes", "owner", "start", "value")

    def __init__(self, value: torch.Tensor, start: int, nbytes: int, owner: Any) -> None:
        self.value, self.start, self.nbytes, self.owner = value, start, nbytes, owner
        self.is_mutable = nbytes > 0

    def flip(self) -> None:
        Memory(self.start, self.nbytes).flip()

    def contents(self) -> bytes:
        return ctypes.string_at(self.start, self.nbytes)

    def close(self) -> None:
        pass


def build(spec: TensorSpec) -> TensorSource:
    """The tensor that a spec describes, over bytes that no conversion has touched.

    The storage is exactly the owner, at the spec's address: torch's own allocator would align it.
    """
    dtype = _DTYPES.get(spec.dtype)
    if dtype is None:
        raise Unbuildable(f"torch has no dtype {spec.dtype}")
    item, nbytes, state = spec.itemsize, spec.nbytes, spec.state
    room = bytearray(nbytes + 64)
    address = ctypes.addressof(ctypes.c_char.from_buffer(room))
    elsewhere = state in _ELSEWHERE or spec.dtype in _QUANTIZED
    # What is made of these is a copy: at an odd address, copying alone may kill the process.
    pad = ((0 if elsewhere else spec.address) - spec.offset - address) % 64
    room[pad : pad + nbytes] = spec.owner_bytes
    size, steps = spec.shape, tuple([s // item for s in spec.strides])
    try:
        storage = (_readonly if state == "readonly_source" else _writable)(room, pad, nbytes or 1).untyped_storage()
        if state == "inference":
            with torch.inference_mode():
                tensor = torch.empty(0, dtype=dtype).set_(storage, spec.offset // item, size, steps)
        else:
            tensor = torch.empty(0, dtype=dtype).set_(storage, spec.offset // item, size, steps)
        if spec.dtype in _QUANTIZED:
            # Only these functions give a tensor the scale without which it is no quantized one; they copy.
            tensor = torch._make_per_tensor_quantized_tensor(tensor, 1.0, 0)
        if state not in _AS_BUILT:
            tensor = _STATES[state](tensor)
    except KeyError:
        raise Unbuildable(f"torch tensors are never in state {state!r}") from None
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise Unbuildable(f"{state}: {str(error)[:120]}") from None
    if elsewhere or not nbytes:
        return TensorSource(tensor, 0, 0, room)
    return TensorSource(tensor, address + pad, nbytes, room)


#: Every dtype of this torch by name; quantized tensors are made from tensors of the integers that they are stored as.
_QUANTIZED = {"qint8": "int8", "quint8": "uint8", "qint32": "int32"}
_DTYPES = {
    name: getattr(torch, _QUANTIZED.get(name, name))
    for name in TENSOR_DTYPES
    if isinstance(getattr(torch, name, None), torch.dtype)
}

#: States that need nothing done to the tensor.
_AS_BUILT = frozenset({"plain", "readonly_source", "inference"})
#: States whose elements are not in the memory that was built: in a layout of their own, or nowhere.
_ELSEWHERE = frozenset({"zero", "sparse_coo", "sparse_csr", "mkldnn", "nested", "meta", "fake"})


class TensorSubclass(torch.Tensor):  # type: ignore[misc, unused-ignore]
    """A subclass that changes nothing."""


def _writable(room: bytearray, start: int, count: int) -> torch.Tensor:
    return torch.frombuffer(room, dtype=torch.uint8, offset=start, count=count)


def _readonly(room: bytearray, start: int, count: int) -> torch.Tensor:
    array = np.frombuffer(room, np.uint8, count, start)
    array.flags.writeable = False
    return torch.from_numpy(array)


def _parameter(tensor: torch.Tensor) -> torch.Tensor:
    return torch.nn.Parameter(tensor, requires_grad=tensor.is_floating_point() or tensor.is_complex())


def _conj(tensor: torch.Tensor) -> torch.Tensor:
    if not tensor.is_complex():
        raise TypeError("a real tensor is its own conjugate")
    return torch.conj(tensor)


def _neg(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.dtype not in (torch.float16, torch.float32, torch.float64):
        raise TypeError("only the imaginary part of a conjugated tensor is negative, and that is a float")
    return torch._neg_view(tensor)


@lru_cache(maxsize=1)
def _fake_mode() -> Any:
    # Not at the top: what its first tensor imports takes seconds.
    from torch._subclasses.fake_tensor import FakeTensorMode

    return FakeTensorMode()


def _fake(tensor: torch.Tensor) -> torch.Tensor:
    with _fake_mode():
        return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype)


_STATES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "requires_grad": lambda tensor: tensor.requires_grad_(),
    "non_leaf": lambda tensor: tensor.requires_grad_().view_as(tensor),
    "parameter": _parameter,
    "subclass": lambda tensor: tensor.as_subclass(TensorSubclass),
    "conj": _conj,
    "neg": _neg,
    "zero": lambda tensor: torch._efficientzerotensor(tensor.shape, dtype=tensor.dtype),
    "sparse_coo": lambda tensor: tensor.to_sparse(),
    "sparse_csr": lambda tensor: tensor.to_sparse_csr(),
    "mkldnn": lambda tensor: tensor.to_mkldnn(),
    "nested": lambda tensor: torch.nested.nested_tensor(list(tensor.unbind())),
    "meta": lambda tensor: tensor.to("meta"),
    "fake": _fake,
}
