"""TensorFlow to NumPy.

Left out: RaggedTensor, SparseTensor and IndexedSlices (no array, no buffer, no DLPack of their own: `.values` and
friends are plain tensors); symbolic tensors (every way refuses); `tf.py_function` (hands out tensors, not arrays);
`np.frombuffer(t)` and `bytes(t)` (bytes without dtype and shape, through the same buffer as `memoryview`);
`list(t)` and Python's `int`, `float`, `complex` (one element at a time, as `t.numpy()` of it); `np.copy`, `np.ravel`,
`np.reshape`, `np.asanyarray`, `np.ascontiguousarray` (`np.array` or `np.asarray` within); `tf.io.serialize_tensor`
(bytes, not arrays).
"""

from __future__ import annotations

from ....promises import (
    EntryPoint,
    accepts,
    copies,
    documented,
    dtype,
    during,
    may_refuse,
    may_share,
    refuses,
    shape,
    shares,
    strides,
    values,
    writable,
)
from ....promises.conditions import dtype_in, empty, rank_above, scalar
from ...words import NP_ARRAY, NP_ASARRAY, NP_FROM_DLPACK
from .words import (
    AN_ARRAY,
    AN_ARRAY_OR_SCALAR,
    DOCS,
    IMMUTABLE_TENSORS,
    NO_KERNEL,
    NO_VARIABLES,
    SAME,
    SAME_OR_BYTES,
    SEEN,
    SILENT,
    TENSOR,
    cast,
    extended,
    in_dlpack,
    own_dtype,
    sub_byte,
    text,
    variable,
    view,
    view_or_scalar,
    way_out,
)

_NUMPY_COPIES = copies(
    source=documented(f"{DOCS}/Tensor", "Tensors are immutable, so this method has to copy the contents to ensure safety."),
)
_COPIED_IF_NEEDED = "copied only if needed, ... to satisfy any of the other requirements (dtype, order, etc.)"
_NO_COPY = "For False it raises a ValueError if a copy cannot be avoided."

_METHODS = (
    way_out("tf.Tensor.numpy", "t.numpy()", SAME_OR_BYTES, AN_ARRAY_OR_SCALAR, _NUMPY_COPIES),
    # Nothing says whose memory it is: a view that can be written is what breaks the law of immutability.
    way_out("tf.Tensor.__array__", "t.__array__()", SAME_OR_BYTES, AN_ARRAY_OR_SCALAR, *view_or_scalar()),
    way_out(
        "tf.Tensor.__array__[dtype=float64]",
        "t.__array__(np.float64)",
        *cast("float64", SEEN),
        copies(source=SEEN),
    ),
    way_out(
        "memoryview(tf.Tensor)",
        "memoryview(t)",
        NO_VARIABLES,
        refuses("ValueError", when=extended, source=SEEN),
        SAME,
        shares(
            source=documented(f"{DOCS}/Tensor", "Use `memoryview` to get a readonly view of the contents without doing a copy")
        ),
        writable(False, source=documented(f"{DOCS}/Tensor", "Use `memoryview` to get a readonly view")),
    ),
    way_out(
        "tf.get_static_value", "tf.get_static_value(t)", SAME_OR_BYTES, AN_ARRAY_OR_SCALAR, copies(source=SEEN), states=TENSOR
    ),
)


_ORDER = documented(NP_ARRAY, "Specify the memory layout of the array.")


def _numpy_takes(function: str, docs: str, always_copies: bool) -> tuple[EntryPoint, ...]:
    """`np.asarray` and `np.array`, which differ in their default of `copy` only."""
    as_view = (
        SAME,
        AN_ARRAY,
        *view(),
        SILENT,
        # Of the others it is the law of immutability that counts.
        writable(False, when=~extended & ~variable, source=SEEN),
    )
    as_copy = (
        SAME,
        AN_ARRAY,
        copies(
            source=documented(
                docs, f"If True{' (default), then the array data' if always_copies else ', then the object'} is copied."
            )
        ),
        SILENT,
        writable(True, source=SEEN),
    )
    name, not_default = f"np.{function}(tf.Tensor)", None if always_copies else True
    return (
        way_out(name, f"np.{function}(t)", *(as_copy if always_copies else as_view)),
        way_out(f"{name}[copy={not_default}]", f"np.{function}(t, copy={not_default})", *(as_view if always_copies else as_copy)),
        way_out(
            f"{name}[copy=False]",
            f"np.{function}(t, copy=False)",
            # Variables are read into new arrays, and strings become Python's bytes: a copy cannot be avoided.
            refuses("ValueError", when=variable | text, source=documented(docs, _NO_COPY)),
            SAME,
            shares(source=documented(docs, _NO_COPY)),
        ),
    )


