"""NumPy to PyTorch: arithmetic and comparisons of a tensor and an array.

Looked at and left out: the other operators and ufuncs, which take the same ways; torch.add, torch.where, t.add_ and their
kin (see `torch_in`); @ (rounds).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .....strategies import dtypes
from .....strategies.spec import Spec
from ....promises import (
    Clause,
    EntryPoint,
    accepts,
    copies,
    documented,
    dtype,
    during,
    fact,
    flags,
    may_refuse,
    observed,
    refuses,
    shape,
    type_,
    values,
    warns,
)
from ....promises.conditions import Condition, always, container_in, ndarray, pointers, scalar
from ...words import WRAPPING, named, not_judged, same_dtype, zeros_are_equal
from .operators import inferred, large
from .words import (
    ARRAY_REFUSALS,
    BRIDGED_EITHER_ORDER,
    DOCS,
    ITS_TENSOR_ON_META,
    SEEN,
    WIDE_UNSIGNED,
    by_default_dtype,
    complex_numbers,
    entry,
    np_scalar,
    sequence,
    where,
)

_EQ = f"{DOCS}/generated/torch.eq.html"

#: Python takes a list times a 0-d tensor of one for the list repeated once.
_REPEATED = where(
    sequence,
    may_refuse("TypeError", "ValueError", "RuntimeError", "OverflowError", source=SEEN),
    dtype(lambda spec: None, source=SEEN),
    shape(lambda spec: None, source=SEEN),
    values("unspecified", source=SEEN),
)

#: A matrix multiplies by its own rules, object by object.
_matrix = container_in("matrix")
_MATRIX = where(
    _matrix,
    may_refuse("TypeError", "ValueError", "RuntimeError", source=SEEN),
    dtype(lambda spec: None, source=SEEN),
    shape(lambda spec: None, source=SEEN),
    values("unspecified", source=SEEN),
)

# Bytes times true are bytes, and a matrix times true is one: Python and NumPy may answer before the tensor can.
_ANY_PRODUCT = type_("torch.", "builtins.", "list", "numpy.", source=SEEN)


@cache
def _promoted(name: str) -> str | None:
    try:
        return np.add(np.float32(0), np.zeros(1, dtypes.dtype(name))).dtype.name
    except TypeError:
        return None


def _with_float32(spec: Spec) -> str | None:
    """as NumPy promotes the array's dtype with float32"""
    return _promoted(spec.dtype)


_addable = Condition(
    "NumPy adds float32 to it and PyTorch has the sum's dtype",
    lambda spec: _with_float32(spec) in ("float32", "float64", "complex64", "complex128"),
)


_ONE_SUM: tuple[Clause, ...] = (
    *where(
        np_scalar,
        may_refuse("TypeError", "RuntimeError", "ValueError", "OverflowError", source=SEEN),
        dtype(
            lambda spec: (
                ("complex64" if spec.kind == "c" else "float32") if BRIDGED_EITHER_ORDER(spec) and not large(spec) else None
            ),
            source=SEEN,
        ),
    ),
    refuses("TypeError", when=~ndarray, source=SEEN),
    values("unspecified", when=complex_numbers | ~BRIDGED_EITHER_ORDER, source=SEEN),
    values("astype", source=SEEN),
)

# Other than sums, comparisons go through the bridge. What it does not know is, to Python, another object: not equal.
_comparable = (ndarray & ~container_in("masked") & BRIDGED_EITHER_ORDER) | np_scalar & BRIDGED_EITHER_ORDER & ~large
_COMPARED: tuple[Clause, ...] = (
    ITS_TENSOR_ON_META,
    *where(
        ~_comparable,
        type_(source=SEEN),
        may_refuse("TypeError", "ValueError", "RuntimeError", "OverflowError", source=SEEN),
        dtype(lambda spec: None, source=SEEN),
        shape(lambda spec: None, source=SEEN),
        values("unspecified", source=SEEN),
    ),
    *ARRAY_REFUSALS,
    may_refuse("RuntimeError", when=scalar & named("uint16", "uint32", "uint64"), source=SEEN),
    accepts(source=SEEN),
    dtype("bool", source=documented(_EQ, "A boolean tensor that is True where input is equal to other and False elsewhere")),
    # The numbers that are Python's, too, are rounded to single precision first.
    values("unspecified", when=np_scalar & named("float64", "complex128"), source=SEEN),
    by_default_dtype(when=np_scalar & named("float64", "complex128"), source=SEEN),
    values(zeros_are_equal, source=documented(_EQ, "Computes element-wise equality")),
    *where(_comparable, copies(source=SEEN), flags(source=SEEN)),
)

