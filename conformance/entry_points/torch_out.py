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

from typing import Any

from conformance.conditions import Condition, always, contiguous, dtype_in, empty, rank_above, scalar, state_in
from conformance.entry_points.common import NP_ARRAY, NP_ASARRAY, NP_FROM_DLPACK, same_dtype
from conformance.promises import (
    Clause,
    EntryPoint,
    Refusal,
    accepts,
    copies,
    documented,
    dtype,
    may_refuse,
    observed,
    refuses,
    shape,
    shares,
    values,
    warns,
    writable,
)

_DOCS = "https://docs.pytorch.org/docs/2.13"
_NUMPY = f"{_DOCS}/generated/torch.Tensor.numpy.html"
_DLPACK = f"{_DOCS}/generated/torch.Tensor.__dlpack__.html"
_TO_DLPACK = f"{_DOCS}/dlpack.html"
_TOLIST = f"{_DOCS}/generated/torch.Tensor.tolist.html"
_ITEM = f"{_DOCS}/generated/torch.Tensor.item.html"
_FROM_NUMPY = f"{_DOCS}/generated/torch.from_numpy.html"
_NP_DOCS = "https://numpy.org/doc/2.4/reference/generated"
_COPY_KEYWORD = "https://numpy.org/doc/2.4/numpy_2_0_migration_guide.html#adapting-to-changes-in-the-copy-keyword"
_ARRAY_API_FROM_DLPACK = "https://data-apis.org/array-api/latest/API_specification/generated/array_api.from_dlpack.html"
_SEEN = observed("torch 2.13")

STATES = (
    *("plain", "requires_grad", "non_leaf", "parameter", "subclass", "inference", "conj", "neg", "zero", "readonly_source"),
    *("sparse_coo", "sparse_csr", "mkldnn", "nested", "meta", "fake"),
)

# -- what tensors are, in words ----------------------------------------------------------------------------------------

_FLOATING = "bfloat16 float16 float32 float64 complex32 complex64 complex128".split()
#: The dtypes that NumPy has too, under the same name.
TWINS = dtype_in(
    *"bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
)
SUB_BYTE = dtype_in(*[f"{sign}int{bits}" for sign in ("", "u") for bits in range(1, 8)])
QUANTIZED = dtype_in("qint8", "quint8", "qint32")
#: Dtypes that can be moved about but whose elements torch itself cannot read.
OPAQUE = SUB_BYTE | QUANTIZED | dtype_in("float4_e2m1fn_x2")
COMPLEX = dtype_in("complex32", "complex64", "complex128")

GRAD = state_in("requires_grad", "non_leaf") | (
    state_in("parameter") & Condition("its dtype is floating", lambda spec: spec.dtype.startswith(("float", "bfloat", "complex")))
)
CONJ, NEG, ZERO = state_in("conj"), state_in("neg"), state_in("zero")
META, FAKE, NESTED = state_in("meta"), state_in("fake"), state_in("nested")
OTHER_LAYOUT = state_in("sparse_coo", "sparse_csr", "mkldnn")
READONLY = state_in("readonly_source")
#: Tensors whose elements stand in no memory.
NOWHERE = ZERO | FAKE

# -- clauses that several ways have in common ----------------------------------------------------------------------------

_KEPT = dtype(same_dtype, source=_SEEN)
_SILENT = warns("", when=always, source=_SEEN)
_SILENT_IF_REAL = warns("", when=~FAKE, source=_SEEN)  # A fake tensor may complain of being looked at.
_SILENT_IF_COMMON = warns("", when=~dtype_in("complex32") & ~QUANTIZED, source=_SEEN)  # "experimental", "deprecated"
_SHARED_STORAGE = documented(
    _NUMPY, "the tensor and the returned ndarray will share their storage, so changes to the tensor will be reflected in the ndarray and vice versa"
)
_READONLY_SOURCE = documented(
    _FROM_NUMPY,
    "Writing to a tensor created from a read-only NumPy array is not supported and will result in undefined behavior.",
)

#: A result over the tensor's memory can be written if that memory may.
_WRITABLE: tuple[Clause, ...] = (
    writable(False, when=READONLY, source=_READONLY_SOURCE),
    writable(True, source=_SEEN),
)
#: Every such array says that it may be written, and a copy always may.
_WRITABLE_COPY: tuple[Clause, ...] = (writable(True, source=_SEEN),)

_FORCE_FALSE = "the conversion is performed only if the tensor is on the CPU, does not require grad, does not have its conjugate bit set, and is a dtype and layout that NumPy supports"
_UNLESS_FORCED = documented(_NUMPY, _FORCE_FALSE)

