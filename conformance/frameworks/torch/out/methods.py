"""PyTorch to NumPy.

Looked at and left out, as they only repeat another entry point's way:
  np.asanyarray, np.copy, np.asfortranarray, np.require, np.atleast_1d, np.ravel, np.concatenate   np.asarray, then NumPy alone
  np.ma.array, np.matrix                       np.asarray, in a container of NumPy's own
  t.cpu().numpy(), t.data.numpy()              t.numpy() and t.detach().numpy() on CPU tensors
  np.frombuffer(t), bytes(t)                   refused as memoryview(t) is
  np.from_dlpack(t, device="cpu")              the only device that NumPy takes, and its default
  np.asarray(t.untyped_storage())              hands over Python numbers one by one, through the sequence protocol
  np.sum, np.mean, np.dot, arr + t, t + arr    calculations, not conversions
"""

from __future__ import annotations

import numpy as np

from .....strategies.spec import Spec
from ....promises import (
    Clause,
    EntryPoint,
    Refusal,
    Source,
    accepts,
    copies,
    documented,
    dtype,
    during,
    may_refuse,
    observed,
    refuses,
    shape,
    shares,
    strides,
    values,
    warns,
    writable,
)
from ....promises.conditions import Condition, always, contiguous, dtype_in, empty, f_contiguous, rank_above, scalar
from ...words import NP_ARRAY, NP_ASARRAY, NP_MIGRATION, WRAPPING, up_to_zero
from . import dlpack
from .words import (
    AN_ARRAY,
    CONJ,
    DETACHED_GATE,
    DOCS,
    FAKE,
    FORCED_GATE,
    GATE,
    KEPT,
    META,
    NEG,
    NEGATED_HALVES,
    NESTED,
    NP_DOCS,
    NUMPY,
    OPAQUE,
    OTHER_LAYOUT,
    QUANTIZED,
    READONLY,
    READONLY_SOURCE,
    SEEN,
    SHARED_STORAGE,
    SILENT,
    UNTRACED,
    WRITABLE,
    WRITABLE_COPY,
    ZERO,
    out,
)

_FORCED = documented(
    NUMPY,
    "If force is True this is equivalent to calling t.detach().cpu().resolve_conj().resolve_neg().numpy(). If the tensor isn't "
    "on the CPU or the conjugate or negative bit is set, the tensor won't share its storage with the returned ndarray.",
)
_LIST = documented(f"{DOCS}/generated/torch.Tensor.tolist.html", "Returns the tensor as a (nested) list.")
_LIKE_ITEM = documented(_LIST.url, "For scalars, a standard Python number is returned, just like with item().")
_ITEM = documented(f"{DOCS}/generated/torch.Tensor.item.html", "Returns the value of this tensor as a standard Python number.")
_ONE_ELEMENT = documented(_ITEM.url, "This only works for tensors with one element.")
_COPY_KEYWORD = documented(NP_MIGRATION, "dtype=None and copy=None keywords must be added to the signature")


