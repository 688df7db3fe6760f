"""TensorFlow to NumPy.

Left out: RaggedTensor, SparseTensor and IndexedSlices (no array, no buffer, no DLPack of their own: `.values` and
friends are plain tensors); symbolic tensors (every way refuses); `tf.py_function` (hands out tensors, not arrays);
`np.frombuffer(t)` and `bytes(t)` (bytes without dtype and shape, through the same buffer as `memoryview`);
`list(t)` and Python's `int`, `float`, `complex` (one element at a time, as `t.numpy()` of it); `np.copy`, `np.ravel`,
`np.reshape`, `np.asanyarray`, `np.ascontiguousarray` (`np.array` or `np.asarray` within); `tf.io.serialize_tensor`
(bytes, not arrays).
"""

from __future__ import annotations

from typing import Any

from conformance.conditions import always, dtype_in, empty, rank_above, scalar, state_in
from conformance.entry_points.common import NP_ARRAY, NP_ASARRAY, NP_FROM_DLPACK
from conformance.promises import (
    Clause,
    EntryPoint,
    Source,
    accepts,
    copies,
    documented,
    dtype,
    immutable,
    may_refuse,
    may_share,
    observed,
    refuses,
    shares,
    values,
    warns,
    writable,
)

_DOCS = "https://www.tensorflow.org/api_docs/python/tf"
_SEEN = observed("tensorflow 2.21")

#: The page that says what `__array__` owes to NumPy.
NP_INTEROPERABILITY = "https://numpy.org/doc/2.4/user/basics.interoperability.html"
IMMUTABLE_TENSORS = "https://www.tensorflow.org/guide/tensor"

_TENSOR = ("plain", "forwarded", "slice", "operation")
_EITHER = (*_TENSOR, "variable")

variable = state_in("variable")
text = dtype_in("string")
text.text = "the dtype is string"
#: NumPy knows these through ml_dtypes only, and Python's buffer protocol has no letter for them.
EXTENDED = (
    "bfloat16 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e4m3b11fnuz float4_e2m1fn int4 uint4 int2 uint2"
).split()
extended = dtype_in(*EXTENDED)
extended.text = "the dtype is one of ml_dtypes"
sub_byte = dtype_in("int4", "uint4", "int2", "uint2")
_QUANTISED = {"qint8": "int8", "quint8": "uint8", "qint16": "int16", "quint16": "uint16", "qint32": "int32"}
quantised = dtype_in(*_QUANTISED)
quantised.text = "the dtype is quantised"
_complex = dtype_in("complex64", "complex128")
#: What DLPack has a code for, and TensorFlow uses it.
_in_dlpack = dtype_in(
    *"bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128".split()
)
_in_dlpack.text = "TensorFlow gives the dtype a DLPack code"


def numpy_dtype(spec: Any) -> str | None:
    """the tensor's dtype; of quantised tensors the plain integers, of strings object"""
    if spec.dtype == "string":
        # What becomes of one string in a variable is for "np.asarray(tf.Variable)" to show, once.
        return None if spec.state == "variable" and not spec.shape else "object"
    return _QUANTISED.get(spec.dtype, spec.dtype)


def numpy_dtype_or_bytes(spec: Any) -> str | None:
    """the tensor's dtype; of quantised tensors the plain integers, of strings object (0-d: Python's bytes)"""
    return None if spec.dtype == "string" and not spec.shape else numpy_dtype(spec)


def own_dtype(spec: Any) -> str:
    """the tensor's dtype"""
    return str(spec.dtype)


# -- clauses that many ways out share ----------------------------------------------------------------------------------

