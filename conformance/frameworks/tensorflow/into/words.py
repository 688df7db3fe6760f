"""Words that all promises of NumPy to TensorFlow use: inputs, sources, and the clauses that many calls share."""

from __future__ import annotations

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
    during,
    may_refuse,
    may_share,
    observed,
    refuses,
    shape,
    type_,
    under,
    values,
)
from ....promises.conditions import Condition, always, container_in, dtype_in, empty
from ...words import named, native, same_dtype

DOCS = "https://www.tensorflow.org/api_docs/python/tf"
SEEN = observed("tensorflow 2.21")

#: All that TensorFlow says about memory. "All eager tf.Tensor values are immutable" promises that no *operation* changes
#: one; the same page's caution takes back the rest for arrays and data frames: "the underlying buffer may be re-used ...
#: an implementation detail that is subject to change". So a tensor may share, and follow its source, wherever the page of
#: the call itself promises nothing else. Nobody says that of variables, which are state of their own.
CAUTION = documented(
    f"{DOCS}/Tensor", "when constructing a tensor from a numpy array or pandas dataframe the underlying buffer may be re-used"
)
IMMUTABLE = documented(f"{DOCS}/constant", "All eager tf.Tensor values are immutable (in contrast to tf.Variable).")
STATE = documented(f"{DOCS}/Variable", "A variable maintains shared, persistent state manipulated by a program.")
CAST = documented(f"{DOCS}/constant", "If dtype is specified, the resulting tensor values are cast to the requested dtype.")

# -- what the call is handed --------------------------------------------------------------------------------------------

np_scalar = container_in("scalar")
sequence = container_in("list")
buffer = container_in("buffer")
dlpack_object = container_in("dlpack")
interface = container_in("array_interface")
#: Objects that offer an array and are none: pandas' frames are such objects.
exporter = container_in("array_interface", "array")

# -- dtypes -------------------------------------------------------------------------------------------------------------

_NUMBERS = (
    "bool int8 int16 int32 int64 longlong uint8 uint16 uint32 uint64 ulonglong float16 float32 float64 complex64 complex128"
).split()
_EXTENDED = (
    "bfloat16 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e4m3b11fnuz float4_e2m1fn int4 uint4 int2 uint2"
).split()

numbers = named(*_NUMBERS)
extended = native(*_EXTENDED)
extension = dtype_in(*dtypes.EXTENDED)
extension.text = "the dtype is one of ml_dtypes"
texts = named("S0", "S1", "S5", "U0", "U1", "U4")
strings = dtype_in("StringDType")
objects = dtype_in("object")
records = dtype_in(*dtypes.RECORDS)
voids = dtype_in("V0", "V1", "V8")
timedeltas = named("timedelta64[us]", "timedelta64", "timedelta64[ns]")
many_axes = Condition("the array has more than 32 axes", lambda spec: len(spec.shape) > 32)
#: What has numbers for elements, whether TensorFlow knows the dtype or not.
numeric = numbers | named("longdouble", "clongdouble") | extension
numeric.text = "the elements are numbers"
#: What TensorFlow has a dtype for.
taken = numbers | extended | texts
taken.text = "TensorFlow has the dtype"

fits = (
    Condition(
        "the array is C-contiguous, in native byte order, not empty and at a multiple of 64",
        lambda spec: spec.is_native and spec.is_c and spec.address == 0 and spec.size > 0,
    )
    & ~texts
)
fits.text = "the array is C-contiguous numbers in native byte order at a multiple of 64"

#: Elements that few kernels know.
rare = extended & ~native("bfloat16")
rare.text = "the dtype is an 8-bit float or smaller, or a small integer"
strings_too = texts | strings
strings_too.text = "the elements are strings"


#: What a call may do otherwise where it is part of a graph.
OF_ITS_OWN_IN_GRAPHS = contexts("tf.function", "tf.data.Dataset.map", source=SEEN)
_ONCE = documented(
    "https://www.tensorflow.org/guide/function",
    "tf.function only supports singleton tf.Variables created once on the first call",
)
#: A variable that is made anew by each call is none of a graph's.
NO_VARIABLES_IN_GRAPHS: tuple[Clause, ...] = tuple(
    under(context, "outcome raises ValueError, not answers", source=_ONCE) for context in ("tf.function", "tf.data.Dataset.map")
)

#: What Python hands on, what is parsed and what is counted when it runs has no shape before.
SHAPE_UNKNOWN_IN_GRAPHS = under("tf.function", "outcome raises ValueError, not answers", source=SEEN)