#: Whether x is still x when it has been assigned to with an operator; or that is refused.
_REBINDING: tuple[Clause, ...] = (
    type_(source=SEEN),
    *not_judged(SEEN),
    fact(
        "numpy_semantics",
        "unless refused",
        when=container_in("ndarray"),
        source=documented(
            "https://docs.python.org/3/reference/datamodel.html#object.__iadd__",
            "These methods should attempt to do the operation in-place (modifying self)",
        ),
    ),
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    entry(
        "torch.Tensor * ndarray",
        "torch.ones((), dtype=torch.bool) * a",
        ITS_TENSOR_ON_META,
        _ANY_PRODUCT,
        *_REPEATED,
        *_MATRIX,
        # The tensor gives way and NumPy multiplies, by its own rules; the product becomes a tensor if it can.
        refuses("TypeError", when=container_in("masked"), source=SEEN),
        *where(
            np_scalar,
            may_refuse("TypeError", "RuntimeError", "ValueError", "OverflowError", source=SEEN),
            dtype(inferred, source=SEEN),
            by_default_dtype(),
        ),
        refuses("TypeError", when=~ndarray, source=SEEN),
        may_refuse("TypeError", "ValueError", when=pointers, source=SEEN),
        refuses("TypeError", when=~BRIDGED_EITHER_ORDER, source=SEEN),
        *during("torch<2.3", refuses("TypeError", when=WIDE_UNSIGNED, source=observed("torch 2.2"))),
        accepts(source=SEEN),
        dtype(same_dtype, source=SEEN),
        copies(when=(ndarray & ~_matrix) | np_scalar, source=SEEN),
        # One times infinity is no number where the numbers are complex.
        values("unspecified", when=complex_numbers, source=SEEN),
        values("bits", when=named("bool") & ndarray, source=SEEN),
        values("astype", source=SEEN),
        *during("numpy>=2.0", warns("", when=ndarray & ~_matrix, source=WRAPPING)),
        flags(source=SEEN),
    ),
    entry(
        "ndarray * torch.Tensor",
        "a * torch.ones((), dtype=torch.bool)",
        ITS_TENSOR_ON_META,
        _ANY_PRODUCT,
        *_REPEATED,
        *_MATRIX,
        *where(
            np_scalar,
            may_refuse("TypeError", "RuntimeError", "ValueError", "OverflowError", source=SEEN),
            dtype(inferred, source=SEEN),
            by_default_dtype(),
        ),
        refuses("TypeError", when=always, source=SEEN),
        values("unspecified", when=complex_numbers, source=SEEN),
        values("astype", source=SEEN),
        copies(when=np_scalar, source=SEEN),
    ),
    entry(
        "torch.Tensor + ndarray",
        # -0 is the one number that changes no float when it is added.
        "torch.tensor(-0.0) + a",
        ITS_TENSOR_ON_META,
        type_("torch.", "numpy.", when=np_scalar, source=SEEN),
        *_MATRIX,
        refuses("TypeError", when=container_in("masked"), source=SEEN),
        *_ONE_SUM,
        may_refuse("TypeError", "ValueError", when=pointers, source=SEEN),
        refuses("TypeError", when=~_addable, source=SEEN),
        accepts(source=SEEN),
        *during("numpy<2.0", dtype(lambda spec: None, source=SEEN)),  # A 0-d tensor's value decides, not its dtype.
        dtype(_with_float32, source=SEEN),
        by_default_dtype(source=SEEN),  # That of the tensor.
        copies(when=(ndarray & ~_matrix) | np_scalar, source=SEEN),
        *during("numpy>=2.0", warns("", when=ndarray & ~_matrix, source=WRAPPING)),
        flags(source=SEEN),
    ),
    entry(
        "ndarray + torch.Tensor",
        "a + torch.tensor(-0.0)",
        ITS_TENSOR_ON_META,
        type_("torch.", "numpy.", when=np_scalar, source=SEEN),
        *_ONE_SUM,
        refuses("TypeError", when=always, source=SEEN),
        by_default_dtype(source=SEEN),  # That of the tensor.
        copies(when=np_scalar, source=SEEN),
    ),
    entry("torch.Tensor == ndarray", "torch.tensor(False) == a", *_COMPARED),
    entry("ndarray == torch.Tensor", "a == torch.tensor(False)", *_COMPARED),
    *(
        EntryPoint(
            f"{mine} {operator} {other}",
            f"{before}\nkept = x\nx {operator} {operand}\nx is kept",
            "torch",
            "in",
            _REBINDING,
            facts=(("numpy_semantics", "True"),),
            computes=True,
            eager=True,
        )
        for mine, operator, other, before, operand in (
            ("torch.Tensor", "+=", "ndarray", "x = torch.ones(np.shape(a))", "a"),
            ("torch.Tensor", "*=", "ndarray", "x = torch.ones(np.shape(a), dtype=torch.int64)", "a"),
            ("torch.Tensor", "/=", "ndarray", "x = torch.ones(np.shape(a), dtype=torch.float64)", "a"),
            ("ndarray", "+=", "torch.Tensor", "x = np.array(a)", "torch.ones(np.shape(a))"),
            ("ndarray", "/=", "torch.Tensor", "x = np.array(a)", "torch.ones(np.shape(a))"),
        )
    ),
)