_NUMPY = (
    *_numpy_takes("asarray", NP_ASARRAY, always_copies=False),
    *_numpy_takes("array", NP_ARRAY, always_copies=True),
    way_out(
        "np.asarray(tf.Tensor)[dtype=float64]",
        "np.asarray(t, dtype=np.float64)",
        *cast("float64", documented(NP_ASARRAY, _COPIED_IF_NEEDED)),
        shares(
            when=dtype_in("float64") & ~variable,
            source=documented(NP_ASARRAY, _COPIED_IF_NEEDED),
        ),
        copies(source=SEEN),
    ),
    way_out(
        "np.array(tf.Tensor)[dtype=float32]",
        "np.array(t, dtype=np.float32)",
        *cast("float32", documented(NP_ARRAY, "The desired data-type for the array.")),
        copies(source=documented(NP_ARRAY, "If True (default), then the array data is copied.")),
    ),
    # -- several keywords at once
    way_out(
        "np.asarray(tf.Tensor)[dtype=float64, copy=False]",
        "np.asarray(t, dtype=np.float64, copy=False)",
        refuses("ValueError", when=~dtype_in("float64") | variable, source=documented(NP_ASARRAY, _NO_COPY)),
        SAME,
        shares(source=documented(NP_ASARRAY, _NO_COPY)),
    ),
    way_out(
        "np.array(tf.Tensor)[order=F]",
        "np.array(t, order='F')",
        SAME,
        AN_ARRAY,
        copies(source=documented(NP_ARRAY, "If True (default), then the array data is copied.")),
        strides("F", source=_ORDER),
        SILENT,
        writable(True, source=SEEN),
    ),
    way_out(
        "np.array(tf.Tensor)[dtype=float32, order=F]",
        "np.array(t, dtype=np.float32, order='F')",
        *cast("float32", documented(NP_ARRAY, "The desired data-type for the array.")),
        copies(source=documented(NP_ARRAY, "If True (default), then the array data is copied.")),
        strides("F", source=_ORDER),
    ),
    way_out(
        "np.array(tf.Tensor)[dtype=float64, ndmin=3]",
        "np.array(t, dtype=np.float64, ndmin=3)",
        *cast("float64", documented(NP_ARRAY, "The desired data-type for the array.")),
        copies(source=documented(NP_ARRAY, "If True (default), then the array data is copied.")),
        shape(
            lambda spec: (1,) * (3 - len(spec.shape)) + spec.shape,
            source=documented(NP_ARRAY, "Specifies the minimum number of dimensions that the resulting array should have."),
        ),
    ),
    way_out(
        "np.array(list[tf.Tensor])",
        "np.array([t, t])[1]",
        refuses("ValueError", when=rank_above(63), source=SEEN),
        SAME_OR_BYTES,
        copies(source=documented(NP_ARRAY, "If True (default), then the array data is copied.")),
    ),
    way_out("np.asarray(tf.Variable)", "np.asarray(tf.Variable(t))", NO_KERNEL, SAME, copies(source=SEEN), SILENT, states=TENSOR),
    way_out(
        "tf.Variable.numpy",
        "tf.Variable(t).numpy()",
        NO_KERNEL,
        SAME_OR_BYTES,
        AN_ARRAY_OR_SCALAR,
        copies(source=SEEN),
        states=TENSOR,
    ),
)

_DLPACK_TYPES = (
    NO_VARIABLES,
    # The array API standard recommends BufferError (https://github.com/data-apis/array-api/pull/498); this has its own.
    refuses("InvalidArgumentError", "BufferError", when=~in_dlpack, source=SEEN),
    refuses("RuntimeError", "BufferError", when=dtype_in("bfloat16"), source=SEEN),
)
_CAPSULE = """\
capsule = lambda self, **options: tf.experimental.dlpack.to_dlpack(t)
holder = type("Holder", (), {"__dlpack__": capsule, "__dlpack_device__": lambda self: (1, 0)})
np.from_dlpack(holder())"""

_DLPACK = (
    way_out(
        "np.from_dlpack(tf.Tensor)",
        "np.from_dlpack(t)",
        *_DLPACK_TYPES,
        SAME,
        AN_ARRAY,
        shares(source=documented(NP_FROM_DLPACK, "Generally, the returned NumPy array is a view of the input object.")),
        writable(False, when=~empty, source=SEEN),
    ),
    way_out(
        "np.from_dlpack(tf.Tensor)[copy=False]",
        "np.from_dlpack(t, copy=False)",
        *_DLPACK_TYPES,
        SAME,
        AN_ARRAY,
        shares(source=documented(NP_FROM_DLPACK, "If False, the function will never copy")),
        writable(False, when=~empty, source=SEEN),
    ),
    *(
        way_out(
            f"np.from_dlpack(tf.Tensor)[{options}]",
            f"np.from_dlpack(t, {arguments})",
            NO_VARIABLES,
            may_refuse(
                "RuntimeError",
                "BufferError",
                source=documented(NP_FROM_DLPACK, "the exporter who may or may not implement the capability"),
            ),
            SAME,
            copies(source=documented(NP_FROM_DLPACK, "If True, the copy will be made.")),
        )
        for options, arguments in (("copy=True", "copy=True"), ("device=cpu, copy=True", "device='cpu', copy=True"))
    ),
    way_out(
        "np.from_dlpack(tf.experimental.dlpack.to_dlpack)",
        _CAPSULE,
        *_DLPACK_TYPES,
        SAME,
        AN_ARRAY,
        shares(source=documented(f"{DOCS}/experimental/dlpack/to_dlpack", "A PyCapsule ... which shares the underlying memory")),
        writable(False, when=~empty, source=SEEN),
    ),
)

