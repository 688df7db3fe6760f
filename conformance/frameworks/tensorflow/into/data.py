"""NumPy to TensorFlow: DLPack, protos and bytes, datasets, Python functions, ragged and sparse tensors.

Looked at and left out: StagingArea, queues, lookup tables, checkpoints, TFRecord and tf.train.Example (lists of Python
numbers), feeding a session, tf.distribute, DTensor.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .....strategies import dtypes
from .....strategies.spec import Spec
from ....promises import (
    Clause,
    EntryPoint,
    accepts,
    contexts,
    copies,
    documented,
    dtype,
    may_refuse,
    may_share,
    refuses,
    shares,
    type_,
    values,
)
from ....promises.conditions import (
    Condition,
    container_in,
    contiguous,
    dtype_in,
    empty,
    ndarray,
    partial_stride,
    rank_above,
    readonly,
    scalar,
    swapped,
)
from ...words import native, same_dtype
from .ops import without
from .words import (
    CAUTION,
    CONVERSION,
    CONVERTED,
    DOCS,
    FORWARDED,
    IMMUTABLE,
    NO_BOOL_BY_DLPACK,
    OF_ITS_OWN_IN_GRAPHS,
    SEEN,
    SHAPE,
    SHAPE_UNKNOWN_IN_GRAPHS,
    VALUES,
    buffer,
    clean_bits,
    dlpack_object,
    entry,
    exporter,
    fits,
    interface,
    np_scalar,
    numbers,
    objects,
    rare,
    sequence,
    signed_bits,
    strings,
    strings_too,
    taken,
    texts,
)

_ANY = (
    "TypeError",
    "ValueError",
    "InvalidArgumentError",
    "UnimplementedError",
    "NotFoundError",
    "NotImplementedError",
    "RuntimeError",
)

# -- DLPack -------------------------------------------------------------------------------------------------------------------

_FROM_DLPACK = documented(
    f"{DOCS}/experimental/dlpack/from_dlpack",
    "The returned tensor uses the memory shared by dlpack capsules from other framework.",
)
_exports = container_in("ndarray", "subclass", "matrix", "masked", "dlpack")
_DLPACK: tuple[Clause, ...] = (
    refuses("AttributeError", when=~_exports, source=SEEN),  # Python's: they have no __dlpack__.
    refuses("BufferError", when=~numbers | swapped | readonly, source=SEEN),  # NumPy's.
    may_refuse("BufferError", "InvalidArgumentError", when=partial_stride, source=SEEN),
    refuses("InvalidArgumentError", when=~contiguous, source=SEEN),
    *NO_BOOL_BY_DLPACK,
    accepts(source=_FROM_DLPACK),
    dtype(same_dtype, source=SEEN),
)
_CAPSULE = "tf.experimental.dlpack.from_dlpack(a.__dlpack__())"

# -- protos and bytes ------------------------------------------------------------------------------------------------------------

_PROTO = documented(f"{DOCS}/make_tensor_proto", "Create a TensorProto.")
_small = native("int4", "uint4", "int2", "uint2")


#: Protos have no place for some dtypes, and refuse swapped ones here and there; what they take they must keep.
_PROTOS: tuple[Clause, ...] = (
    may_refuse(*_ANY, when=sequence | buffer | objects, source=SEEN),
    refuses("TypeError", when=dlpack_object | strings & ~np_scalar, source=SEEN),
    refuses("TypeError", "ValueError", when=interface & ~(numbers | texts), source=SEEN),
    refuses("TypeError", when=~(taken | strings), source=SEEN),
    may_refuse("TypeError", when=swapped | native("float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e4m3b11fnuz"), source=SEEN),
    dtype(lambda spec: None, when=sequence | buffer | objects, source=SEEN),
    *SHAPE,
    *VALUES,
    copies(source=_PROTO),
)
_DECODE_RAW = documented(f"{DOCS}/io/decode_raw", "little_endian: Whether the input_bytes data is in little-endian format.")
_decodable = (numbers | native("bfloat16")) & ~dtype_in("uint32", ">uint32", "uint64", ">uint64", "ulonglong")

# -- sparse ----------------------------------------------------------------------------------------------------------------------


def dense(spec: Spec) -> bytes:
    """zeros lose their sign"""
    name = same_dtype(spec)
    if not name.startswith(("float", "bfloat", "complex")):
        return spec.values  # type: ignore[no-any-return]
    array = np.frombuffer(spec.values, dtypes.dtype(name)).copy()
    with np.errstate(all="ignore"):
        array[array == 0] = 0
    return array.tobytes()


#: np.asarray first: everything that NumPy can read is an array, with a dtype.
_AS_ARRAY: tuple[Clause, ...] = (
    refuses(*_ANY, when=dlpack_object, source=SEEN),
    may_refuse(*_ANY, when=interface & ~(numbers | texts) | objects | sequence & empty, source=SEEN),
    refuses(*_ANY, when=~taken, source=SEEN),
)
_ARRAY_DTYPE: tuple[Clause, ...] = (
    dtype(lambda spec: None, when=objects | sequence & empty, source=SEEN),
    dtype("string", when=texts | strings, source=SEEN),
    dtype(same_dtype, source=SEEN),
)

_D = "tf.constant(a).dtype"
_no_slices = Condition("there is no slice", lambda spec: spec.shape[:1] == (0,))
_KEPT = dtype(lambda spec: None, when=sequence | buffer, source=SEEN)  # Arrays in lists keep their dtype here and lose it there.
_LISTED_STRINGS = may_refuse("ValueError", when=sequence & strings, source=SEEN)
_FUNCTION = documented(f"{DOCS}/numpy_function", "Input and output numpy.ndarrays of func are not guaranteed to be copies.")


_FROM_DENSE = documented(f"{DOCS}/sparse/from_dense", "Only elements not equal to zero will be present in the result.")


_BATCH = documented(f"{DOCS}/data/Dataset", "Combines consecutive elements of this dataset into batches.")
#: A generator with one buffer, at an address that TensorFlow likes: the array, then zeros. The first of the batch is the array.
_REFILLED = f"""x = np.asarray(a)
room = np.empty(x.nbytes + 64, np.uint8)
b = room[-room.ctypes.data % 64 :][: x.nbytes].view(x.dtype.newbyteorder("=")).reshape(x.shape)
def refill():
    b[...] = x
    yield b
    b[...] = 0
    yield b
