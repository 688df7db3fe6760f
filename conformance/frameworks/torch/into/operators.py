"""NumPy to PyTorch without a constructor: filling, assignment, indexing."""

from __future__ import annotations

import numpy as np

from .....strategies.spec import Spec
from ....promises import (
    Clause,
    EntryPoint,
    accepts,
    contexts,
    copies,
    documented,
    dtype,
    during,
    flags,
    may_refuse,
    observed,
    refuses,
    shape,
    values,
)
from ....promises.conditions import Condition, ndarray, pointers, scalar
from ...words import named, same_dtype
from .words import (
    ARRAY_REFUSALS,
    BRIDGE,
    BRIDGED_EITHER_ORDER,
    DOCS,
    FOLLOWS_DEVICE,
    ITS_TENSOR_ON_META,
    OLDEST,
    SEEN,
    by_default_dtype,
    entry,
    np_scalar,
    where,
)

_COPY = f"{DOCS}/generated/torch.Tensor.copy_.html"
_FILL = f"{DOCS}/generated/torch.Tensor.fill_.html"
_FULL = f"{DOCS}/generated/torch.full.html"
_INDEXING = "https://numpy.org/doc/2.4/user/basics.indexing.html"

# -- one number at a time: NumPy scalars, and nothing else --------------------------------------------------

_ONE_NUMBER: tuple[Clause, ...] = (
    # Bytes, texts, times, objects, and numbers wider than Python's or than the tensor's.
    may_refuse("TypeError", "RuntimeError", "ValueError", "OverflowError", when=np_scalar & ~BRIDGED_EITHER_ORDER, source=SEEN),
    refuses(
        "TypeError",
        "RuntimeError",
        "ValueError",
        when=~np_scalar & ~pointers,
        source=documented(_FILL, "Fills self tensor with the specified value."),
    ),
    may_refuse("TypeError", "RuntimeError", "ValueError", when=~np_scalar, source=SEEN),
)
_overflow = may_refuse("RuntimeError", when=named("float64", "complex128"), source=SEEN)
large = Condition(
    "the number is 2**63 or more",
    lambda spec: spec.dtype.endswith(("uint64", "ulonglong")) and int.from_bytes(spec.values, "little") >= 1 << 63,
)
_NUMBER_RESULTS: tuple[Clause, ...] = (
    values("unspecified", when=~BRIDGED_EITHER_ORDER, source=SEEN),
    values("astype", source=SEEN),
    copies(source=SEEN),
    flags(source=SEEN),
)
#: Half of NumPy's scalars are classes of Python's numbers, or say that they are integers; the others are not assigned.
_assignable = named(*"float64 complex128 int8 int16 int32 int64 longlong uint8 uint16 uint32 uint64".split())

INFERRED = {"b": "bool", "i": "int64", "u": "int64", "f": "float32", "c": "complex64"}


def inferred(spec: Spec) -> str | None:
    """as of a Python number: bool, int64, the default dtype, or its complex partner"""
    return INFERRED.get(spec.kind) if BRIDGED_EITHER_ORDER(spec) and not large(spec) else None


# -- arrays as indices --------------------------------------------------

_whole = named(*"int8 int16 int32 int64 longlong uint16 uint32 uint64".split())
_masks = named("bool", "uint8")


def _within_256(spec: Spec) -> bool:
    if spec.kind not in "iu" or not spec.size:
        return True
    numbers = np.frombuffer(spec.values, spec.np_dtype.newbyteorder("="))
    return bool(numbers.min() >= 0 and numbers.max() < 256)