_ITERATOR = "iterator which converts all elements of the dataset to numpy"
_AS_NUMPY_ITERATOR = documented(f"{DOCS}/data/Dataset#as_numpy_iterator", _ITERATOR)
_DATASETS = (
    way_out(
        "tf.data.Dataset.as_numpy_iterator[from_tensors]",
        "next(tf.data.Dataset.from_tensors(t).as_numpy_iterator())",
        accepts(source=_AS_NUMPY_ITERATOR),
        SAME_OR_BYTES,
        copies(when=scalar, source=SEEN),
        may_share(when=variable, source=SEEN),
        shares(source=SEEN),
        writable(False, when=~scalar, source=SEEN),
    ),
    way_out(
        "tf.data.Dataset.as_numpy_iterator[from_tensor_slices]",
        "next(tf.data.Dataset.from_tensor_slices(tf.expand_dims(t, 0)).as_numpy_iterator())",
        accepts(source=_AS_NUMPY_ITERATOR),
        SAME_OR_BYTES,
        # Rows that start at a multiple of 64 share, others are copied; the first always does.
        may_share(source=SEEN),
        writable(False, when=~scalar, source=SEEN),
    ),
)

_PROTO = (
    way_out(
        "tf.make_ndarray(tf.make_tensor_proto)",
        "tf.make_ndarray(tf.make_tensor_proto(t))",
        accepts(source=documented(f"{DOCS}/make_ndarray", "Create a numpy ndarray with the same shape and data as the tensor.")),
        SAME,
        copies(source=SEEN),
    ),
)

_SUBTRACT = "https://numpy.org/doc/2.4/reference/generated/numpy.subtract.html"
_KEEPS = "tf.numpy_function(lambda x: kept.append(x) or True, [{}], tf.bool)"
_FUNCTIONS = (
    way_out(
        "tf.numpy_function[eager]",
        f"kept = []\n{_KEEPS.format('t')}\nkept[0]",
        SAME,
        copies(source=SEEN),
        SILENT,
    ),
    way_out(
        "tf.numpy_function[tf.function]",
        f"kept = []\ntf.function(lambda y: {_KEEPS.format('y')}, autograph=False)(t)\nkept[0]",
        SAME_OR_BYTES,
        may_share(source=SEEN),
        SILENT,
    ),
    way_out(
        "np.subtract(tf.Tensor)",
        "np.subtract(t, 0)",
        refuses("TypeError", when=text & ~empty, source=SEEN),
        dtype("int64", when=dtype_in("bool"), source=SEEN),
        *during("numpy<2.0", dtype(lambda spec: None, when=scalar, source=SEEN)),  # By the value, not the dtype alone.
        *during("tensorflow<2.19", dtype(lambda spec: None, when=extended, source=SEEN)),  # As its ml_dtypes promotes.
        dtype("int8", when=sub_byte, source=SEEN),
        SAME,
        # Half of the byte means nothing, and does not come along.
        values("unspecified", when=dtype_in("float4_e2m1fn"), source=SEEN),
        values("astype", source=documented(_SUBTRACT, "Subtract arguments, element-wise.")),
        copies(source=SEEN),
        writable(True, when=~scalar, source=SEEN),
    ),
    way_out(
        "np.stack(tf.Tensor)",
        "np.stack([t, t])[0]",
        refuses("IndexError", when=rank_above(63), source=SEEN),
        SAME_OR_BYTES,
        copies(source=SEEN),
    ),
    way_out(
        "numpy.ndarray.__setitem__(tf.Tensor)",
        "array = np.empty(t.shape, np.asarray(t.numpy()).dtype)\narray[...] = t\narray",
        copies(source=documented("https://numpy.org/doc/2.4/user/basics.indexing.html#assigning-values-to-indexed-arrays")),
    ),
)

_TNP = f"{DOCS}/experimental/numpy"
_ONLY_IF = "Since Tensors are immutable, a copy is made only if val is placed on a different device than the current one."
_EXPERIMENTAL = tuple(
    way_out(
        f"tf.experimental.numpy.{function}",
        f"tf.experimental.numpy.{function}(t)",
        dtype(own_dtype, source=SEEN),
        # A variable's value is a tensor in the variable's memory until the variable changes.
        may_share(when=variable, source=SEEN),
        shares(source=source),
        writable(False, source=documented(IMMUTABLE_TENSORS, "All tensors are immutable")),
    )
    for function, source in (("array", documented(f"{_TNP}/array", _ONLY_IF)), ("asarray", SEEN), ("copy", SEEN))
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (*_METHODS, *_NUMPY, *_DLPACK, *_DATASETS, *_PROTO, *_FUNCTIONS, *_EXPERIMENTAL)
