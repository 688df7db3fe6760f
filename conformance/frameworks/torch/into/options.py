"""NumPy to PyTorch with several keywords at once: dtype=, copy=, requires_grad=, device=, in pairs at least.

The promise is that of all keywords together: what only a copy can give is refused under copy=False, and what has no gradient
under requires_grad=True. Arrays are judged; what becomes of other inputs is for the calls with one keyword to show.
"""

from __future__ import annotations

from typing import Any

from ....promises import (
    Clause,
    EntryPoint,
    Source,
    accepts,
    copies,
    documented,
    dtype,
    flags,
    may_refuse,
    refuses,
    settings,
    shape,
    shares,
    values,
    warns,
)
from ....promises.conditions import Condition, always, ndarray, readonly
from ...words import ASTYPE, named, same_dtype
from .buffers import NO_BUFFER, read_as
from .constructors import (
    ARRAY_LIKE,
    COPYING,
    NEW_TENSOR_COPIES,
    NOT_SHARING,
    OBJECTS,
    SEQUENCE_FOLLOWS_DEVICE,
    SHARING,
    SHARING_BY_DEFAULT,
    SHARING_OR_ERROR,
    TENSOR,
)
from .dlpack import COPY_OF_AN_EXPORTER, VIEW_OF_AN_EXPORTER
from .words import ARRAY_REFUSALS, FOLLOWS_DEVICE, SEEN, entry, floating, where

_GRADIENT = documented(TENSOR, "requires_grad (bool, optional): If autograd should record operations on the returned tensor.")
_DTYPE = documented(TENSOR, "dtype (torch.dtype, optional): the desired data type of returned tensor.")
_ANY = ("TypeError", "ValueError", "RuntimeError", "OverflowError", "BufferError", "NotImplementedError")

_OTHER_INPUTS: tuple[Clause, ...] = where(
    ~ndarray,
    settings("default dtype float64", "default dtype float16", "no_grad", "inference mode", source=SEEN),
    may_refuse(*_ANY, source=SEEN),
    dtype(lambda spec: None, source=SEEN),
    shape(lambda spec: None, source=SEEN),
    values("unspecified", source=SEEN),
)


def _spelt(options: dict[str, Any]) -> str:
    """The keywords as a call has them."""
    words = {"dtype": "torch.{}", "device": "{!r}"}
    return ", ".join(f"{name}={words.get(name, '{}').format(value)}" for name, value in options.items())


def _of(dtype: str | None) -> Condition:
    """Arrays of the dtype that is asked for, by either of C's names."""
    return always if dtype is None else named(dtype, "longlong") if dtype == "int64" else named(dtype)


def _with(call: str, taken: Source, *memory: Clause, **options: Any) -> EntryPoint:
    """A constructor with these keywords; `memory` says whether it shares."""
    to, copy, graded = options.get("dtype"), options.get("copy"), options.get("requires_grad", False)
    same = _of(to)
    differentiable = floating if to is None else always if to in ("float16", "float32", "float64", "complex64") else ~always
    names = ", ".join(f"{name}={value}" for name, value in options.items())
    return entry(
        f"{call.replace('torch.zeros(1, dtype=torch.float64)', 'torch.Tensor')}[{names}]",
        f"{call}(a, {_spelt(options)})",
        *([] if "device" in options else [SEQUENCE_FOLLOWS_DEVICE if "asarray" in call else FOLLOWS_DEVICE]),
        *_OTHER_INPUTS,
        *ARRAY_REFUSALS,
        *([refuses("ValueError", when=~same, source=SHARING_OR_ERROR)] if copy is False else []),
        *([refuses("RuntimeError", when=~differentiable, source=_GRADIENT)] if graded else []),
        accepts(source=taken),
        dtype(to or same_dtype, source=_DTYPE if to else SEEN),
        *([values("bits", when=same, source=SEEN), values("astype", source=ASTYPE)] if to else []),
        *where(ndarray, *memory, flags(*(["requires_grad"] if graded else []), source=_GRADIENT)),
    )


def _shared(same: Condition, source: Source) -> tuple[Clause, ...]:
    """Arrays of the same dtype lend their memory, with a warning where it is read-only."""
    return shares(when=same, source=source), copies(source=SEEN), warns("UserWarning", when=same & readonly, source=SEEN)


def _tensor(**options: Any) -> EntryPoint:
    return _with("torch.tensor", ARRAY_LIKE, copies(source=COPYING), **options)


def _as_tensor(dtype: str, **options: Any) -> EntryPoint:
    memory = _shared(_of(dtype), SHARING)
    return _with("torch.as_tensor", ARRAY_LIKE, *memory, dtype=dtype, **options)


def _asarray(**options: Any) -> EntryPoint:
    shared = _shared(_of(options.get("dtype")), SHARING_BY_DEFAULT)
    memory = (copies(source=NOT_SHARING),) if options.get("copy") else shared
    return _with("torch.asarray", OBJECTS, *memory, **options)


def _new_tensor(**options: Any) -> EntryPoint:
    return _with("torch.zeros(1, dtype=torch.float64).new_tensor", ARRAY_LIKE, copies(source=NEW_TENSOR_COPIES), **options)


ENTRY_POINTS: tuple[EntryPoint, ...] = (
    _tensor(dtype="float64", requires_grad=True, device="cpu"),
    _tensor(dtype="float16", requires_grad=True),
    _tensor(dtype="int32", requires_grad=True),
    _tensor(requires_grad=True, device="cpu"),
    _as_tensor(dtype="float32", device="cpu"),
    _as_tensor(dtype="int64", device="cpu"),
    _asarray(dtype="float32", copy=False),
    _asarray(dtype="int32", copy=False, device="cpu"),
    _asarray(dtype="complex64", copy=False, requires_grad=True),
    _asarray(dtype="float64", copy=True, requires_grad=True),
    _asarray(dtype="float32", requires_grad=True, device="cpu"),
    _asarray(dtype="int64", requires_grad=True),
    _asarray(dtype="bool", copy=True, device="cpu"),
    _asarray(copy=False, requires_grad=True),
    _asarray(copy=True, requires_grad=True, device="cpu"),
    _new_tensor(dtype="float32", requires_grad=True),
    _new_tensor(dtype="int32", device="cpu"),
    entry(
        "torch.frombuffer[dtype=float32, requires_grad=True]",
        "torch.frombuffer(a, dtype=torch.float32, requires_grad=True)",
        flags("requires_grad", source=_GRADIENT),
        *NO_BUFFER,
        *read_as("float32"),
    ),
    entry("torch.from_dlpack[device=cpu]", "torch.from_dlpack(a, device='cpu')", *VIEW_OF_AN_EXPORTER),
    entry("torch.from_dlpack[device=cpu, copy=True]", "torch.from_dlpack(a, device='cpu', copy=True)", *COPY_OF_AN_EXPORTER),
)
