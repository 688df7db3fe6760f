"""Where releases break the promises of conformance.entry_points.tensorflow_in."""

from __future__ import annotations

import numpy as np

from .....strategies import dtypes
from .....strategies.spec import ArraySpec, Spec
from ....promises.conditions import Condition, container_in, ndarray, rank_above, scalar, swapped
from ....promises.deviations import Deviation
from ...words import named, native, rounds_twice, same_dtype
from ..into.constructors import ENTRY_POINTS, hinted
from ..into.words import (
    DOCS,
    beyond_int64,
    buffer,
    exporter,
    extension,
    fits,
    interface,
    np_scalar,
    numbers,
    objects,
    records,
    sequence,
    strings,
    texts,
    timedeltas,
    voids,
)
from .symbolic import signalling, single

_NAMES = tuple(point.name for point in ENTRY_POINTS)
_elements = Condition("the array has elements", lambda spec: spec.size > 0)


def _parts(spec: Spec) -> np.ndarray | None:
    """The floats of an array, real and imaginary parts apart."""
    name = same_dtype(spec)
    if not spec.size or not (name.startswith(("float", "complex")) or name == "bfloat16"):
        return None
    numbers_ = np.frombuffer(spec.values, dtypes.dtype(name))
    return numbers_.view(numbers_.real.dtype) if numbers_.dtype.kind == "c" else numbers_


def _has_zero(spec: Spec) -> bool:
    parts = _parts(spec)
    with np.errstate(invalid="ignore"):  # signalling NaNs
        return parts is not None and bool((parts == 0).any())


_zero = Condition("a number, or its real or imaginary part, is zero", _has_zero)
#: NumPy scalars that are Python floats or complex numbers, too.
_cached = np_scalar & named("float64", "complex128") & _zero


def _subnormal(spec: Spec) -> bool:
    parts = _parts(spec)
    if parts is None:
        return False
    with np.errstate(all="ignore"):
        size = np.abs(parts.astype(np.float64))
    return bool(((size > 0) & (size < 2.0**-126)).any())


_subnormals = Condition("an element is no normal float32", _subnormal)


def _signals(spec: Spec) -> bool:
    raw = np.frombuffer(spec.values, np.uint32)
    return bool((((raw & 0x7F800000) == 0x7F800000) & ((raw & 0x007FFFFF) != 0) & ((raw & 0x00400000) == 0)).any())


_signalling = named("float32", "complex64") & Condition("an element is a signalling NaN", _signals)
_single = Condition("the array has exactly 1 element", lambda spec: spec.size == 1)
_odd_truth = native("bool") & Condition("a truth is stored as other than 0 and 1", lambda spec: max(spec.values, default=0) > 1)
_off_64 = Condition("the address is no multiple of 64", lambda spec: spec.address != 0)
_weightless = Condition("elements have no size, and strides", lambda spec: spec.itemsize == 0 and not spec.is_c)
# Lists count, too: some calls make an array of them first.
_walked = (texts | strings | objects) & ~np_scalar & ~buffer

_ARITHMETIC = ("tf.Tensor ? ndarray", "tf.Tensor == ndarray", "tf.add", "ndarray * tf.Tensor")
#: Forms that make strings of objects as those calls do.
_SYMBOLIC = (
    "tf.function[*",
    "tf.Graph*",
    "tf.compat.v1.*",
    "tf.keras.*",
    "tf.data.Dataset.map*",
    "tf.saved_model*",
    "tf.get_static*",
)
#: Forms whose arrays go through a kernel.
_KERNELS = ("tf.keras.Model*", "tf.data.Dataset.map[closure*")
#: Calls that put their argument into a list.
_OF_ONE = ("tf.stack", "tf.constant[list]", "tf.ragged.constant")
#: Calls that make a list into one dtype and then into another.
_LISTS_CAST = ("tf.experimental.numpy.*", "tf.data.Dataset.*", "tf.py_function*", "tf.numpy_function*")

_unfit = Condition("an element is no int32", lambda spec: hinted(spec) not in (None, "int32"))


def _has_nan(spec: Spec) -> bool:
    if spec.dtype not in ("float16", "float32", "float64", "bfloat16"):
        return False
    numbers = np.frombuffer(spec.values, dtypes.dtype(spec.dtype))
    return bool((numbers != numbers).any())


