"""How PyTorch tensors are built from raw bytes and held by address."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache, partial
from itertools import compress
from typing import Any

import numpy as np
import torch

from ....strategies.build import Memory, Unbuildable
from ....strategies.spec import TENSOR_DTYPES, TensorSpec
from ...subject.handle import Handle
from ...subject.states import function
from .states import CONTEXTS, OF_MEMORY, QUANTIZE, QUANTIZED, SETTINGS, STATES

__all__ = ["CONTEXTS", "LAZY", "NAMES", "SETTINGS", "STATE", "VERSION", "build", "describe", "one_thread", "renew", "threads"]

NAMES = {"torch": torch}
#: What a call that names the first imports when it is first made: seconds, which are no part of the conversion.
LAZY = {
    "torch.compile": "torch._dynamo",
    "torch.export": "torch._dynamo",
    "device='meta'": "torch._dynamo",
    "FakeTensor": "torch._dynamo",
    "torch.func": "torch._dynamo",
    "fake": "torch._dynamo",
    "under settings": "torch._dynamo",  # The default device "meta".
    "layout=torch.jagged": "torch.nested._internal.nested_tensor",
}
VERSION = str(torch.__version__)
#: What of the process a conversion must leave alone.
STATE = (
    "torch.get_default_dtype()",
    "torch.get_default_device()",
    "torch.is_grad_enabled()",
    "torch.is_inference_mode_enabled()",
    "torch.are_deterministic_algorithms_enabled()",
    "torch.get_float32_matmul_precision()",
    "torch.get_num_threads()",
    "torch.get_rng_state().tolist()",
)
_MARKS = ("requires_grad", "non_leaf", "conj", "neg", "part of its storage")


def renew() -> None:
    """Make warnings that PyTorch gives once per process come every time.

    https://docs.pytorch.org/docs/2.13/generated/torch.set_warn_always.html
    """
    torch.set_warn_always(True)


def one_thread() -> Callable[[], Any]:
    """Compute in one thread from now on; what waits until all that was begun is done."""
    torch.set_num_threads(1)
    return torch.cuda.synchronize if torch.cuda.is_available() else int


def threads() -> dict[str, Any]:
    """In how many threads it computes."""
    return {"torch": torch.get_num_threads()}


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
    marks = (result.requires_grad, not result.is_leaf, result.is_conj(), result.is_neg(), _is_part(result, itemsize))
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


def _is_part(result: torch.Tensor, itemsize: int) -> bool:
    """Whether the storage, which is saved and sent whole, holds more than from the first element to the last."""
    if not result.numel() or result.layout is not torch.strided:
        return False
    reach = 1 + sum((n - 1) * stride for n, stride in zip(result.shape, result.stride()))
    return bool(result.storage_offset() or result.untyped_storage().nbytes() > reach * itemsize)


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
    if state not in STATES:
        raise Unbuildable(f"torch tensors are never in state {state!r}")
    room = bytearray(nbytes + 64)
    address = ctypes.addressof(ctypes.c_char.from_buffer(room))
    elsewhere = state in _ELSEWHERE or spec.dtype in QUANTIZED
    # What is made of these is a copy: at an odd address, copying alone may kill the process.
    pad = ((0 if elsewhere else spec.address) - spec.offset - address) % 64
    room[pad : pad + nbytes] = spec.owner_bytes
    try:
        storage = torch.frombuffer(room, dtype=torch.uint8, offset=pad, count=nbytes or 1).untyped_storage()
        steps = tuple([s // item for s in spec.strides])
        tensor = torch.empty(0, dtype=dtype).set_(storage, spec.offset // item, spec.shape, steps)
        if state != "plain" or spec.dtype in QUANTIZED:
            tensor = in_state(tensor, spec, room, pad)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise Unbuildable(f"{state}: {str(error)[:120]}") from None
    if elsewhere or not nbytes:
        return TensorSource(tensor, 0, 0, room)
    return TensorSource(tensor, address + pad, nbytes, room)


def in_state(tensor: Any, spec: TensorSpec, room: Any = None, start: int = 0) -> Any:
    """The tensor, quantized and in the state that the spec asks for."""
    state = spec.state
    if not _MAKES_SENSE.get(state, bool)(tensor.dtype):
        raise TypeError(f"no tensor of {tensor.dtype} is ever in this state")
    lines = [STATES[state]] if state != "plain" else []
    if spec.dtype in QUANTIZED:
        # Only this function gives a tensor the scale without which it is no quantized one.
        lines.insert(state in OF_MEMORY, QUANTIZE)
    return function("\n".join(lines))({"__name__": __name__, "torch": torch, "np": np, "t": tensor, "room": room, "start": start})


#: Every dtype of this torch by name; quantized tensors are made from tensors of the integers that they are stored as.
_DTYPES = {
    name: getattr(torch, QUANTIZED.get(name, name))
    for name in TENSOR_DTYPES
    if isinstance(getattr(torch, name, None), torch.dtype)
}

#: States whose elements are not in the memory that was built: in a layout of their own, or nowhere.
_ELSEWHERE = frozenset({"zero", "sparse_coo", "sparse_csr", "mkldnn", "nested", "meta", "fake"})
#: States in which only some dtypes can be: a real tensor is its own conjugate, and only the imaginary part of a conjugated
#: tensor is negative, which is a float.
_MAKES_SENSE: dict[str, Callable[[torch.dtype], bool]] = {
    "conj": lambda dtype: dtype.is_complex,
    "neg": lambda dtype: dtype in (torch.float16, torch.float32, torch.float64),
}
