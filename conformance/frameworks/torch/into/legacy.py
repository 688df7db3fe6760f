"""NumPy to PyTorch through torch.Tensor(...) and the typed constructors, which are older than torch.tensor."""

from __future__ import annotations

from .....strategies.spec import Spec
from ....promises import (
    EntryPoint,
    accepts,
    copies,
    documented,
    dtype,
    during,
    forms,
    may_refuse,
    observed,
    refuses,
    shape,
    shares,
    values,
    warns,
)
from ....promises.conditions import Condition, ndarray, pointers, readonly, scalar
from ...words import named, native
from .words import (
    ARRAY_REFUSALS,
    BRIDGED_EITHER_ORDER,
    DOCS,
    NO_FLAGS,
    SEEN,
    WIDE_UNSIGNED,
    entry,
    not_numbers,
    np_scalar,
    of_default_dtype,
    protocol,
    sequence,
    where,
)

_TENSOR_CLASS = f"{DOCS}/tensors.html"
_OWN_TYPE = documented(_TENSOR_CLASS)


#: What these constructors take for a size, and hand out uninitialised memory for: it is handed over with an axis.
_A_SIZE = 'getattr(a, "ndim", 1) == 0 and getattr(a, "dtype", np.dtype("V")).kind in "iuV"'


def _is_size(spec: Spec) -> bool:
    return not spec.shape and (spec.kind in "iuV" or spec.container == "buffer")


def _shape(spec: Spec) -> tuple[int, ...] | None:
    """(1,) of a 0-d array that would be a size, (0,) of an empty list or buffer, else the source's shape"""
    if spec.container in ("list", "buffer") and spec.shape[:1] == (0,):
        return (0,)
    return (1,) if _is_size(spec) else tuple(spec.shape)


_bool_scalar = np_scalar & named("bool")
_OF_NUMPY = observed("numpy 2.2")
#: NumPy's booleans counted as integers, and so as sizes, before 2.3.
_BOOL_AS_SIZE = during(
    "numpy<2.3",
    accepts(when=_bool_scalar, source=_OF_NUMPY),
    shape(lambda spec: None, when=_bool_scalar, source=_OF_NUMPY),
    values("uninitialised", when=_bool_scalar, source=_OF_NUMPY),
    warns("DeprecationWarning", when=_bool_scalar, source=_OF_NUMPY),
)


def _typed(name: str, to: str, *same: str) -> EntryPoint:
    """A constructor whose results all have one dtype; arrays of that dtype (`same`: its names) are shared."""
    keeps = ndarray & native(*same)
    return entry(
        name,
        f"{name}([a] if isinstance(a, int) else a.reshape(1) if {_A_SIZE} else a)",
        *_BOOL_AS_SIZE,
        refuses("TypeError", when=np_scalar & ~pointers & ~Condition("it would be a size", _is_size), source=SEEN),
        # Sequences of anything but numbers that fit are refused in as many ways as there are.
        may_refuse(
            "TypeError",
            "ValueError",
            "RuntimeError",
            "OverflowError",
            "NotImplementedError",
            "AttributeError",
            when=sequence | protocol,
            source=SEEN,
        ),
        *where(
            np_scalar,
            may_refuse("AttributeError", "TypeError", "ValueError", "RuntimeError", when=pointers, source=SEEN),
            refuses("TypeError", when=~BRIDGED_EITHER_ORDER, source=SEEN),
            *during("torch<2.3", may_refuse("TypeError", when=WIDE_UNSIGNED, source=observed("torch 2.2"))),
        ),
        *ARRAY_REFUSALS,
        accepts(source=SEEN),
        dtype(to, source=_OWN_TYPE),
        *where((np_scalar | sequence) & not_numbers, shape(lambda spec: None, source=SEEN), values("unspecified", source=SEEN)),
        shape(_shape, source=SEEN),
        *([values("unspecified", when=named("bool"), source=SEEN)] if to == "bfloat16" else []),
        values("bits", when=ndarray & native(*same), source=SEEN),
        values("astype", source=SEEN),
        shares(when=keeps, source=SEEN),
        copies(source=SEEN),
        warns("UserWarning", when=keeps & readonly, source=SEEN),
        *during("numpy<2.3", forms("nested list", "scalar", when=scalar & named("bool"), source=_OWN_TYPE)),
        forms("nested list", when=scalar, source=_OWN_TYPE),  # A bare number is a size.
        *(of_default_dtype(_OWN_TYPE) if name == "torch.Tensor" else ()),
        NO_FLAGS,
    )


ENTRY_POINTS: tuple[EntryPoint, ...] = (
    _typed("torch.Tensor", "float32", "float32"),
    _typed("torch.FloatTensor", "float32", "float32"),
    _typed("torch.DoubleTensor", "float64", "float64"),
    _typed("torch.HalfTensor", "float16", "float16"),
    _typed("torch.BFloat16Tensor", "bfloat16"),
    _typed("torch.LongTensor", "int64", "int64", "longlong"),
    _typed("torch.IntTensor", "int32", "int32"),
    _typed("torch.ShortTensor", "int16", "int16"),
    _typed("torch.CharTensor", "int8", "int8"),
    _typed("torch.ByteTensor", "uint8", "uint8"),
    _typed("torch.BoolTensor", "bool", "bool"),
)
