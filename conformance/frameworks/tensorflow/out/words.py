"""Words that the promises of TensorFlow to NumPy share."""

from __future__ import annotations

from .....strategies.spec import Spec
from ....promises import (
    Clause,
    EntryPoint,
    Source,
    copies,
    documented,
    dtype,
    during,
    immutable,
    may_refuse,
    observed,
    refuses,
    shares,
    type_,
    values,
    warns,
)
from ....promises.conditions import always, dtype_in, empty, rank_above, scalar, state_in
from ...words import NP_MIGRATION

DOCS = "https://www.tensorflow.org/api_docs/python/tf"
SEEN = observed("tensorflow 2.21")

IMMUTABLE_TENSORS = "https://www.tensorflow.org/guide/tensor"

TENSOR = ("plain", "forwarded", "slice", "operation")
EITHER = (*TENSOR, "variable")

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
complex_ = dtype_in("complex64", "complex128")
#: What DLPack has a code for, and TensorFlow uses it.
in_dlpack = dtype_in(
    *"bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128".split()
)
in_dlpack.text = "TensorFlow gives the dtype a DLPack code"


def numpy_dtype(spec: Spec) -> str | None:
    """the tensor's dtype; of quantised tensors the plain integers, of strings object"""
    if spec.dtype == "string":
        # What becomes of one string in a variable is for "np.asarray(tf.Variable)" to show, once.
        return None if spec.state == "variable" and not spec.shape else "object"
    return str(_QUANTISED.get(spec.dtype, spec.dtype))


def numpy_dtype_or_bytes(spec: Spec) -> str | None:
    """the tensor's dtype; of quantised tensors the plain integers, of strings object (0-d: Python's bytes)"""
    return None if spec.dtype == "string" and not spec.shape else numpy_dtype(spec)


def own_dtype(spec: Spec) -> str:
    """the tensor's dtype"""
    return str(spec.dtype)


# -- clauses that many ways out share ----------------------------------------------------------------------------------

SAME = dtype(numpy_dtype, source=SEEN)
SAME_OR_BYTES = dtype(numpy_dtype_or_bytes, source=SEEN)
#: An array it is, of no subclass, with however many axes; or, where 0-d tensors become NumPy scalars, with one at least.
AN_ARRAY = type_("numpy.ndarray", source=SEEN)
AN_ARRAY_OR_SCALAR = type_("numpy.ndarray", when=~scalar, source=SEEN)
#: Variables are there to be changed; they are not meant.
NEVER_CHANGED = immutable(when=~variable, source=documented(IMMUTABLE_TENSORS, "All tensors are immutable"))
#: The texts themselves cannot be compared with the spec's bytes.
UNREAD_TEXT = values("unspecified", when=text, source=SEEN)
#: NumPy warns of an `__array__` that takes no `copy`. One that does is silent.
SILENT = warns(
    "", when=always, source=documented(NP_MIGRATION, "dtype=None and copy=None keywords must be added to the signature")
)
#: No kernel puts these into a variable.
NO_KERNEL = refuses(
    "InvalidArgumentError",
    when=dtype_in("qint16", "quint16", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e4m3b11fnuz"),
    source=SEEN,
)
#: A variable is no buffer and no DLPack exporter.
NO_VARIABLES = refuses("TypeError", "AttributeError", "InvalidArgumentError", when=variable, source=SEEN)


#: Arrays had 32 axes at most: https://numpy.org/doc/stable/release/2.0.0-notes.html
_FEWER_AXES = during("numpy<2.0", may_refuse("Exception", when=rank_above(31), source=observed("tensorflow 2.17")))


def way_out(name: str, call: str, *promise: Clause, states: tuple[str, ...] = EITHER) -> EntryPoint:
    """An entry point that promises what all of them do beside its own clauses."""
    return EntryPoint(name, call, "tensorflow", "out", (*_FEWER_AXES, *promise, NEVER_CHANGED, UNREAD_TEXT), states)


def view(source: Source = SEEN) -> tuple[Clause, ...]:
    """A view has the tensor's memory and is not to be written; variables are read into arrays of their own."""
    return copies(when=variable, source=SEEN), shares(source=source)


def view_or_scalar(source: Source = SEEN) -> tuple[Clause, ...]:
    """The same where 0-d tensors become NumPy scalars, which have memory of their own."""
    return copies(when=scalar, source=SEEN), *view(source)


def cast(to: str, source: Source) -> tuple[Clause, ...]:
    """An explicit dtype= gives astype's values."""
    return (
        refuses("ValueError", when=text & ~empty, source=SEEN),
        dtype(to, source=source),
        values("astype", source=source),
        warns("ComplexWarning", when=complex_, source=SEEN),
    )
