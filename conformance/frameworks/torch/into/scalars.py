"""NumPy scalars that meet a tensor of whole numbers: as operands, as bounds, as what is filled in or assigned.

The tensor holds numbers that single and double precision do not. What PyTorch documents of Python's numbers is promised of
NumPy's: one of the tensor's category, or of a lower one, leaves the dtype as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .....strategies.spec import Spec
from ....promises import Clause, EntryPoint, accepts, copies, documented, dtype, shape, type_, values
from ...words import named, not_judged
from .operators import large
from .words import DOCS, ITS_TENSOR_ON_META, NO_FLAGS, SEEN, by_default_dtype, entry, np_scalar, where

_PROMOTION = documented(
    f"{DOCS}/tensor_attributes.html",
    "we promote to a type with sufficient size to hold all scalar operands of that category.",
)
#: Beyond the range of single precision, beyond that of double, negative, and nothing.
NUMBERS = (2**24 + 1, 2**53 + 1, -5, 0)
_TENSOR = f"torch.tensor({list(NUMBERS)})"
_ARRAY = np.array(NUMBERS)

_whole = np_scalar & named(*"bool int8 int16 int32 int64 longlong uint8 uint16 uint32 uint64 ulonglong".split()) & ~large
_whole.text = "the input is a NumPy bool or integer that int64 holds"


def _number(spec: Spec) -> np.int64:
    value = int.from_bytes(spec.values, "little", signed=spec.kind == "i")
    return np.int64(bool(value) if spec.kind == "b" else value)


def _expected(compute: Callable[[Any, Any], Any], words: str) -> Callable[[Spec], bytes]:
    def bytes_of(spec: Spec) -> bytes:
        with np.errstate(all="ignore"):
            return bytes(np.ascontiguousarray(compute(_ARRAY, _number(spec))).tobytes())

    bytes_of.__doc__ = words
    return bytes_of


def _assigned(array: Any, number: Any) -> Any:
    array = array.copy()
    array[1] = number
    return array


def _promise(kept: str, compute: Callable[[Any, Any], Any], words: str) -> tuple[Clause, ...]:
    return (
        ITS_TENSOR_ON_META,
        # Floats and texts are for other calls to show.
        *where(
            ~_whole,
            type_(source=SEEN),
            *not_judged(SEEN),
            by_default_dtype(),
        ),
        accepts(source=_PROMOTION),
        dtype(kept, source=_PROMOTION),
        shape(lambda spec: (len(NUMBERS),), source=SEEN),
        values(_expected(compute, words), source=_PROMOTION),
        *where(_whole, copies(source=SEEN), NO_FLAGS),
    )


#: Name to the call over the tensor "x" and the scalar "a", the dtype of what comes out, and what NumPy computes.
_CALLS: dict[str, tuple[str, str, Callable[[Any, Any], Any]]] = {
    "torch.Tensor * np.generic": ("x * a", "int64", lambda x, s: x * s),
    "np.generic * torch.Tensor": ("a * x", "int64", lambda x, s: s * x),
    "torch.Tensor + np.generic": ("x + a", "int64", lambda x, s: x + s),
    "torch.Tensor & np.generic": ("x & a", "int64", lambda x, s: x & s),
    "torch.Tensor > np.generic": ("x > a", "bool", lambda x, s: x > s),
    "torch.where(torch.Tensor, np.generic)": ("torch.where(x > 0, x, a)", "int64", lambda x, s: np.where(x > 0, x, s)),
    "torch.clamp(min=np.generic)": ("torch.clamp(x, min=a)", "int64", lambda x, s: np.maximum(x, s)),
    "torch.Tensor.masked_fill(np.generic)": ("x.masked_fill(x < 0, a)", "int64", lambda x, s: np.where(x < 0, s, x)),
    "torch.Tensor.new_full(np.generic)": ("x.new_full((4,), a)", "int64", lambda x, s: np.full(4, s)),
    "torch.full_like(np.generic)": ("torch.full_like(x, a)", "int64", lambda x, s: np.full(4, s)),
    "torch.Tensor[int64].__setitem__(np.generic)": ("x[1] = a\nx", "int64", _assigned),
    "torch.Tensor[int64].fill_(np.generic)": ("x.fill_(a)", "int64", lambda x, s: np.full(4, s)),
}

ENTRY_POINTS: tuple[EntryPoint, ...] = tuple(
    replace(
        entry(name, f"x = {_TENSOR}\n{call}", *_promise(kept, compute, f"what NumPy gives for {call.splitlines()[0]}")),
        containers=("scalar",),
    )
    for name, (call, kept, compute) in _CALLS.items()
)