#: The checks of Tensor.numpy(), in its order; __array__, and so nearly everything in NumPy, goes through it.
GATE: tuple[Clause, ...] = (
    refuses("RuntimeError", when=FAKE, source=_SEEN),
    refuses("TypeError", when=OTHER_LAYOUT, source=_UNLESS_FORCED),
    refuses("TypeError", when=META, source=_UNLESS_FORCED),
    refuses("RuntimeError", when=ZERO, source=_SEEN),
    refuses("RuntimeError", when=GRAD, source=_UNLESS_FORCED),
    refuses("RuntimeError", when=CONJ, source=_UNLESS_FORCED),
    refuses("RuntimeError", when=NEG, source=_SEEN),
    refuses("RuntimeError", "TypeError", when=NESTED, source=_SEEN),
    refuses("TypeError", when=~TWINS, source=_UNLESS_FORCED),
)

#: The same when forced: marks are resolved, into a copy; what NumPy cannot hold stays refused.
FORCED_GATE: tuple[Clause, ...] = (
    refuses("RuntimeError", when=FAKE, source=_SEEN),
    refuses("TypeError", when=OTHER_LAYOUT, source=_UNLESS_FORCED),
    refuses("NotImplementedError", when=META, source=_SEEN),
    refuses("RuntimeError", "TypeError", when=NESTED, source=_SEEN),
    refuses("TypeError", when=~TWINS, source=_UNLESS_FORCED),
)
_FORCED = documented(
    _NUMPY,
    "If force is True this is equivalent to t.detach().cpu().resolve_conj().resolve_neg().numpy(). If the tensor isn't on the CPU "
    "or the conjugate or negative bit is set, the tensor won't share its storage with the returned ndarray.",
)

_BUFFER_ERROR = documented(
    _ARRAY_API_FROM_DLPACK, "BufferError - ... may raise BufferError when the data cannot be exported as DLPack (e.g., incompatible dtype, strides, or device)"
)
#: What the C exporter refuses, then NumPy, which takes fewer dtypes than torch gives.
EXPORT_GATE: tuple[Clause, ...] = (
    refuses("BufferError", when=OTHER_LAYOUT, source=_SEEN),
    refuses("BufferError", when=META, source=_BUFFER_ERROR),
    refuses("RuntimeError", when=NESTED, source=_SEEN),
    refuses("BufferError", "NotImplementedError", when=SUB_BYTE, source=_BUFFER_ERROR),
    refuses("BufferError", when=QUANTIZED, source=_SEEN),
    refuses("BufferError", "RuntimeError", when=~TWINS, source=_SEEN),
)
#: Tensor.__dlpack__ first refuses marks that would be lost.
DLPACK_GATE: tuple[Clause, ...] = (refuses("BufferError", when=GRAD | CONJ, source=_SEEN), *EXPORT_GATE)
_NEVER_COPIES = documented(
    NP_FROM_DLPACK, "If False, the function will never copy, and will raise BufferError in case a copy is deemed necessary."
)
#: Without a copy, DLPack has no way to say "negated", or "no memory".
_UNSAYABLE: tuple[Clause, ...] = (
    may_refuse("BufferError", when=NEG | (NOWHERE & empty), source=_NEVER_COPIES),
    refuses("BufferError", when=NOWHERE, source=_NEVER_COPIES),
)