def _or_value_error(gate: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """The same refusals where NumPy may put its own ValueError in the place of any error."""
    return tuple(
        clause._replace(value=Refusal((*clause.value.types, "ValueError"), True)) if clause.topic == "refuses" else clause
        for clause in gate
    )


def _python_dtype(spec: Spec) -> str | None:
    """the Python number that holds the dtype's values"""
    if not spec.size or OTHER_LAYOUT(spec):  # A sparse tensor of nothing but zeros gives the int 0, whatever its dtype.
        return None
    kinds = {"bool": "bool", "int": "int", "uint": "int", "complex": "complex"}
    return kinds.get(spec.dtype.rstrip("0123456789"), "float")


def _sum_dtype(spec: Spec) -> str:
    """the source's, as NumPy promotes it"""
    return "int64" if spec.dtype == "bool" else str(spec.dtype)


def negated(spec: Spec) -> bytes:
    """the other sign, of zeros and NaNs too; integers wrap"""
    numbers = np.frombuffer(spec.values, spec.dtype)
    with np.errstate(all="ignore"):
        return bytes(np.negative(numbers).tobytes())


# Nothing in NumPy to compare these with.
_NO_YARDSTICK = values("unspecified", when=dtype_in("complex32") | QUANTIZED, source=SEEN)

_SILENT_IF_COMMON = warns("", when=~dtype_in("complex32") & ~QUANTIZED, source=SEEN)  # "experimental", "deprecated"
# NumPy 1's own arithmetic warns of NaNs now and then.
_SILENT_WRAP = during("numpy>=2.0", warns("", when=always, source=WRAPPING))
# NumPy's own casts warn of lost imaginary parts always, of NaNs and overflow now and then.
_W_COMPLEX = warns("ComplexWarning", when=dtype_in("complex64", "complex128"), source=SEEN)
_SILENT_IF_WHOLE = warns("", when=~dtype_in("float16", "float32", "float64"), source=SEEN)
# NumPy warns of an `__array__` that takes no `copy`.
_SILENT_COPY = warns("", when=_SILENT_IF_WHOLE.when & ~_W_COMPLEX.when, source=_COPY_KEYWORD)

_COPY_TRUE = documented(NP_ARRAY, "If True (default), then the array data is copied.")
_ASARRAY = documented(NP_ASARRAY, "If None then the object is copied only if needed, i.e. if __array__ returns a copy ...")
_IF_NEEDED = documented(NP_ARRAY, "If None, a copy will only be made if __array__ returns a copy ...")
_ORDER = documented(NP_ARRAY, "Specify the memory layout of the array.")
_COPY_FALSE = documented(NP_ARRAY, "For False it raises a ValueError if a copy cannot be avoided.")


_ONE_AXIS_MORE: tuple[Clause, ...] = (
    *during("numpy<2.0", refuses("ValueError", "IndexError", when=rank_above(31), source=observed("torch 2.13 with NumPy 1.26"))),
    refuses("ValueError", "IndexError", when=rank_above(63), source=SEEN),
)
_NO_FAKES = during(
    "torch<2.5", refuses("RuntimeError", "AttributeError", "AssertionError", when=FAKE, source=observed("torch 2.4"))
)


def _view(name: str, call: str, source: Source) -> EntryPoint:
    """A way through Tensor.numpy() that shares."""
    return out(name, call, *GATE, accepts(source=source), KEPT, AN_ARRAY, shares(source=source), *WRITABLE, SILENT)


def _copy(name: str, call: str) -> EntryPoint:
    """A way through Tensor.numpy() that copies and keeps the dtype."""
    silent = warns("", when=always, source=_COPY_KEYWORD)
    return out(name, call, *GATE, accepts(source=_COPY_TRUE), KEPT, AN_ARRAY, copies(source=_COPY_TRUE), *WRITABLE_COPY, silent)


def _cast(name: str, call: str, target: str, source: Source, always_copies: bool, *warned: Clause) -> EntryPoint:
    """A way through Tensor.numpy() to a dtype of the caller's."""
    same = dtype_in(target)
    return out(
        name,
        call,
        *GATE,
        accepts(source=source),
        dtype(target, source=source),
        AN_ARRAY,
        values("bits", when=same, source=source),
        values("astype", source=source),
        *(() if always_copies else (shares(when=same, source=source),)),
        copies(source=source),
        *(WRITABLE_COPY if always_copies else (writable(False, when=READONLY & same, source=READONLY_SOURCE), *WRITABLE_COPY)),
        *warned,
    )


ENTRY_POINTS: tuple[EntryPoint, ...] = (
    # -- torch's own
    _view("torch.Tensor.numpy", "t.numpy()", SHARED_STORAGE),
    out(
        "torch.Tensor.numpy[force=True]",
        "t.numpy(force=True)",
        *FORCED_GATE,
        accepts(source=_FORCED),
        KEPT,
        AN_ARRAY,
        NEGATED_HALVES,
        copies(when=CONJ | NEG | ZERO, source=_FORCED),
        shares(source=_FORCED),
        *WRITABLE,
        SILENT,
    ),
    out(
        "torch.Tensor.detach.numpy",
        "t.detach().numpy()",
        *DETACHED_GATE,
        accepts(source=SHARED_STORAGE),
        KEPT,
        shares(source=SHARED_STORAGE),
        *WRITABLE,
        SILENT,
    ),
    # -- the array protocol, alone and inside NumPy's functions
    _view("torch.Tensor.__array__", "t.__array__()", SEEN),
    _cast(
        "torch.Tensor.__array__[dtype=float64]",
        't.__array__(np.dtype("float64"))',
        "float64",
        SEEN,
        False,
        _W_COMPLEX,
        _SILENT_IF_WHOLE,
    ),
    _view("np.asarray(torch.Tensor)", "np.asarray(t)", _ASARRAY),
    _copy("np.asarray(torch.Tensor)[copy=True]", "np.asarray(t, copy=True)"),
    out(
        "np.asarray(torch.Tensor)[copy=False]",
        "np.asarray(t, copy=False)",
        *_or_value_error(GATE),
        accepts(source=_COPY_FALSE),
        KEPT,
        shares(source=_COPY_FALSE),
        *WRITABLE,
    ),
    _cast(
        "np.asarray(torch.Tensor)[dtype=float64]",
        "np.asarray(t, dtype=np.float64)",
        "float64",
        _ASARRAY,
        False,
        _W_COMPLEX,
        _SILENT_IF_WHOLE,
    ),
    _cast(
        "np.asarray(torch.Tensor)[dtype=uint8]",
        "np.asarray(t, dtype=np.uint8)",
        "uint8",
        _ASARRAY,
        False,
        _W_COMPLEX,
        _SILENT_IF_WHOLE,
    ),
    _copy("np.array(torch.Tensor)", "np.array(t)"),
    _view("np.array(torch.Tensor)[copy=None]", "np.array(t, copy=None)", _IF_NEEDED),
    out(
        "np.array(torch.Tensor)[copy=False]",
        "np.array(t, copy=False)",
        *_or_value_error(GATE),
        accepts(source=_COPY_FALSE),
        KEPT,
        shares(source=_COPY_FALSE),
        *WRITABLE,
    ),
    _cast(
        "np.array(torch.Tensor)[dtype=float32]",
        "np.array(t, dtype=np.float32)",
        "float32",
        _COPY_TRUE,
        True,
        _W_COMPLEX,
        _SILENT_COPY,
    ),
    _cast(
        "np.array(torch.Tensor)[dtype=complex64]", "np.array(t, dtype=np.complex64)", "complex64", _COPY_TRUE, True, _SILENT_COPY
    ),
    out(
        "np.ascontiguousarray(torch.Tensor)",
        "np.ascontiguousarray(t)",
        *GATE,
        KEPT,
        shape(
            lambda spec: spec.shape or (1,),
            source=documented(
                f"{NP_DOCS}/numpy.ascontiguousarray.html", "Return a contiguous array (ndim >= 1) in memory (C order)."
            ),
        ),
        shares(when=contiguous, source=SEEN),
        copies(source=SEEN),
        writable(False, when=READONLY & contiguous, source=READONLY_SOURCE),
        *WRITABLE_COPY,
        SILENT,
    ),
    # -- tensors inside lists
    out(
        "np.stack(torch.Tensor)",
        "np.stack([t, t])[0]",
        *GATE,
        *_ONE_AXIS_MORE,
        KEPT,
        copies(source=documented(f"{NP_DOCS}/numpy.stack.html", "Join a sequence of arrays along a new axis.")),
        SILENT,
    ),
    out(
        "np.array(list[torch.Tensor])",
        "np.array([t, t])[0]",
        *GATE,
        *_ONE_AXIS_MORE,
        KEPT,
        # 0-d elements cross as Python numbers, in which every NaN is quiet and every bool is 0 or 1.
        values("astype", when=scalar, source=SEEN),
        copies(source=_COPY_TRUE),
        SILENT,
    ),
    # -- several keywords at once
    out(
        "np.asarray(torch.Tensor)[dtype=float32, copy=False]",
        "np.asarray(t, dtype=np.float32, copy=False)",
        *_or_value_error(GATE),
        refuses("ValueError", when=~dtype_in("float32"), source=_COPY_FALSE),
        accepts(source=_COPY_FALSE),
        KEPT,
        shares(source=_COPY_FALSE),
        *WRITABLE,
    ),
    out(
        "np.asarray(torch.Tensor)[order=F]",
        "np.asarray(t, order='F')",
        *GATE,
        KEPT,
        AN_ARRAY,
        shares(when=f_contiguous, source=_ASARRAY),
        copies(source=_ASARRAY),
        strides("F", source=_ORDER),
        writable(False, when=READONLY & f_contiguous, source=READONLY_SOURCE),
        *WRITABLE_COPY,
        SILENT,
    ),
    out(
        "np.array(torch.Tensor)[copy=False, order=F]",
        "np.array(t, copy=False, order='F')",
        *_or_value_error(GATE),
        refuses("ValueError", when=~f_contiguous, source=_COPY_FALSE),
        accepts(source=_COPY_FALSE),
        KEPT,
        shares(source=_COPY_FALSE),
        *WRITABLE,
    ),
    *(
        _cast(
            f"np.array(torch.Tensor)[dtype={to}, order={order}]",
            f"np.array(t, dtype=np.{to}, order={order!r})",
            to,
            _COPY_TRUE,
            True,
            strides(order, source=_ORDER),
        )
        for to, order in (("float32", "F"), ("float64", "C"), ("int64", "F"))
    ),
    _cast(
        "np.array(torch.Tensor)[dtype=float32, copy=None]",
        "np.array(t, dtype=np.float32, copy=None)",
        "float32",
        _IF_NEEDED,
        False,
    ),
    _cast(
        "np.array(torch.Tensor)[dtype=float64, ndmin=3]",
        "np.array(t, dtype=np.float64, ndmin=3)",
        "float64",
        _COPY_TRUE,
        True,
        shape(
            lambda spec: (1,) * (3 - len(spec.shape)) + spec.shape,
            source=documented(NP_ARRAY, "Specifies the minimum number of dimensions that the resulting array should have."),
        ),
    ),
    # -- into an array that is there already
    out(
        "np.copyto(torch.Tensor)",
        "out = np.empty(tuple(t.shape), t.numpy().dtype)\nnp.copyto(out, t)\nout",
        *GATE,
        KEPT,
        copies(
            source=documented(
                f"{NP_DOCS}/numpy.copyto.html", "Copies values from one array to another, broadcasting as necessary."
            )
        ),
        *WRITABLE_COPY,
        SILENT,
    ),
    _cast(
        "np.ndarray.__setitem__(torch.Tensor)",
        "out = np.empty(tuple(t.shape), np.float64)\nout[...] = t\nout",
        "float64",
        SEEN,
        True,
        _W_COMPLEX,
        _SILENT_IF_WHOLE,
    ),
    # -- ufuncs: what comes back is a tensor again, made by __array_wrap__
    out(
        "np.positive(torch.Tensor)",
        "np.positive(t)",
        *GATE,
        refuses("TypeError", when=dtype_in("bool"), source=SEEN),
        KEPT,
        values("astype", source=SEEN),
        copies(source=SEEN),
        *_SILENT_WRAP,
    ),
    out(
        "np.add(torch.Tensor)",
        "np.add(t, 0)",
        *GATE,
        *during("numpy<2.0", dtype(lambda spec: None, when=scalar, source=SEEN)),  # By the value, not the dtype alone.
        dtype(_sum_dtype, source=SEEN),
        # 0 + -0.0 is 0.0, and a complex number's parts have such a sign each.
        values("unspecified", when=dtype_in("float16", "float32", "float64", "complex64", "complex128"), source=SEEN),
        values("astype", source=SEEN),
        copies(source=SEEN),
        *_SILENT_WRAP,
    ),
    out(
        "np.negative(torch.Tensor)",
        "np.negative(t)",
        *GATE,
        refuses("TypeError", when=dtype_in("bool"), source=SEEN),
        KEPT,
        values(negated, source=documented(f"{NP_DOCS}/numpy.negative.html", "Numerical negative, element-wise.")),
        copies(source=SEEN),
        *_SILENT_WRAP,
    ),
    out(
        "np.multiply(torch.Tensor, ndarray)",
        "np.multiply(t, np.ones((), bool))",
        *GATE,
        dtype(lambda spec: None, when=dtype_in("bool"), source=SEEN),  # np.logical_or shows what becomes of truths.
        KEPT,
        # Times infinity, or nothing, a complex number is none.
        values("unspecified", when=dtype_in("complex64", "complex128"), source=SEEN),
        values("astype", source=documented(f"{NP_DOCS}/numpy.multiply.html", "Multiply arguments element-wise.")),
        copies(source=SEEN),
        *_SILENT_WRAP,
    ),
    out(
        "np.logical_or(torch.Tensor)",
        "np.logical_or(t, False)",
        *GATE,
        dtype("bool", source=documented(f"{NP_DOCS}/numpy.logical_or.html", "Boolean result of the logical OR operation")),
        values("bits", when=dtype_in("bool"), source=SEEN),
        values("unspecified", source=SEEN),
        copies(source=SEEN),
        *_SILENT_WRAP,
    ),
    *dlpack.ENTRY_POINTS,
    # -- Python numbers
    out(
        "torch.Tensor.tolist",
        "t.tolist()",
        UNTRACED,
        *during(
            "torch<2.5", refuses("RuntimeError", "AttributeError", "AssertionError", when=FAKE, source=observed("torch 2.4"))
        ),
        refuses("RuntimeError", when=OTHER_LAYOUT | META | NESTED | FAKE & ~empty, source=SEEN),
        refuses("RuntimeError", when=OPAQUE & ~empty, source=SEEN),
        may_refuse("RuntimeError", when=ZERO | FAKE, source=SEEN),
        accepts(source=_LIST),
        dtype(_python_dtype, source=_LIKE_ITEM),
        shape(up_to_zero, source=_LIST),
        _NO_YARDSTICK,
        values("astype", source=_LIST),
        _SILENT_IF_COMMON,
    ),
    out(
        "torch.Tensor.item",
        "t.item()",
        refuses(
            "RuntimeError",
            when=Condition("the tensor has not exactly one element", lambda spec: spec.size != 1),
            source=_ONE_ELEMENT,
        ),
        refuses("RuntimeError", when=META | NESTED | FAKE | (OPAQUE & ~QUANTIZED), source=SEEN),
        may_refuse("RuntimeError", when=ZERO | OTHER_LAYOUT, source=SEEN),
        accepts(source=_ITEM),
        dtype(_python_dtype, source=_ITEM),
        shape(lambda spec: (), source=SEEN),
        _NO_YARDSTICK,
        values("astype", source=_ITEM),
        _SILENT_IF_COMMON,
    ),
    # -- tensors have no buffer protocol
    out("memoryview(torch.Tensor)", "memoryview(t)", refuses("TypeError", when=always, source=SEEN)),
)
