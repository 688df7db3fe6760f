"""NumPy to TensorFlow: constructors here, the rest in the modules beside this one."""

from __future__ import annotations

from conformance.entry_points.tensorflow_in_words import (
    CONVERTED,
    CONVERSION,
    STATE,
    SEEN,
    cast_to,
    entry,
)
from conformance.entry_points import tensorflow_in_data, tensorflow_in_ops
from conformance.entry_points.common import native
from conformance.promises import Clause, EntryPoint, copies, refuses

_DTYPES = ("float32", "float64", "int32", "uint8", "bool", "complex64", "bfloat16", "float16")

#: A variable owns its state.
_OWN: tuple[Clause, ...] = (copies(source=STATE),)
#: No kernel assigns these.
_UNASSIGNABLE = refuses(
    "InvalidArgumentError", "NotFoundError", when=native("float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e4m3b11fnuz"), source=SEEN
)
_STATEFUL: tuple[Clause, ...] = (_UNASSIGNABLE, *CONVERSION, *_OWN)


def _without_memory(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    return tuple(c for c in clauses if c.topic != "aliasing")


CONSTRUCTORS: tuple[EntryPoint, ...] = (
    entry("tf.constant", "tf.constant(a)", *CONVERTED),
    *(entry(f"tf.constant[dtype={name}]", f"tf.constant(a, dtype=tf.{name})", *cast_to(name)) for name in _DTYPES),
    # An equal number was converted before: what it was must not show.
    entry("tf.constant[after 0.0]", "tf.constant(0.0, tf.float64), tf.constant(0j, tf.complex128)\ntf.constant(a)", *CONVERTED),
    entry("tf.constant[shape]", "tf.constant(a, shape=np.shape(a))", *CONVERTED),
    entry("tf.convert_to_tensor", "tf.convert_to_tensor(a)", *CONVERTED),
    *(
        entry(f"tf.convert_to_tensor[dtype={name}]", f"tf.convert_to_tensor(a, dtype=tf.{name})", *cast_to(name))
        for name in ("float32", "int32")
    ),
    entry("tf.keras.ops.convert_to_tensor", "tf.keras.ops.convert_to_tensor(a)", *CONVERTED),
    entry("tf.Variable", "tf.Variable(a)", *_STATEFUL),
    *(
        entry(f"tf.Variable[dtype={name}]", f"tf.Variable(a, dtype=tf.{name})", *_without_memory(cast_to(name)), *_OWN)
        for name in ("float32", "int32", "bool")
    ),
    entry("tf.Variable.assign", "v = tf.Variable(tf.constant(a))\nv.assign(a)\nv", *_STATEFUL),
    entry("tf.Variable.assign[list]", "v = tf.Variable(tf.constant(a))\nv.assign(np.asarray(a).tolist())\nv", *_STATEFUL),
    entry("tf.Variable.assign[tf.Tensor]", "v = tf.Variable(tf.constant(a))\nv.assign(tf.constant(a))\nv", *_STATEFUL),
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (*CONSTRUCTORS, *tensorflow_in_ops.ENTRY_POINTS, *tensorflow_in_data.ENTRY_POINTS)