_not_a_number = Condition("an element is not a number", _has_nan)

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        id="tf-context-nan-as-complex",
        title="A NaN that is cast to complex64 for a constant of a graph loses its payload's signal.",
        package="tensorflow",
        entries=("tf.constant[dtype=complex64]",),
        laws=("contexts",),
        when=_not_a_number,
        url=f"{DOCS}/constant",
        upstream="",
        example=ArraySpec("float16", (1,), (2,), 0, 2, planted=((0, 0x7C01),)),
        shown_by="tf.constant[dtype=complex64]",
        severity="wrong data",
        under=("tf.function",),
    ),
    Deviation(
        id="tf-context-signalling-nan",
        title="What is converted inside tf.function or Dataset.map is a constant of the graph, which quietens signalling NaNs.",
        package="tensorflow",
        entries=("*",),
        laws=("contexts",),
        when=signalling & (single | named("complex64")),
        url=f"{DOCS}/constant",
        upstream="",
        example=ArraySpec("float32", (1,), (4,), 0, 4, planted=((0, 0x7F800001),)),
        shown_by="tf.constant",
        severity="wrong data",
        under=("tf.function", "tf.data.Dataset.map"),
    ),
    Deviation(
        id="tf-proto-list-swallows-errors",
        title="A list of a proto (protobuf before 6) ends at the first element of an array that it refuses, and raises nothing.",
        package="tensorflow",
        entries=("tf.train.Example[int64_list]",),
        laws=("refusal",),
        when=beyond_int64,
        url="https://protobuf.dev/reference/python/python-generated/#repeated-fields",
        upstream="",
        example=ArraySpec("uint64", (), (), 0, 8, planted=((0, 1 << 63),)),
        shown_by="tf.train.Example[int64_list]",
        severity="wrong data",
        releases="<2.20",
    ),
    Deviation(
        id="tf-strings-above-rank-32",
        title="Arrays of strings or objects with more than 32 axes crash the process.",
        package="tensorflow",
        entries=(*_NAMES, *_SYMBOLIC),
        laws=("survival",),
        when=_walked & rank_above(32),
        url=f"{DOCS}/constant",
        upstream="",
        example=ArraySpec("S1", (1,) * 33, (1,) * 33, 0, 1),
        shown_by="tf.constant",
        severity="crash",
    ),
    Deviation(
        id="tf-timedelta-in-list",
        title="A list of timedelta64 crashes the process, becomes plain integers or raises SystemError.",
        package="tensorflow",
        entries=tuple(name for name in _NAMES if name not in _OF_ONE),
        laws=("survival", "refusal"),
        when=sequence & timedeltas,
        url=f"{DOCS}/constant",
        upstream="",
        example=ArraySpec("timedelta64[us]", (1,), (8,), 0, 8, container="list"),
        shown_by="tf.constant",
        severity="crash",
    ),
    Deviation(
        id="tf-records-in-list",
        title="A list of records or voids becomes a float32 tensor of their fields, with one more axis.",
        package="tensorflow",
        entries=tuple(name for name in _NAMES if name not in _OF_ONE),
        laws=("refusal", "values", "shape"),
        when=sequence & (records | voids),
        url=f"{DOCS}/constant",
        upstream="",
        example=ArraySpec("V1", (1,), (1,), 0, 1, container="list"),
        shown_by="tf.constant",
        severity="wrong data",
    ),
    Deviation(
        id="tf-timedelta-array-in-list",
        title="A timedelta64 array in a list crashes the process, or becomes plain integers.",
        package="tensorflow",
        entries=_OF_ONE,
        laws=("survival", "refusal", "values", "dtype"),
        when=timedeltas,
        url=f"{DOCS}/stack",
        upstream="",
        example=ArraySpec("timedelta64[us]", (1,), (8,), 0, 8),
        shown_by="tf.stack",
        severity="crash",
    ),
    Deviation(
        id="tf-records-array-in-list",
        title="An array of records or voids in a list becomes a float32 tensor of their fields, with one more axis.",
        package="tensorflow",
        entries=_OF_ONE,
        laws=("refusal", "values", "shape", "dtype"),
        when=records | voids | interface & extension,
        url=f"{DOCS}/stack",
        upstream="",
        example=ArraySpec("V1", (1,), (1,), 0, 1),
        shown_by="tf.stack",
        severity="wrong data",
    ),
    Deviation(
        id="tf-matrix-in-list",
        title="A list that holds an np.matrix never becomes a tensor: a row of a matrix is a matrix again, and so on for ever.",
        package="tensorflow",
        entries=("tf.constant[list]",),
        laws=("survival",),
        when=container_in("matrix"),
        url=f"{DOCS}/constant",
        upstream="",
        example=ArraySpec("float32", (1, 1), (4, 4), 0, 4, container="matrix"),
        shown_by="tf.constant[list]",
        severity="hang",
    ),
    Deviation(
        id="tf-ragged-matrix",
        title="tf.ragged.constant of an np.matrix recurses until Python ends it: a row of a matrix is a matrix again.",
        package="tensorflow",
        entries=("tf.ragged.constant",),
        laws=("acceptance", "refusal"),
        when=container_in("matrix"),
        url=f"{DOCS}/ragged/constant",
        upstream="",
        example=ArraySpec("float32", (1, 1), (4, 4), 0, 4, container="matrix"),
        shown_by="tf.ragged.constant",
        severity="manners",
    ),
    Deviation(
        id="tf-scalar-cache-zero",
        title="0.0 and -0.0 are one number to the cache of scalars: NumPy scalars take the sign of the first one seen.",
        package="tensorflow",
        entries=_NAMES,
        laws=("values",),
        when=_cached,
        url=f"{DOCS}/constant",
        upstream="",
        example=ArraySpec("float64", (), (), 0, 8, container="scalar", planted=((0, 1 << 63),)),
        shown_by="tf.constant[after 0.0]",
        severity="wrong data",
    ),
    Deviation(
        id="tf-scalar-cache-zero-assigned",
        title="A variable that is assigned 0.0 or -0.0 as a Python number takes the sign of the first one that the process saw.",
        package="tensorflow",
        entries=("tf.Variable.assign[list]*",),
        laws=("values",),
        when=scalar & _zero,  # The list of an array without axes is a number.
        url=f"{DOCS}/Variable",
        upstream="",
        example=ArraySpec("float64", (), (), 0, 8, planted=((0, 1 << 63),)),
        shown_by="tf.Variable.assign[list][after 0.0]",
        severity="wrong data",
    ),
    Deviation(
        id="tf-variable-follows-source",
        title="A variable made of, or assigned, an object with __array__ or __array_interface__ changes with its array.",
        package="tensorflow",
        entries=tuple(name for name in _NAMES if name.startswith("tf.Variable")),
        laws=("memory", "follows"),
        when=exporter & fits & (numbers | extension),
        url=f"{DOCS}/Variable",
        upstream="https://github.com/tensorflow/tensorflow/issues/33254",
        example=ArraySpec("float32", (1,), (4,), 0, 4, container="array"),
        shown_by="tf.Variable",
        severity="memory",
    ),
    Deviation(
        id="tf-dlpack-misaligned",
        title="Kernels kill the process on a tensor that DLPack imported from an address that is no multiple of 64.",
        package="tensorflow",
        entries=("tf.experimental.dlpack.from_dlpack[used]",),
        laws=("survival",),
        when=numbers & _off_64 & _elements,
        url=f"{DOCS}/experimental/dlpack/from_dlpack",
        upstream="https://github.com/tensorflow/tensorflow/pull/36862",
        example=ArraySpec("float32", (1,), (4,), 0, 4, 32),
        shown_by="tf.experimental.dlpack.from_dlpack[used]",
        severity="crash",
    ),
    Deviation(
        id="numpy-dlpack-weightless",
        title="NumPy divides by zero, and dies, when it exports elements of size 0 by DLPack.",
        package="numpy",
        entries=("tf.experimental.dlpack.*",),
        laws=("survival",),
        when=_weightless & container_in("ndarray", "subclass", "matrix", "masked", "dlpack"),
        url="https://numpy.org/doc/stable/reference/generated/numpy.ndarray.__dlpack__.html",
        upstream="",
        example=ArraySpec("S0", (2,), (1,), 0, 1),
        shown_by="tf.experimental.dlpack.from_dlpack",
        severity="crash",
    ),
    Deviation(
        id="tf-proto-byte-order",
        title="Arrays that are not in native byte order are written into protos as if they were.",
        package="tensorflow",
        entries=("tf.make_tensor_proto", "tf.make_ndarray"),
        laws=("values",),
        when=numbers & swapped & Condition("the array has more than 1 element", lambda spec: spec.size > 1),
        url=f"{DOCS}/make_tensor_proto",
        upstream="https://github.com/tensorflow/tensorflow/issues/55789",
        example=ArraySpec(">int32", (2,), (4,), 0, 8, planted=((0, 1),)),
        shown_by="tf.make_ndarray",
        severity="wrong data",
    ),
    Deviation(
        id="tf-proto-signalling-nan",
        title="Protos quieten signalling NaNs of complex64, and of a float32 that is alone; several float32 keep them.",
        package="tensorflow",
        entries=("tf.make_tensor_proto", "tf.make_ndarray"),
        laws=("values",),
        when=_signalling & (_single | native("complex64")),
        url=f"{DOCS}/make_tensor_proto",
        upstream="",
        example=ArraySpec("float32", (1,), (4,), 0, 4, planted=((0, 0x7F800001),)),
        shown_by="tf.make_ndarray",
        severity="wrong data",
    ),
    Deviation(
        id="tf-serialize-odd-bool",
        title="parse_tensor cannot read what serialize_tensor wrote of truths stored as other than 0 and 1.",
        package="tensorflow",
        entries=("tf.io.serialize_tensor",),
        laws=("acceptance",),
        when=_odd_truth,
        url=f"{DOCS}/io/serialize_tensor",
        upstream="",
        example=ArraySpec("bool", (1,), (1,), 0, 1, planted=((0, 2),)),
        shown_by="tf.io.serialize_tensor",
        severity="wrong data",
    ),
    Deviation(
        id="tf-transpose-string-rank",
        title="tf.transpose of strings with more than 8 axes kills the process.",
        package="tensorflow",
        entries=("tf.transpose",),
        laws=("survival",),
        when=(texts | objects)
        & rank_above(8)
        & Condition("2 axes are longer than 1", lambda spec: sum(n > 1 for n in spec.shape) > 1),
        url=f"{DOCS}/transpose",
        upstream="",
        example=ArraySpec("S1", (*(1,) * 7, 2, 2), (*(4,) * 7, 2, 1), 0, 4),
        shown_by="tf.transpose",
        severity="crash",
        releases=">=2.20",
    ),
    Deviation(
        id="tf-list-cast-flushes-subnormals",
        title="The cast of a list or a memoryview turns subnormal numbers into zeros; the cast of an array keeps them.",
        package="tensorflow",
        entries=(*(name for name in _NAMES if "dtype=" in name), *_LISTS_CAST),
        laws=("values",),
        when=(sequence | buffer) & _subnormals,
        url=f"{DOCS}/constant",
        upstream="https://github.com/tensorflow/tensorflow/issues/127905",
        example=ArraySpec("float32", (2,), (4,), 0, 8, container="list", planted=((0, 1),)),
        shown_by="tf.constant[dtype=complex64]",
        severity="wrong data",
    ),
    Deviation(
        id="tf-list-cast-rounds-twice",
        title="A list of float64 is rounded to float32 on its way to float16, so that some numbers come out one step off.",
        package="tensorflow",
        entries=("tf.constant[dtype=float16*",),
        laws=("values",),
        when=(sequence | buffer) & named("float64") & rounds_twice("float64", "float32", "float16"),
        url=f"{DOCS}/constant",
        upstream="",
        example=ArraySpec("float64", (1,), (8,), 0, 8, container="list", planted=((0, 0x3FF0020000000001),)),
        shown_by="tf.constant[dtype=float16]",
        severity="wrong data",
    ),
    Deviation(
        id="tf-number-cast-flushes-subnormals",
        title="The cast of Python numbers turns subnormal ones into zeros; the cast of an array keeps them.",
        package="tensorflow",
        entries=(*(name for name in _NAMES if "dtype=" in name), "tf.cast[float64]"),
        laws=("agreement",),
        when=_subnormals,
        url=f"{DOCS}/constant",
        upstream="https://github.com/tensorflow/tensorflow/issues/127905",
        example=ArraySpec("bfloat16", (), (), 0, 2, planted=((0, 0x4B),)),
        shown_by="tf.constant[dtype=bfloat16]",
        severity="wrong data",
    ),
    Deviation(
        id="tf-kernels-flush-subnormals",
        title="Kernels turn subnormal numbers into zeros, even times 1 and minus 0; NumPy keeps them.",
        package="tensorflow",
        entries=(
            "tf.Variable.assign[list]*",
            "tf.cast[float64]",
            "tf.sparse.from_dense",
            "tf.keras.layers.Identity*",
            *_KERNELS,
            *_ARITHMETIC,
        ),
        laws=("values", "eager_agreement"),
        when=_subnormals,
        url=f"{DOCS}/cast",
        upstream="https://github.com/tensorflow/tensorflow/issues/127905",
        example=ArraySpec("float32", (1,), (4,), 0, 4, planted=((0, 1),)),
        shown_by="tf.cast[float64]",
        severity="wrong data",
    ),
    Deviation(
        id="tf-dtype-hint-casts",
        title="Arrays and scalars obey a dtype_hint that they do not fit: 2**40 becomes 0 and 1.7 becomes 1, in silence.",
        package="tensorflow",
        entries=("tf.convert_to_tensor[dtype_hint=int32]",),
        laws=("dtype",),
        when=_unfit & ~(sequence | buffer),
        url=f"{DOCS}/convert_to_tensor",
        upstream="",
        example=ArraySpec("float32", (1,), (4,), 0, 4, planted=((0, 0x3FD9999A),)),
        shown_by="tf.convert_to_tensor[dtype_hint=int32]",
        severity="wrong data",
    ),
    Deviation(
        id="tf-numpy-big-integer",
        title="tf.experimental.numpy raises SystemError for Python integers beyond 64 bits.",
        package="tensorflow",
        entries=("tf.experimental.numpy.*",),
        laws=("refusal",),
        when=np_scalar & objects,
        url=f"{DOCS}/experimental/numpy/array",
        upstream="",
        example=ArraySpec("object", (), (), 0, 8, container="scalar", planted=((0, dtypes.OBJECTS.index(2**70)),)),
        shown_by="tf.experimental.numpy.array(ndarray)",
        severity="manners",
    ),
    Deviation(
        id="tf-generator-refilled",
        title="Elements of a generator that refills one buffer change after they were yielded: batches repeat the last.",
        package="tensorflow",
        entries=("tf.data.Dataset.from_generator[buffer refilled]*",),
        laws=("values",),
        when=ndarray & numbers & _elements,
        url=f"{DOCS}/data/Dataset#batch",
        upstream="",  # https://github.com/tensorflow/tensorflow/issues/34099 asks to document the same of Keras' fit_generator.
        example=ArraySpec("float32", (1,), (4,), 0, 4, planted=((0, 0x3F800000),)),
        shown_by="tf.data.Dataset.from_generator[buffer refilled][batch]",
        severity="wrong data",
        releases="!=2.18.*",
    ),
    Deviation(
        id="tf-generator-refilled-bool",
        title="Booleans of a generator that refills one buffer change after they were yielded, as other numbers do not in 2.18.",
        package="tensorflow",
        entries=("tf.data.Dataset.from_generator[buffer refilled]*",),
        laws=("values",),
        when=ndarray & named("bool") & _elements,
        url=f"{DOCS}/data/Dataset#batch",
        upstream="",
        example=ArraySpec("bool", (1,), (1,), 0, 1, planted=((0, 1),)),
        shown_by="tf.data.Dataset.from_generator[buffer refilled][batch]",
        severity="wrong data",
        releases="==2.18.*",
    ),
    Deviation(
        id="tf-data-array-float8-e5m2",
        title="tf.data fetches no arrays of float8_e5m2 ahead: UnimplementedError: Converting f8E5M2 to DataType",
        package="tensorflow",
        entries=("tf.data.Dataset.from_generator[prefetch]",),
        laws=("acceptance",),
        when=native("float8_e5m2"),
        url=f"{DOCS}/data/Dataset#prefetch",
        upstream="",
        example=ArraySpec("float8_e5m2", (1,), (1,), 0, 1),
        shown_by="tf.data.Dataset.from_generator[prefetch]",
        severity="manners",
        releases=">=2.19",
    ),
)