element = tf.TensorSpec(x.shape, {_D})
tf.unstack(next(iter(tf.data.Dataset.from_generator(refill, output_signature=element).batch(2))))[0]"""
_numbers_in_arrays = ndarray & numbers


def _shared(source: Any) -> tuple[Clause, ...]:
    return (copies(when=~fits, source=SEEN), may_share(source=source))


ENTRY_POINTS: tuple[EntryPoint, ...] = (
    entry("tf.experimental.dlpack.from_dlpack", _CAPSULE, *_DLPACK, shares(source=_FROM_DLPACK)),
    # What is imported must also be usable.
    entry(
        "tf.experimental.dlpack.from_dlpack[used]",
        f"t = {_CAPSULE}\ntf.unstack(tf.stack([t, t]))[0]",
        OF_ITS_OWN_IN_GRAPHS,
        *_DLPACK,
    ),
    entry(
        "tf.make_tensor_proto",
        "p = tf.make_tensor_proto(a)\ntf.io.parse_tensor(p.SerializeToString(), p.dtype)",
        SHAPE_UNKNOWN_IN_GRAPHS,
        values(signed_bits, when=_small, source=SEEN),
        *_PROTOS,
        dtype("string", when=strings_too, source=SEEN),
        dtype(same_dtype, source=SEEN),
    ),
    entry(
        "tf.make_ndarray",
        "tf.make_ndarray(tf.make_tensor_proto(a))",
        OF_ITS_OWN_IN_GRAPHS,
        type_("numpy.ndarray", source=SEEN),
        values(clean_bits, when=_small, source=SEEN),
        *_PROTOS,
        dtype("object", when=strings_too, source=SEEN),
        dtype(same_dtype, source=SEEN),
    ),
    entry(
        "tf.io.serialize_tensor",
        f"tf.io.parse_tensor(tf.io.serialize_tensor(a), {_D})",
        SHAPE_UNKNOWN_IN_GRAPHS,
        # What is true but not 1 becomes 1 on its way into a graph.
        contexts("tf.function", "tf.data.Dataset.map", when=native("bool"), source=SEEN),
        *without(rare),
        *CONVERTED,
    ),
    entry(
        "tf.io.decode_raw",
        "b = np.asarray(a)\ntf.reshape(tf.io.decode_raw(b.tobytes(), b.dtype), b.shape)",
        *_AS_ARRAY,
        refuses(*_ANY, when=~_decodable, source=SEEN),
        values("unspecified", when=swapped, source=_DECODE_RAW),
        *_ARRAY_DTYPE,
        *SHAPE,
        copies(source=IMMUTABLE),
    ),
    entry(
        "tf.data.Dataset.from_tensors",
        "tf.data.Dataset.from_tensors(a).get_single_element()",
        may_refuse(*_ANY, when=sequence | buffer | strings | objects, source=SEEN),
        _KEPT,
        *CONVERTED,
    ),
    entry(
        "tf.data.Dataset.from_tensor_slices",
        "n = np.shape(a)[0]\ntf.data.Dataset.from_tensor_slices(a).batch(n).get_single_element()",
        SHAPE_UNKNOWN_IN_GRAPHS,
        refuses(*_ANY, "IndexError", when=scalar | dlpack_object | _no_slices | rare & ~sequence & ~buffer, source=SEEN),
        may_refuse(*_ANY, when=sequence | buffer | strings | objects, source=SEEN),
        _KEPT,
        *CONVERSION,
        copies(source=IMMUTABLE),
    ),
    # Elements that are fetched ahead of time, in another thread.
    entry(
        "tf.data.Dataset.from_tensor_slices[prefetch]",
        "n = np.shape(a)[0]\nnext(iter(tf.data.Dataset.from_tensor_slices(a).prefetch(1).batch(n).prefetch(1)))",
        refuses(*_ANY, "IndexError", when=scalar | dlpack_object | _no_slices | rare & ~sequence & ~buffer, source=SEEN),
        may_refuse(*_ANY, when=sequence | buffer | strings | objects, source=SEEN),
        _KEPT,
        *CONVERSION,
        copies(source=IMMUTABLE),
    ),
    # What the generator yields is read by NumPy and handed on by a Python function, which shares what fits: a generator that
    # refills one buffer changes the elements that it has yielded.
    entry(
        "tf.data.Dataset.from_generator",
        f"element = tf.TensorSpec(np.shape(a), {_D})\n"
        "tf.data.Dataset.from_generator(lambda: [a], output_signature=element).get_single_element()",
        _LISTED_STRINGS,
        _KEPT,
        *CONVERSION,
        *_shared(CAUTION),
    ),
    entry(
        "tf.data.Dataset.from_generator[prefetch]",
        f"element = tf.TensorSpec(np.shape(a), {_D})\n"
        "d = tf.data.Dataset.from_generator(lambda: (a for _ in range(3)), output_signature=element)\n"
        "next(iter(d.prefetch(1)))",
        _LISTED_STRINGS,
        _KEPT,
        *CONVERSION,
        *_shared(CAUTION),
    ),
    entry(
        "tf.data.Dataset.from_generator[buffer refilled][batch]",
        _REFILLED,
        OF_ITS_OWN_IN_GRAPHS,
        # The other calls are asked about whatever is no array of numbers.
        refuses(*_ANY, when=dlpack_object, source=SEEN),
        may_refuse(*_ANY, when=~_numbers_in_arrays, source=SEEN),
        values("unspecified", when=~_numbers_in_arrays, source=SEEN),
        accepts(source=_BATCH),
        _KEPT,
        *_ARRAY_DTYPE,
        *SHAPE,
        copies(source=_BATCH),
    ),
    entry(
        "tf.numpy_function[input]",
        f"tf.numpy_function(lambda x: x, [a], {_D})",
        SHAPE_UNKNOWN_IN_GRAPHS,
        _LISTED_STRINGS,
        _KEPT,
        *CONVERSION,
        *_shared(_FUNCTION),
    ),
    entry(
        "tf.numpy_function[output]",
        f"tf.numpy_function(lambda: np.asarray(a), [], {_D})",
        SHAPE_UNKNOWN_IN_GRAPHS,
        _LISTED_STRINGS,
        _KEPT,
        *CONVERSION,
        *_shared(_FUNCTION),
    ),
    entry("tf.py_function[input]", f"tf.py_function(lambda x: x, [a], {_D})", SHAPE_UNKNOWN_IN_GRAPHS, *CONVERSION, *FORWARDED),
    entry(
        "tf.py_function[output]",
        f"tf.py_function(lambda: np.asarray(a), [], {_D})",
        SHAPE_UNKNOWN_IN_GRAPHS,
        *CONVERSION,
        *_shared(CAUTION),
    ),
    entry("tf.TensorArray", f"tf.TensorArray({_D}, 1).write(0, a).read(0)", *CONVERTED),
    entry(
        "tf.RaggedTensor",
        "tf.RaggedTensor.from_row_lengths(a, [len(a)]).flat_values",
        may_refuse(*_ANY, when=objects, source=SEEN),
        refuses(*_ANY, when=scalar | exporter | dlpack_object, source=SEEN),  # Python's: they have no len().
        *CONVERTED,
    ),
    entry(
        "tf.sparse.from_dense",
        "tf.sparse.to_dense(tf.sparse.from_dense(a))",
        *without(scalar | rare),
        may_refuse(*_ANY, when=rank_above(7), source=SEEN),
        values("unspecified", when=sequence | buffer, source=SEEN),
        values(dense, source=_FROM_DENSE),
        *CONVERTED,
    ),
)
