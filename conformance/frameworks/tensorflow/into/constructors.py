"""NumPy to TensorFlow: constructors here, the rest in the modules beside this one."""

from __future__ import annotations

import warnings

import numpy as np

from .....strategies import dtypes
from .....strategies.spec import Spec
from ....promises import Clause, EntryPoint, copies, documented, dtype, flags, may_refuse, may_share, refuses, values
from ....promises.conditions import empty, scalar
from ...words import native, same_dtype
from . import data, lists, operators, ops, records
from .words import (
    BUFFER_REFUSALS,
    CASTS,
    CONVERSION,
    CONVERTED,
    COPIED,
    DOCS,
    NO_VARIABLES_IN_GRAPHS,
    SEEN,
    SHAPE,
    STATE,
    buffer,
    cast_to,
    clean_bits,
    dlpack_object,
    entry,
    extension,
    interface,
    np_scalar,
    numbers,
    numeric,
    objects,
    sequence,
    strings,
)

_DTYPES = ("float32", "float64", "int32", "uint8", "bool", "complex64", "bfloat16", "float16")

#: A variable owns its state. But numbers (NumPy's scalars float64 and complex128 are Python's, too) come out of a cache of
#: tensors, which a variable leaves when it is written: nobody can tell but by address.
_OWN: tuple[Clause, ...] = (
    may_share(when=np_scalar, source=SEEN),
    copies(source=STATE),
    flags(source=documented(f"{DOCS}/Variable", "Defaults to `True`, unless `synchronization` is set to `ON_READ`")),
)
#: Its values may be of any shape.
_SHAPELESS = documented(f"{DOCS}/Variable", "the variable can be assigned with values of different shapes.")
#: No kernel assigns these.
_UNASSIGNABLE = refuses(
    *("InvalidArgumentError", "NotFoundError", "ValueError", "TypeError"),
    when=native("float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e4m3b11fnuz"),
    source=SEEN,
)
_STATEFUL: tuple[Clause, ...] = (_UNASSIGNABLE, *CONVERSION, *_OWN)


_ASSIGN_LIST = "v = tf.Variable(tf.constant(a))\nv.assign(np.asarray(a).tolist())\nv"
#: A list of Python numbers, cast to the dtype of the variable.
_ASSIGNED_LIST: tuple[Clause, ...] = (
    may_refuse("ValueError", "TypeError", when=empty | objects | strings, source=SEEN),
    refuses("ValueError", "TypeError", when=native("float4_e2m1fn", "int2", "uint2"), source=SEEN),
    may_share(when=scalar, source=SEEN),
    values(clean_bits, when=native("int4", "uint4"), source=SEEN),
    values("astype", source=SEEN),
)


def hinted(spec: Spec) -> str | None:
    """int32 where every element survives it, else the source's dtype"""
    if not numeric(spec) or spec.dtype in dtypes.EXTENDED or not spec.size:
        return None
    source = np.frombuffer(spec.values, dtypes.dtype(same_dtype(spec)))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        there = source.astype(np.int32)
        kept = bool((there.astype(source.dtype) == source).all())
    return "int32" if kept else same_dtype(spec)


#: A hint is no order: where an array does not fit, it keeps its dtype, as a list of Python numbers does.
_HINT = documented(f"{DOCS}/convert_to_tensor", "If the conversion to dtype_hint is not possible, this argument has no effect.")
_HINTED: tuple[Clause, ...] = (
    dtype(lambda spec: None, when=sequence | buffer | np_scalar & ~numbers, source=SEEN),
    dtype(hinted, source=_HINT),
    values("unspecified", when=~numeric | interface & extension, source=SEEN),
    values("astype", source=_HINT),
    refuses("ValueError", when=dlpack_object, source=SEEN),
    BUFFER_REFUSALS,
    may_refuse(*CASTS, when=sequence | ~numeric | interface & ~numbers, source=SEEN),
    *SHAPE,
    *COPIED,
)