_in_range = Condition("all indices are in 0..255", _within_256)

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    entry(
        "torch.Tensor.copy_[torch.from_numpy]",
        "v = torch.from_numpy(a)\ntorch.empty_like(v).copy_(v)",
        *BRIDGE,
        accepts(source=documented(_COPY, "Copies the elements from src into self tensor and returns self.")),
        dtype(same_dtype, source=SEEN),
        copies(source=documented(_COPY, "Copies the elements from src into self tensor and returns self.")),
        flags(source=SEEN),
    ),
    entry(
        "torch.Tensor.__setitem__[torch.from_numpy]",
        "v = torch.from_numpy(a)\nx = torch.empty_like(v)\nx[...] = v\nx",
        *BRIDGE,
        accepts(source=SEEN),
        dtype(same_dtype, source=SEEN),
        copies(source=SEEN),
        flags(source=SEEN),
    ),
    entry(
        "torch.Tensor.__setitem__",
        "x = torch.zeros((), dtype=torch.complex128)\nx[...] = a\nx",
        FOLLOWS_DEVICE,
        refuses("TypeError", when=np_scalar & BRIDGED_EITHER_ORDER & ~_assignable, source=SEEN),
        may_refuse("TypeError", "RuntimeError", "ValueError", when=large, source=SEEN),
        *_ONE_NUMBER,
        accepts(source=SEEN),
        dtype("complex128", source=SEEN),
        *_NUMBER_RESULTS,
    ),
    entry(
        "torch.Tensor.fill_",
        "torch.zeros((), dtype=torch.complex128).fill_(a)",
        FOLLOWS_DEVICE,
        may_refuse("TypeError", "RuntimeError", "ValueError", when=large, source=SEEN),
        *_ONE_NUMBER,
        accepts(source=documented(_FILL, "Fills self tensor with the specified value.")),
        dtype("complex128", source=SEEN),
        *_NUMBER_RESULTS,
    ),
    entry(
        "torch.full",
        "torch.full((), a)",
        FOLLOWS_DEVICE,
        may_refuse("TypeError", "RuntimeError", "ValueError", when=large, source=SEEN),
        *_ONE_NUMBER,
        _overflow,
        accepts(source=documented(_FULL, "fill_value (Scalar): the value to fill the output tensor with.")),
        dtype(inferred, source=documented(_FULL, "The tensor's dtype is inferred from fill_value.")),
        by_default_dtype(np_scalar),
        *_NUMBER_RESULTS,
    ),
    entry(
        "torch.scalar_tensor",
        "torch.scalar_tensor(a)",
        FOLLOWS_DEVICE,
        may_refuse("TypeError", "RuntimeError", "ValueError", when=large, source=SEEN),
        *_ONE_NUMBER,
        _overflow,
        accepts(source=SEEN),
        # Whatever the scalar is, the result has the default dtype; NumPy warns where an imaginary part is lost by it.
        dtype("float32", source=SEEN),
        by_default_dtype(source=SEEN),
        *_NUMBER_RESULTS,
    ),
    entry(
        "torch.scalar_tensor[dtype=complex128]",
        "torch.scalar_tensor(a, dtype=torch.complex128)",
        FOLLOWS_DEVICE,
        may_refuse("TypeError", "RuntimeError", "ValueError", when=large, source=SEEN),
        *_ONE_NUMBER,
        accepts(source=SEEN),
        dtype("complex128", source=SEEN),
        *_NUMBER_RESULTS,
    ),
    entry(
        "torch.Tensor.__getitem__[ndarray]",
        "torch.arange(256)[a]",
        ITS_TENSOR_ON_META,
        *during("torch<2.3", contexts("torch.jit.trace", when=_masks, source=OLDEST)),
        # Scalars, lists and objects are indices in ways of their own, and masks select: only arrays of numbers are judged.
        *where(
            ~ndarray | _masks,
            may_refuse("TypeError", "ValueError", "RuntimeError", "IndexError", "OverflowError", "BufferError", source=SEEN),
            shape(lambda spec: None, source=SEEN),
            values("unspecified", source=SEEN),
        ),
        *ARRAY_REFUSALS,
        refuses(
            "IndexError",
            when=~_whole,
            source=documented(_INDEXING, "an ndarray (of data type integer or bool)"),
        ),
        may_refuse("IndexError", when=~_in_range, source=SEEN),
        accepts(source=SEEN),
        dtype("int64", source=SEEN),
        values("unspecified", when=~_whole | ~_in_range, source=SEEN),
        values("astype", source=SEEN),
        copies(source=SEEN),
        # One number is an index like any other, and NumPy's truths were numbers.
        *during("numpy<2.3", flags("part of its storage", when=np_scalar & named("bool"), source=observed("numpy 2.2"))),
        flags("part of its storage", when=scalar & ~named("bool") & (np_scalar | ~_masks), source=SEEN),
        flags(source=SEEN),
    ),
)