_SAME = dtype(numpy_dtype, source=_SEEN)
_SAME_OR_BYTES = dtype(numpy_dtype_or_bytes, source=_SEEN)
#: Variables are there to be changed; they are not meant.
_IMMUTABLE = immutable(when=~variable, source=documented(IMMUTABLE_TENSORS, "All tensors are immutable like Python numbers and strings"))
#: The texts themselves cannot be compared with the spec's bytes.
_UNREAD_TEXT = values("unspecified", when=text, source=_SEEN)
#: NumPy has no such dtypes, hence no astype of them to compare with.
_UNREAD_QUANTISED = values("unspecified", when=quantised, source=_SEEN)
#: NumPy warns of an `__array__` that takes no `copy`. One that does is silent.
_SILENT = warns(
    "", when=always, source=documented(NP_INTEROPERABILITY, "__array__ must implement 'dtype' and 'copy' keyword arguments")
)
_NO_KERNEL = refuses(
    "InvalidArgumentError",
    when=dtype_in("qint16", "quint16", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e4m3b11fnuz"),
    source=_SEEN,
)
_NO_VARIABLES = refuses("TypeError", "AttributeError", "InvalidArgumentError", when=variable, source=_SEEN)


def _out(name: str, call: str, *promise: Clause, states: tuple[str, ...] = _EITHER) -> EntryPoint:
    return EntryPoint(name, call, "tensorflow", "out", (*promise, _IMMUTABLE, _UNREAD_TEXT), states)


def _view(source: Source = _SEEN) -> tuple[Clause, ...]:
    """A view has the tensor's memory and is not to be written; variables are read into arrays of their own."""
    return copies(when=variable, source=_SEEN), shares(source=source)


def _view_or_scalar(source: Source = _SEEN) -> tuple[Clause, ...]:
    """The same where 0-d tensors become NumPy scalars, which have memory of their own."""
    return copies(when=scalar, source=_SEEN), *_view(source)


def _cast(to: str, docs: str) -> tuple[Clause, ...]:
    """An explicit dtype= gives astype's values."""
    return (
        refuses("ValueError", when=text & ~empty, source=_SEEN),
        dtype(to, source=documented(docs, "dtype: data-type, optional")),
        _UNREAD_QUANTISED,
        values("astype", source=documented(docs, "dtype: data-type, optional")),
        warns("ComplexWarning", when=_complex, source=_SEEN),
    )


_NUMPY_COPIES = copies(
    source=documented(f"{_DOCS}/Tensor", "Tensors are immutable, so this method has to copy the contents to ensure safety."),
)
_NO_COPY = "For False it raises a ValueError if a copy cannot be avoided."

_METHODS = (
    _out("tf.Tensor.numpy", "t.numpy()", _SAME_OR_BYTES, _NUMPY_COPIES),
    # Nothing says whose memory it is: a view that can be written is what breaks the law of immutability.
    _out("tf.Tensor.__array__", "t.__array__()", _SAME_OR_BYTES, *_view_or_scalar()),
    _out("tf.Tensor.__array__[dtype=float64]", "t.__array__(np.float64)", *_cast("float64", NP_INTEROPERABILITY), copies(source=_SEEN)),
    _out(
        "memoryview(tf.Tensor)",
        "memoryview(t)",
        _NO_VARIABLES,
        refuses("ValueError", when=extended, source=_SEEN),
        _SAME,
        shares(source=documented(f"{_DOCS}/Tensor", "Use `memoryview` to get a readonly view of the contents without doing a copy")),
        writable(False, source=documented(f"{_DOCS}/Tensor", "Use `memoryview` to get a readonly view")),
    ),
    _out("tf.get_static_value", "tf.get_static_value(t)", _SAME_OR_BYTES, copies(source=_SEEN), states=_TENSOR),
)


def _numpy_takes(function: str, docs: str, always_copies: bool) -> tuple[EntryPoint, ...]:
    """`np.asarray` and `np.array`, which differ in their default of `copy` only."""
    view = (
        _SAME,
        *_view(),
        _SILENT,
        # Of the others it is the law of immutability that counts.
        writable(False, when=~extended & ~variable, source=_SEEN),
    )
    copy = (_SAME, copies(source=documented(docs, "If True, then the array data is copied.")), _SILENT, writable(True, source=_SEEN))
    name, not_default = f"np.{function}(tf.Tensor)", None if always_copies else True
    return (
        _out(name, f"np.{function}(t)", *(copy if always_copies else view)),
        _out(f"{name}[copy={not_default}]", f"np.{function}(t, copy={not_default})", *(view if always_copies else copy)),
        _out(
            f"{name}[copy=False]",
            f"np.{function}(t, copy=False)",
            # Variables are read into new arrays, and strings become Python's bytes: a copy cannot be avoided.
            refuses("ValueError", when=variable | text, source=documented(docs, _NO_COPY)),
            _SAME,
            shares(source=documented(docs, _NO_COPY)),
        ),
    )


_NUMPY = (
    *_numpy_takes("asarray", NP_ASARRAY, always_copies=False),
    *_numpy_takes("array", NP_ARRAY, always_copies=True),
    _out(
        "np.asarray(tf.Tensor)[dtype=float64]",
        "np.asarray(t, dtype=np.float64)",
        *_cast("float64", NP_ASARRAY),
        shares(when=dtype_in("float64") & ~variable, source=documented(NP_ASARRAY, "No copy is performed if the input is already an ndarray with matching dtype")),
        copies(source=_SEEN),
    ),
    _out("np.array(tf.Tensor)[dtype=float32]", "np.array(t, dtype=np.float32)", *_cast("float32", NP_ARRAY), copies(source=documented(NP_ARRAY))),
    _out("np.asarray(tf.Variable)", "np.asarray(tf.Variable(t))", _NO_KERNEL, _SAME, copies(source=_SEEN), _SILENT, states=_TENSOR),
    _out("tf.Variable.numpy", "tf.Variable(t).numpy()", _NO_KERNEL, _SAME_OR_BYTES, copies(source=_SEEN), states=_TENSOR),
)

_DLPACK_TYPES = (
    _NO_VARIABLES,
    # "Implementations should raise BufferError when the data cannot be exported as DLPack"; this one has its own.
    refuses("InvalidArgumentError", "BufferError", when=~_in_dlpack, source=_SEEN),
    refuses("RuntimeError", "BufferError", when=dtype_in("bfloat16"), source=_SEEN),
)
_CAPSULE = """\
capsule = lambda self, **options: tf.experimental.dlpack.to_dlpack(t)
holder = type("Holder", (), {"__dlpack__": capsule, "__dlpack_device__": lambda self: (1, 0)})
np.from_dlpack(holder())"""

_DLPACK = (
    _out(
        "np.from_dlpack(tf.Tensor)",
        "np.from_dlpack(t)",
        *_DLPACK_TYPES,
        _SAME,
        shares(source=documented(NP_FROM_DLPACK, "Generally, the returned NumPy array is a view of the input object.")),
        writable(False, when=~empty, source=_SEEN),
    ),
    _out(
        "np.from_dlpack(tf.Tensor)[copy=False]",
        "np.from_dlpack(t, copy=False)",
        *_DLPACK_TYPES,
        _SAME,
        shares(source=documented(NP_FROM_DLPACK, "If False, the function will never copy")),
        writable(False, when=~empty, source=_SEEN),
    ),
    _out(
        "np.from_dlpack(tf.Tensor)[copy=True]",
        "np.from_dlpack(t, copy=True)",
        _NO_VARIABLES,
        may_refuse(
            "RuntimeError", "BufferError", source=documented(NP_FROM_DLPACK, "the exporter who may or may not implement the capability")
        ),
        _SAME,
        copies(source=documented(NP_FROM_DLPACK, "If True, the copy will be made.")),
    ),
    _out(
        "np.from_dlpack(tf.experimental.dlpack.to_dlpack)",
        _CAPSULE,
        *_DLPACK_TYPES,
        _SAME,
        shares(source=documented(f"{_DOCS}/experimental/dlpack/to_dlpack", "A PyCapsule ... which shares the underlying memory")),
        writable(False, when=~empty, source=_SEEN),
    ),
)

_ITERATOR = "iterator which converts all elements of the dataset to numpy"
_AS_NUMPY_ITERATOR = documented(f"{_DOCS}/data/Dataset#as_numpy_iterator", _ITERATOR)
_DATASETS = (
    _out(
        "tf.data.Dataset.as_numpy_iterator[from_tensors]",
        "next(tf.data.Dataset.from_tensors(t).as_numpy_iterator())",
        accepts(source=_AS_NUMPY_ITERATOR),
        _SAME_OR_BYTES,
        copies(when=scalar, source=_SEEN),
        may_share(when=variable, source=_SEEN),
        shares(source=_SEEN),
        writable(False, when=~scalar, source=_SEEN),
    ),
    _out(
        "tf.data.Dataset.as_numpy_iterator[from_tensor_slices]",
        "next(tf.data.Dataset.from_tensor_slices(tf.expand_dims(t, 0)).as_numpy_iterator())",
        accepts(source=_AS_NUMPY_ITERATOR),
        _SAME_OR_BYTES,
        # Rows that start at a multiple of 64 share, others are copied; the first always does.
        may_share(source=_SEEN),
        writable(False, when=~scalar, source=_SEEN),
    ),
)

_PROTO = (
    _out(
        "tf.make_ndarray(tf.make_tensor_proto)",
        "tf.make_ndarray(tf.make_tensor_proto(t))",
        accepts(source=documented(f"{_DOCS}/make_ndarray", "Create a numpy ndarray with the same shape and data as the tensor.")),
        _SAME,
        # Of the byte that holds a smaller number, the bits beyond the number are dropped.
        values("unspecified", when=sub_byte, source=_SEEN),
        copies(source=_SEEN),
    ),
)

_KEEPS = "tf.numpy_function(lambda x: kept.append(x) or True, [{}], tf.bool)"
_FUNCTIONS = (
    _out(
        "tf.numpy_function[eager]",
        f"kept = []\n{_KEEPS.format('t')}\nkept[0]",
        _SAME,
        copies(source=_SEEN),
        _SILENT,
    ),
    _out(
        "tf.numpy_function[tf.function]",
        f"kept = []\ntf.function(lambda y: {_KEEPS.format('y')}, autograph=False)(t)\nkept[0]",
        _SAME_OR_BYTES,
        may_share(source=_SEEN),
        _SILENT,
    ),
    _out(
        "np.subtract(tf.Tensor)",
        "np.subtract(t, 0)",
        refuses("TypeError", when=text & ~empty, source=_SEEN),
        dtype("int64", when=dtype_in("bool"), source=_SEEN),
        dtype("int8", when=sub_byte, source=_SEEN),
        _SAME,
        # As in `tf.make_ndarray`, the unused bits of the source's byte do not come along.
        values("unspecified", when=dtype_in("float4_e2m1fn"), source=_SEEN),
        _UNREAD_QUANTISED,
        values("astype", source=documented("https://numpy.org/doc/2.4/reference/generated/numpy.subtract.html")),
        copies(source=_SEEN),
        writable(True, when=~scalar, source=_SEEN),
    ),
    _out("np.stack(tf.Tensor)", "np.stack([t, t])[0]", refuses("IndexError", when=rank_above(63), source=_SEEN), _SAME_OR_BYTES, copies(source=_SEEN)),
    _out(
        "numpy.ndarray.__setitem__(tf.Tensor)",
        "array = np.empty(t.shape, np.asarray(t.numpy()).dtype)\narray[...] = t\narray",
        copies(source=documented("https://numpy.org/doc/2.4/user/basics.indexing.html#assigning-values-to-indexed-arrays")),
    ),
)

_TNP = f"{_DOCS}/experimental/numpy"
_ONLY_IF = "Since Tensors are immutable, a copy is made only if val is placed on a different device than the current one."
_EXPERIMENTAL = tuple(
    _out(
        f"tf.experimental.numpy.{function}",
        f"tf.experimental.numpy.{function}(t)",
        dtype(own_dtype, source=_SEEN),
        # A variable's value is a tensor in the variable's memory until the variable changes.
        may_share(when=variable, source=_SEEN),
        shares(source=source),
        writable(False, source=documented(IMMUTABLE_TENSORS, "All tensors are immutable")),
    )
    for function, source in (("array", documented(f"{_TNP}/array", _ONLY_IF)), ("asarray", _SEEN), ("copy", _SEEN))
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (*_METHODS, *_NUMPY, *_DLPACK, *_DATASETS, *_PROTO, *_FUNCTIONS, *_EXPERIMENTAL)