def where(condition: Condition, *clauses: Clause) -> tuple[Clause, ...]:
    """The clauses, each limited to inputs that also meet the condition."""
    return tuple(c._replace(when=condition if c.when is always else condition & c.when) for c in clauses)


_fnuz = named("float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e4m3b11fnuz")
#: How a dtype is refused that a release does not know, by NumPy or by TensorFlow, as the call goes.
_UNKNOWN = ("ValueError", "TypeError", "AttributeError", "BufferError", "IndexError", "InvalidArgumentError")
#: What came with a release: dtypes, and arrays of more than 32 axes.
BEFORE = (
    *during(
        "tensorflow<2.21",
        may_refuse(*_UNKNOWN, when=named("float4_e2m1fn"), source=observed("tensorflow 2.20")),
    ),
    *during(
        "tensorflow<2.20",
        may_refuse(*_UNKNOWN, when=named("int2", "uint2"), source=observed("tensorflow 2.19")),
        may_refuse("Exception", when=many_axes, source=observed("tensorflow 2.19")),
    ),
    *during(
        "tensorflow<2.19",
        may_refuse(*_UNKNOWN, when=_fnuz, source=observed("tensorflow 2.18")),
    ),
)

#: Before 2.16 no boolean came in by DLPack.
NO_BOOL_BY_DLPACK = during(
    "tensorflow<2.16", refuses("InvalidArgumentError", when=native("bool"), source=observed("tensorflow 2.15"))
)


def entry(name: str, call: str, *clauses: Clause) -> EntryPoint:
    """An entry point of NumPy to TensorFlow."""
    # The scalar of an object array is any Python object, a tuple for one.
    kinds = (type_(when=objects & np_scalar, source=SEEN), type_("tf.", source=SEEN))
    return EntryPoint(name, call, "tensorflow", "in", (*BEFORE, *clauses, *kinds))


# -- lists and memoryviews: sequences of Python numbers -------------------------------------------------------------------


def _whole(spec: Spec) -> np.ndarray | None:
    """The elements of an integer array."""
    name = same_dtype(spec)
    if not name.startswith(("int", "uint")) or spec.dtype in dtypes.EXTENDED:
        return None
    return np.frombuffer(spec.values, name)


def _beyond_int64(spec: Spec) -> bool:
    whole = _whole(spec)
    return whole is not None and whole.size > 0 and int(whole.max()) >= 1 << 63


beyond_int64 = Condition("an element is 2**63 or more", _beyond_int64)


def of_python_integers(spec: Spec) -> str | None:
    """int32 where every element fits it, else int64"""
    whole = _whole(spec)
    if whole is None:
        return None
    small = not whole.size or (int(whole.min()) >= -(1 << 31) and int(whole.max()) < 1 << 31)
    return "int32" if small else "int64"


_ITEMS = {name: name for name in ("bool", "float16", "float32", "float64")}
_ITEMS |= {"longdouble": "float32", "complex64": "complex128", "complex128": "complex128", "clongdouble": "complex128"}


def computed(spec: Spec) -> str:
    """float32 for any float, else the source's dtype"""
    name = same_dtype(spec)
    return "float32" if name.startswith(("float", "bfloat")) else name


def list_dtype(spec: Spec) -> str | None:
    """what Python numbers give: the array's own dtype is lost, but for bool and the three floats"""
    if not spec.size:
        return None
    if texts(spec) or strings(spec):
        return "string"
    return _ITEMS.get(same_dtype(spec)) or of_python_integers(spec)


def _buffer_dtype(spec: Spec) -> str | None:
    """bool, int32 or int64, or float32: what Python numbers give"""
    if len(spec.shape) != 1 or not spec.size:
        return None
    return {"bool": "bool", "float32": "float32", "float64": "float32"}.get(spec.dtype) or of_python_integers(spec)


#: Elements that make no tensor once they stand in a list.
listed = named(*_NUMBERS, "longdouble", "clongdouble") | texts | strings
listed.text = "Python numbers or texts can stand for the elements"

#: What a list of arrays may hold.
ITEM_REFUSALS: tuple[Clause, ...] = (
    may_refuse("ValueError", "TypeError", when=objects | dtype_in("longdouble", "clongdouble") | empty, source=SEEN),
    refuses("ValueError", when=beyond_int64, source=SEEN),
    refuses("ValueError", when=~listed, source=SEEN),
    accepts(source=SEEN),
)

