"""How PyTorch tensors are built from raw bytes and held by address."""

from __future__ import annotations

import ctypes
from functools import partial
from typing import Any

import numpy as np
import torch

from conformance.subject.handle import Handle
from strategies.build import Memory, Unbuildable
from strategies.spec import TensorSpec

NAMES = {"torch": torch}
VERSION = str(torch.__version__)


def renew() -> None:
    """Make warnings that PyTorch gives once per process come every time.

    https://docs.pytorch.org/docs/2.13/generated/torch.set_warn_always.html
    """
    torch.set_warn_always(True)


def describe(result: Any) -> Handle | None:
    """A handle on a tensor or its storage; None for anything else."""
    if not isinstance(result, torch.Tensor):
        return None
    itemsize = result.element_size()
    flags = tuple(
        name
        for name, holds in (
            ("requires_grad", result.requires_grad),
            ("non_leaf", not result.is_leaf),
            ("conj", result.is_conj()),
            ("neg", result.is_neg()),
        )
        if holds
    )
    return Handle(
        f"{type(result).__module__}.{type(result).__name__}",
        str(result.dtype).removeprefix("torch."),
        tuple(result.shape),
        tuple(s * itemsize for s in result.stride()),
        itemsize,
        result.data_ptr(),
        str(result.device),
        writable=True,
        flags=flags,
        poke=partial(_poke, result),
        keep=result,
    )


def _poke(tensor: torch.Tensor) -> None:
    """Change the elements in place, through the tensor."""
    tensor = tensor.detach()
    try:
        old = tensor.reshape(-1)[:1].tolist()
        tensor.fill_(0 if old == [1] else 1)
    except RuntimeError:  # Overlapping elements, or a dtype that cannot be filled: change its bytes.
        ctypes.memset(tensor.data_ptr(), 0xA5, tensor.element_size())


class TensorSource:
    """One built tensor with the storage behind it."""

    __slots__ = ("value", "start", "nbytes", "is_mutable", "_keep")

    def __init__(self, value: torch.Tensor, start: int, nbytes: int, keep: Any) -> None:
        self.value, self.start, self.nbytes, self._keep = value, start, nbytes, keep
        self.is_mutable = nbytes > 0

    def flip(self) -> None:
        view = Memory(self.start, self.nbytes).view()
        np.invert(view, out=view)

    def contents(self) -> bytes:
        return ctypes.string_at(self.start, self.nbytes)

    def close(self) -> None:
        pass


def build(spec: TensorSpec) -> TensorSource:
    """The tensor that a spec describes, over bytes that no conversion has touched."""
    dtype = getattr(torch, spec.dtype, None)
    if not isinstance(dtype, torch.dtype):
        raise Unbuildable(f"torch has no dtype {spec.dtype}")
    room = torch.zeros(spec.nbytes + 64, dtype=torch.uint8)
    pad = (spec.address - spec.offset - room.data_ptr()) % 64
    start = room.data_ptr() + pad
    ctypes.memmove(start, spec.owner_bytes, spec.nbytes)
    item = spec.itemsize
    try:
        flat = room[pad : pad + spec.nbytes // item * item].view(dtype) if dtype != torch.uint8 else room[pad : pad + spec.nbytes]
        tensor = flat.as_strided(spec.shape, [s // item for s in spec.strides], flat.storage_offset() + spec.offset // item)
    except (RuntimeError, TypeError) as error:
        raise Unbuildable(f"torch: {str(error)[:120]}") from None
    return TensorSource(_in_state(tensor, spec), start, spec.nbytes, room)


def _in_state(tensor: torch.Tensor, spec: TensorSpec) -> torch.Tensor:
    state = spec.state
    try:
        if state == "plain":
            return tensor
        if state == "requires_grad":
            return tensor.requires_grad_()
        if state == "non_leaf":
            return tensor.requires_grad_().view_as(tensor)
        if state == "parameter":
            return torch.nn.Parameter(tensor, requires_grad=tensor.is_floating_point())
        if state == "conj":
            return torch.conj(tensor)
        if state == "neg":
            return torch._neg_view(tensor)
        if state == "meta":
            return tensor.to("meta")
    except RuntimeError as error:
        raise Unbuildable(f"{state}: {str(error)[:120]}") from None
    raise Unbuildable(f"torch tensors in state {state!r} are not built here")