def _without_memory(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    return tuple(c for c in clauses if c.topic != "aliasing")


CONSTRUCTORS: tuple[EntryPoint, ...] = (
    entry("tf.constant", "tf.constant(a)", *CONVERTED),
    *(entry(f"tf.constant[dtype={name}]", f"tf.constant(a, dtype=tf.{name})", *cast_to(name)) for name in _DTYPES),
    # An equal number was converted before: what it was must not show.
    entry("tf.constant[after 0.0]", "tf.constant(np.float64(0)), tf.constant(np.complex128(0))\ntf.constant(a)", *CONVERTED),
    entry("tf.constant[shape]", "tf.constant(a, shape=np.shape(a))", *CONVERTED),
    entry("tf.convert_to_tensor", "tf.convert_to_tensor(a)", *CONVERTED),
    *(
        entry(f"tf.convert_to_tensor[dtype={name}]", f"tf.convert_to_tensor(a, dtype=tf.{name})", *cast_to(name))
        for name in ("float32", "int32")
    ),
    entry("tf.convert_to_tensor[dtype_hint=int32]", "tf.convert_to_tensor(a, dtype_hint=tf.int32)", *_HINTED),
    # -- several keywords at once
    entry("tf.constant[dtype=float32, shape]", "tf.constant(a, dtype=tf.float32, shape=np.shape(a))", *cast_to("float32")),
    entry(
        "tf.constant[dtype=int32, shape, name]",
        "tf.constant(a, dtype=tf.int32, shape=np.shape(a), name='a')",
        *cast_to("int32"),
    ),
    entry(
        "tf.convert_to_tensor[dtype=float32, dtype_hint=int32]",
        "tf.convert_to_tensor(a, dtype=tf.float32, dtype_hint=tf.int32)",
        *cast_to("float32"),
    ),
    entry(
        "tf.Variable[dtype=float32, shape=None, trainable=False]",
        "tf.Variable(a, dtype=tf.float32, shape=tf.TensorShape(None), trainable=False)",
        *NO_VARIABLES_IN_GRAPHS,
        *_without_memory(cast_to("float32")),
        flags("not trainable", "unknown shape", source=_SHAPELESS),
        *_OWN,
    ),
    entry(
        "tf.Variable.assign[use_locking=True, read_value=False]",
        "v = tf.Variable(tf.constant(a))\nv.assign(a, use_locking=True, read_value=False)\nv",
        *NO_VARIABLES_IN_GRAPHS,
        *_STATEFUL,
    ),
    entry("tf.keras.ops.convert_to_tensor", "tf.keras.ops.convert_to_tensor(a)", *CONVERTED),
    entry("tf.Variable", "tf.Variable(a)", *NO_VARIABLES_IN_GRAPHS, *_STATEFUL),
    *(
        entry(
            f"tf.Variable[dtype={name}]",
            f"tf.Variable(a, dtype=tf.{name})",
            *NO_VARIABLES_IN_GRAPHS,
            *_without_memory(cast_to(name)),
            *_OWN,
        )
        for name in ("float32", "int32", "bool")
    ),
    entry("tf.Variable.assign", "v = tf.Variable(tf.constant(a))\nv.assign(a)\nv", *NO_VARIABLES_IN_GRAPHS, *_STATEFUL),
    entry("tf.Variable.assign[list]", _ASSIGN_LIST, *NO_VARIABLES_IN_GRAPHS, _UNASSIGNABLE, *_ASSIGNED_LIST, *_STATEFUL),
    entry(
        "tf.Variable.assign[list][after 0.0]",
        f"tf.constant(0.0, tf.float64)\n{_ASSIGN_LIST}",
        *NO_VARIABLES_IN_GRAPHS,
        _UNASSIGNABLE,
        *_ASSIGNED_LIST,
        *_STATEFUL,
    ),
    entry(
        "tf.Variable.assign[tf.Tensor]",
        "v = tf.Variable(tf.constant(a))\nv.assign(tf.constant(a))\nv",
        *NO_VARIABLES_IN_GRAPHS,
        *_STATEFUL,
    ),
)

_MODULES = (lists, ops, data, records, operators)

ENTRY_POINTS: tuple[EntryPoint, ...] = (*CONSTRUCTORS, *(point for module in _MODULES for point in module.ENTRY_POINTS))