# -- the conversion that all calls share ------------------------------------------------------------------------------------

BUFFER_REFUSALS = may_refuse("ValueError", "TypeError", "NotImplementedError", "InvalidArgumentError", when=buffer, source=SEEN)
#: What cannot become a tensor, by what it is.
REFUSALS: tuple[Clause, ...] = (
    refuses("ValueError", when=dlpack_object, source=SEEN),
    BUFFER_REFUSALS,
    *where(sequence, *ITEM_REFUSALS),
    # Elements that are Python objects become what they are: texts are welcome, in arrays nothing else is.
    may_refuse("ValueError", "TypeError", "OverflowError", when=objects, source=SEEN),
    *where(
        interface,  # The interface names ml_dtypes and records as void, and some not at all.
        refuses("ValueError", "TypeError", when=~(numbers | texts), source=SEEN),
    ),
    refuses("ValueError", when=~taken & ~(np_scalar & strings), source=SEEN),
)
DTYPE: tuple[Clause, ...] = (
    dtype(lambda spec: None, when=objects | dlpack_object, source=SEEN),
    dtype(_buffer_dtype, when=buffer, source=SEEN),
    dtype(list_dtype, when=sequence, source=SEEN),
    dtype("string", when=texts | strings, source=SEEN),
    dtype(same_dtype, source=SEEN),
)
SHAPE: tuple[Clause, ...] = (
    # Python sequences have no axes behind an empty one; a tuple for an element adds some.
    shape(lambda spec: None, when=(sequence | buffer) & empty | objects, source=SEEN),
)
#: A number keeps its value through a Python number; a NaN may lose its sign, payload and signal.
VALUES: tuple[Clause, ...] = (values("astype", when=sequence | buffer, source=SEEN),)
CONVERSION: tuple[Clause, ...] = (*REFUSALS, *DTYPE, *SHAPE, *VALUES)

#: Memory of calls that go through tf.convert_to_tensor: arrays are copied, exporters of arrays are not.
COPIED: tuple[Clause, ...] = (may_share(when=exporter & fits, source=CAUTION), copies(source=IMMUTABLE))
#: Memory of operations that hand their input on: what fits is used in place, arrays too.
FORWARDED: tuple[Clause, ...] = (
    copies(when=np_scalar | sequence | buffer, source=SEEN),
    may_share(when=fits, source=CAUTION),
    copies(source=SEEN),
)
CONVERTED: tuple[Clause, ...] = (*CONVERSION, *COPIED)


def clean_bits(spec: Spec) -> bytes:
    """small integers with zeros for upper bits"""
    return bytes(b & ((1 << int(spec.dtype[-1])) - 1) for b in spec.values)


def signed_bits(spec: Spec) -> bytes:
    """small integers with their sign for upper bits"""
    bits = int(spec.dtype[-1])
    sign, ones = 1 << (bits - 1), 0x100 - (1 << bits)
    return bytes(b | ones if b & sign and spec.dtype.startswith("int") else b for b in clean_bits(spec))


# -- dtype= -------------------------------------------------------------------------------------------------------------------

#: With a dtype, elements are cast as NumPy's astype does it, whatever that loses, and Python numbers are packed.
CASTS = ("ValueError", "TypeError", "OverflowError")


def cast_to(name: str) -> tuple[Clause, ...]:
    """The clauses of a conversion with this dtype=."""
    kept = Condition(f"dtype is {name}", lambda spec: same_dtype(spec) == name)
    return (
        refuses("ValueError", when=dlpack_object, source=SEEN),
        BUFFER_REFUSALS,
        may_refuse(*CASTS, when=sequence | ~numeric | interface & ~numbers, source=SEEN),
        # Their ml_dtypes cast no dtype of theirs to another.
        *during("tensorflow<2.18", may_refuse("TypeError", when=extension, source=observed("tensorflow 2.17"))),
        dtype(name, source=CAST),
        shape(lambda spec: None, when=(sequence | buffer) & empty | objects, source=SEEN),
        values("unspecified", when=~numeric | interface & extension, source=SEEN),
        # ml_dtypes makes a number of the byte, of arrays, and TensorFlow of the truth, of scalars.
        *([values("unspecified", when=np_scalar & dtype_in("bool"), source=SEEN)] if name == "bfloat16" else []),
        values("astype", source=CAST),
        may_share(when=exporter & fits & kept, source=CAUTION),
        copies(source=IMMUTABLE),
    )