def _or_value_error(gate: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """The same refusals where NumPy may put its own ValueError in the place of any error."""
    return tuple(clause._replace(value=Refusal((*clause.value.types, "ValueError"), True)) for clause in gate)


def _python_dtype(spec: Any) -> str | None:
    """the Python number that holds the dtype's values"""
    if not spec.size:
        return None
    kinds = {"bool": "bool", "int": "int", "uint": "int", "complex": "complex"}
    return kinds.get(spec.dtype.rstrip("0123456789"), "float")


def _list_shape(spec: Any) -> tuple[int, ...]:
    """the source's, as far as nested lists can tell: up to the first 0"""
    return spec.shape[: spec.shape.index(0) + 1] if 0 in spec.shape else spec.shape  # type: ignore[no-any-return]


def _sum_dtype(spec: Any) -> str:
    """the source's, as NumPy promotes it"""
    return "int64" if spec.dtype == "bool" else str(spec.dtype)


# Nothing in NumPy to compare these with.
_NO_YARDSTICK = values("unspecified", when=dtype_in("complex32") | QUANTIZED, source=_SEEN)

_W_COPY = warns("DeprecationWarning", when=always, source=documented(_COPY_KEYWORD, "__array__ implementation doesn't accept a copy keyword"))
_W_WRAP = warns("DeprecationWarning", when=always, source=_SEEN)
# NumPy's own casts warn of lost imaginary parts always, of NaNs and overflow now and then.
_W_COMPLEX = warns("ComplexWarning", when=dtype_in("complex64", "complex128"), source=_SEEN)
_SILENT_IF_WHOLE = warns("", when=~dtype_in("float16", "float32", "float64"), source=_SEEN)

_COPY_TRUE = documented(NP_ARRAY, "If True (default), then the array data is copied.")
_ASARRAY = documented(NP_ASARRAY, "array interpretation of a. No copy is performed if the input is already an ndarray with matching dtype and order.")
_IF_NEEDED = documented(NP_ARRAY, "If None, a copy will only be made if __array__ returns a copy, if obj is a nested sequence, or if a copy is needed")
_COPY_FALSE = documented(NP_ARRAY, "For False it raises a ValueError if a copy cannot be avoided.")
_DLPACK_VIEW = documented(NP_FROM_DLPACK, "Generally, the returned NumPy array is a view of the input object.")
_DLPACK_COPY = documented(NP_FROM_DLPACK, "If True, the copy will be made.")


def _out(name: str, call: str, *promise: Clause) -> EntryPoint:
    return EntryPoint(name, call, "torch", "out", promise, STATES)


def _view(name: str, call: str, *source_of: Any) -> EntryPoint:
    """A way through Tensor.numpy() that shares."""
    (source,) = source_of
    return _out(name, call, *GATE, accepts(source=source), _KEPT, shares(source=source), *_WRITABLE, _SILENT)


def _copy(name: str, call: str, source: Any, *warned: Clause) -> EntryPoint:
    """A way through Tensor.numpy() that copies and keeps the dtype."""
    return _out(name, call, *GATE, accepts(source=source), _KEPT, copies(source=source), *_WRITABLE_COPY, *warned)


def _cast(name: str, call: str, target: str, source: Any, always_copies: bool, *warned: Clause) -> EntryPoint:
    """A way through Tensor.numpy() to a dtype of the caller's."""
    same = dtype_in(target)
    return _out(
        name,
        call,
        *GATE,
        accepts(source=source),
        dtype(target, source=source),
        values("bits", when=same, source=source),
        values("astype", source=source),
        *(() if always_copies else (shares(when=same, source=source),)),
        copies(source=source),
        *(_WRITABLE_COPY if always_copies else (writable(False, when=READONLY & same, source=_READONLY_SOURCE), *_WRITABLE_COPY)),
        *warned,
    )


ENTRY_POINTS: tuple[EntryPoint, ...] = (
    # -- torch's own
    _view("torch.Tensor.numpy", "t.numpy()", _SHARED_STORAGE),
    _out(
        "torch.Tensor.numpy[force=True]",
        "t.numpy(force=True)",
        *FORCED_GATE,
        accepts(source=_FORCED),
        _KEPT,
        copies(when=CONJ | NEG | ZERO, source=_FORCED),
        shares(source=_FORCED),
        *_WRITABLE,
        _SILENT,
    ),
    _out(
        "torch.Tensor.detach.numpy",
        "t.detach().numpy()",
        *[clause for clause in GATE if clause.when is not GRAD],
        accepts(source=_SHARED_STORAGE),
        _KEPT,
        shares(source=_SHARED_STORAGE),
        *_WRITABLE,
        _SILENT,
    ),
    # -- the array protocol, alone and inside NumPy's functions
    _view("torch.Tensor.__array__", "t.__array__()", _SEEN),
    _cast("torch.Tensor.__array__[dtype=float64]", 't.__array__(np.dtype("float64"))', "float64", _SEEN, False, _W_COMPLEX, _SILENT_IF_WHOLE),
    _view("np.asarray(torch.Tensor)", "np.asarray(t)", _ASARRAY),
    _copy("np.asarray(torch.Tensor)[copy=True]", "np.asarray(t, copy=True)", _COPY_TRUE, _W_COPY),
    _out(
        "np.asarray(torch.Tensor)[copy=False]",
        "np.asarray(t, copy=False)",
        *_or_value_error(GATE),
        accepts(source=_COPY_FALSE),
        _KEPT,
        shares(source=_COPY_FALSE),
        *_WRITABLE,
    ),
    _cast("np.asarray(torch.Tensor)[dtype=float64]", "np.asarray(t, dtype=np.float64)", "float64", _ASARRAY, False, _W_COMPLEX, _SILENT_IF_WHOLE),
    _cast("np.asarray(torch.Tensor)[dtype=uint8]", "np.asarray(t, dtype=np.uint8)", "uint8", _ASARRAY, False, _W_COMPLEX, _SILENT_IF_WHOLE),
    _copy("np.array(torch.Tensor)", "np.array(t)", _COPY_TRUE, _W_COPY),
    _view("np.array(torch.Tensor)[copy=None]", "np.array(t, copy=None)", _IF_NEEDED),
    _out(
        "np.array(torch.Tensor)[copy=False]",
        "np.array(t, copy=False)",
        *_or_value_error(GATE),
        accepts(source=_COPY_FALSE),
        _KEPT,
        shares(source=_COPY_FALSE),
        *_WRITABLE,
    ),
    _cast("np.array(torch.Tensor)[dtype=float32]", "np.array(t, dtype=np.float32)", "float32", _COPY_TRUE, True, _W_COPY),
    _cast("np.array(torch.Tensor)[dtype=complex64]", "np.array(t, dtype=np.complex64)", "complex64", _COPY_TRUE, True, _W_COPY),
    _out(
        "np.ascontiguousarray(torch.Tensor)",
        "np.ascontiguousarray(t)",
        *GATE,
        _KEPT,
        shape(
            lambda spec: spec.shape or (1,),
            source=documented(f"{_NP_DOCS}/numpy.ascontiguousarray.html", "Return a contiguous array (ndim >= 1) in memory (C order)."),
        ),
        shares(when=contiguous, source=_SEEN),
        copies(source=_SEEN),
        writable(False, when=READONLY & contiguous, source=_READONLY_SOURCE),
        *_WRITABLE_COPY,
        _SILENT,
    ),
    # -- tensors inside lists
    _out(
        "np.stack(torch.Tensor)",
        "np.stack([t, t])[0]",
        *GATE,
        refuses("ValueError", "IndexError", when=rank_above(63), source=_SEEN),
        _KEPT,
        copies(source=documented(f"{_NP_DOCS}/numpy.stack.html", "Join a sequence of arrays along a new axis.")),
        _SILENT,
    ),
    _out(
        "np.array(list[torch.Tensor])",
        "np.array([t, t])[0]",
        *GATE,
        refuses("ValueError", "IndexError", when=rank_above(63), source=_SEEN),
        _KEPT,
        # 0-d elements cross as Python numbers, in which every NaN is quiet and every bool is 0 or 1.
        values("astype", when=scalar, source=_SEEN),
        copies(source=_COPY_TRUE),
        _SILENT,
    ),
    # -- into an array that is there already
    _out(
        "np.copyto(torch.Tensor)",
        'out = np.empty(tuple(t.shape), t.numpy().dtype)\nnp.copyto(out, t)\nout',
        *GATE,
        _KEPT,
        copies(source=documented(f"{_NP_DOCS}/numpy.copyto.html", "Copies values from one array to another, broadcasting as necessary.")),
        *_WRITABLE_COPY,
        _SILENT,
    ),
    _cast(
        "np.ndarray.__setitem__(torch.Tensor)",
        "out = np.empty(tuple(t.shape), np.float64)\nout[...] = t\nout",
        "float64",
        _SEEN,
        True,
        _W_COMPLEX,
        _SILENT_IF_WHOLE,
    ),
    # -- ufuncs: what comes back is a tensor again, made by __array_wrap__
    _out(
        "np.positive(torch.Tensor)",
        "np.positive(t)",
        *GATE,
        refuses("TypeError", when=dtype_in("bool"), source=_SEEN),
        _KEPT,
        values("astype", source=_SEEN),
        copies(source=_SEEN),
        _W_WRAP,
    ),
    _out(
        "np.add(torch.Tensor)",
        "np.add(t, 0)",
        *GATE,
        dtype(_sum_dtype, source=_SEEN),
        # 0 + -0.0 is 0.0, and a complex number's parts have such a sign each.
        values("unspecified", when=dtype_in("float16", "float32", "float64", "complex64", "complex128"), source=_SEEN),
        values("astype", source=_SEEN),
        copies(source=_SEEN),
        _W_WRAP,
    ),
    _out(
        "np.logical_or(torch.Tensor)",
        "np.logical_or(t, False)",
        *GATE,
        dtype("bool", source=documented(f"{_NP_DOCS}/numpy.logical_or.html", "Boolean result of the logical OR operation")),
        values("bits", when=dtype_in("bool"), source=_SEEN),
        values("unspecified", source=_SEEN),
        copies(source=_SEEN),
        _W_WRAP,
    ),
    # -- DLPack
    _out(
        "np.from_dlpack(torch.Tensor)",
        "np.from_dlpack(t)",
        *DLPACK_GATE,
        *_UNSAYABLE,
        accepts(source=_DLPACK_VIEW),
        _KEPT,
        shares(when=~NEG, source=_DLPACK_VIEW),
        *_WRITABLE,
        _SILENT_IF_REAL,
    ),
    _out(
        "np.from_dlpack(torch.Tensor)[copy=True]",
        "np.from_dlpack(t, copy=True)",
        *DLPACK_GATE,
        refuses("BufferError", "RuntimeError", when=FAKE & ~empty, source=_SEEN),
        may_refuse("BufferError", "NotImplementedError", when=NOWHERE, source=_SEEN),
        accepts(source=_DLPACK_COPY),
        _KEPT,
        copies(source=_DLPACK_COPY),
        *_WRITABLE_COPY,
        _SILENT_IF_REAL,
    ),
    _out(
        "np.from_dlpack(torch.Tensor)[copy=False]",
        "np.from_dlpack(t, copy=False)",
        *DLPACK_GATE,
        *_UNSAYABLE,
        accepts(source=_NEVER_COPIES),
        _KEPT,
        shares(when=~NEG, source=_NEVER_COPIES),
        *_WRITABLE,
        _SILENT_IF_REAL,
    ),
    _out(
        "np.from_dlpack(torch.utils.dlpack.to_dlpack)",
        "from types import SimpleNamespace\n"
        "capsule = torch.utils.dlpack.to_dlpack(t)\n"
        "np.from_dlpack(SimpleNamespace(__dlpack__=lambda **_: capsule, __dlpack_device__=lambda: (1, 0)))",
        # A capsule that was asked for by name drops requires_grad; to drop a conjugation would be to change values.
        refuses("BufferError", when=CONJ & TWINS, source=_NEVER_COPIES),
        refuses("BufferError", "RuntimeError", when=OTHER_LAYOUT, source=_SEEN),
        *EXPORT_GATE,
        *_UNSAYABLE,
        _KEPT,
        shares(when=~NEG, source=documented(_TO_DLPACK, "The DLPack capsule shares the tensor's memory.")),
        # Old capsules cannot say whether they may be written: NumPy plays safe.
        writable(False, when=~empty & ~NOWHERE, source=_SEEN),
        _SILENT_IF_REAL,
    ),
    # -- Python numbers
    _out(
        "torch.Tensor.tolist",
        "t.tolist()",
        refuses("RuntimeError", when=OTHER_LAYOUT | META | NESTED | FAKE & ~empty, source=_SEEN),
        refuses("RuntimeError", when=OPAQUE & ~empty, source=_SEEN),
        may_refuse("RuntimeError", when=ZERO | FAKE, source=_SEEN),
        accepts(source=documented(_TOLIST, "Returns the tensor as a (nested) list.")),
        dtype(_python_dtype, source=documented(_TOLIST, "For scalars, a standard Python number is returned, just like with item().")),
        shape(_list_shape, source=documented(_TOLIST, "Returns the tensor as a (nested) list.")),
        _NO_YARDSTICK,
        values("astype", source=documented(_TOLIST, "Returns the tensor as a (nested) list.")),
        _SILENT_IF_COMMON,
    ),
    _out(
        "torch.Tensor.item",
        "t.item()",
        refuses(
            "RuntimeError",
            when=Condition("the tensor has not exactly one element", lambda spec: spec.size != 1),
            source=documented(_ITEM, "This only works for tensors with one element."),
        ),
        refuses("RuntimeError", when=META | NESTED | FAKE | (OPAQUE & ~QUANTIZED), source=_SEEN),
        may_refuse("RuntimeError", when=ZERO | OTHER_LAYOUT, source=_SEEN),
        accepts(source=documented(_ITEM, "Returns the value of this tensor as a standard Python number.")),
        dtype(_python_dtype, source=documented(_ITEM, "Returns the value of this tensor as a standard Python number.")),
        shape(lambda spec: (), source=_SEEN),
        _NO_YARDSTICK,
        values("astype", source=documented(_ITEM, "Returns the value of this tensor as a standard Python number.")),
        _SILENT_IF_COMMON,
    ),
    # -- tensors have no buffer protocol
    _out("memoryview(torch.Tensor)", "memoryview(t)", refuses("TypeError", when=always, source=_SEEN)),
)
