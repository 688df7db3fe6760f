"""NumPy to TensorFlow: operations that take an array where they expect a tensor.

Looked at and left out: every other operation that computes (it makes a new buffer); tf.cond, tf.nest and tf.IndexedSlices
(they hand back the array itself); DebugIdentity (refuses all); tf.identity_n, tf.guarantee_const, tf.grad_pass_through,
tf.custom_gradient, tf.recompute_grad, raw_ops.{CopyHost,PreventGradient,Squeeze,ExpandDims,Bitcast,EnsureShape} (forward as
their siblings here do); what is traced (tf.function, tf.map_fn, tf.while_loop) or belongs to a session.
"""

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
    may_refuse,
    may_share,
    refuses,
    shape,
    values,
)
from ....promises.conditions import Condition, empty, scalar
from ...words import named, native, same_dtype
from .words import (
    BUFFER_REFUSALS,
    CAUTION,
    CONVERSION,
    CONVERTED,
    DOCS,
    FORWARDED,
    OF_ITS_OWN_IN_GRAPHS,
    SEEN,
    SHAPE,
    SHAPE_UNKNOWN_IN_GRAPHS,
    VALUES,
    beyond_int64,
    buffer,
    dlpack_object,
    entry,
    exporter,
    extended,
    extension,
    fits,
    interface,
    list_dtype,
    listed,
    np_scalar,
    objects,
    rare,
    sequence,
    strings,
    strings_too,
    taken,
    timedeltas,
)

#: What an operation raises that has no kernel for a dtype, besides what the conversion before it does.
_NO_KERNEL = ("NotFoundError", "InvalidArgumentError", "UnimplementedError", "ValueError", "TypeError", "NotImplementedError")


def without(lacking: Condition) -> tuple[Clause, ...]:
    """The refusals of an operation that has no kernel for these inputs."""
    return (
        may_refuse(*_NO_KERNEL, when=objects | buffer | sequence & empty, source=SEEN),
        refuses(*_NO_KERNEL, when=lacking, source=SEEN),
    )


def _squeezed(spec: Spec) -> tuple[int, ...]:
    """without axes of length 1"""
    return tuple(n for n in spec.shape if n != 1)


_splitless = rare & ~native("float8_e4m3fn", "float8_e5m2", "int4", "uint4")
_packless = rare & ~native("float8_e4m3fn", "float8_e5m2")
_BITCAST = documented(f"{DOCS}/bitcast", "Bitcasts a tensor from one type to another without copying data.")
_RESHAPE = documented(f"{DOCS}/reshape", "it can reuse the underlying data buffer")

_DTYPE = "tf.constant(a).dtype"
_LIKE = "np.array(np.shape(a), np.int32)"  # A shape that is an array: with a list, tf.reshape converts `a` first.


def _in_place(source: Source) -> Clause:
    """Whose page says that it makes no copy of a tensor; it does not say so of what the tensor was made of."""
    return may_share(when=fits & ~(np_scalar | sequence | buffer), source=source)


def _forwards(name: str, call: str, *own: Clause) -> EntryPoint:
    return entry(name, call, *own, *CONVERSION, *FORWARDED)


def _copies(name: str, call: str, *own: Clause) -> EntryPoint:
    return entry(name, call, *own, *CONVERTED)


_FORWARDING: tuple[EntryPoint, ...] = (
    _forwards("tf.stop_gradient", "tf.stop_gradient(a)"),
    _forwards("tf.ensure_shape", "tf.ensure_shape(a, np.shape(a))"),
    _forwards("tf.reshape[ndarray]", f"tf.reshape(a, {_LIKE})", _in_place(_RESHAPE)),
    _forwards(
        "tf.squeeze",
        "tf.squeeze(a)",
        *SHAPE,
        shape(_squeezed, source=documented(f"{DOCS}/squeeze", "Removes dimensions of size 1")),
    ),
    _forwards("tf.expand_dims", "tf.squeeze(tf.expand_dims(a, 0), 0)"),
    _forwards("tf.bitcast", f"tf.bitcast(a, {_DTYPE})", _in_place(_BITCAST), *without(strings_too | rare | native("bool"))),
    _forwards("tf.split", "tf.split(a, 1)[0]", *without(scalar | _splitless)),
    _forwards("tf.raw_ops.Identity", "tf.raw_ops.Identity(input=a)"),
    _forwards("tf.raw_ops.StopGradient", "tf.raw_ops.StopGradient(input=a)"),
    _forwards(
        "tf.raw_ops.PlaceholderWithDefault", "tf.raw_ops.PlaceholderWithDefault(input=a, shape=None)", SHAPE_UNKNOWN_IN_GRAPHS
    ),
    # It is called Copy, and hands its input on.
    _forwards("tf.raw_ops.Copy", "tf.raw_ops.Copy(input=a)"),
    _forwards("tf.raw_ops.Cast", f"tf.raw_ops.Cast(x=a, DstT={_DTYPE})"),
    _forwards("tf.raw_ops.Reshape", f"tf.raw_ops.Reshape(tensor=a, shape={_LIKE})"),
    # Of one input it makes no copy.
    _forwards("tf.raw_ops.Pack", "tf.squeeze(tf.raw_ops.Pack(values=[a]), 0)", *without(_packless)),
)

#: A list of one array is iterated over like any list, whatever the array is wrapped in: its dtype is lost, but where
#: that fails and the dtype has a kernel, the array itself is packed: then it is kept.
_listable = listed & ~beyond_int64
_STACKED: tuple[Clause, ...] = (
    refuses(*_NO_KERNEL, when=dlpack_object, source=SEEN),
    may_refuse(*_NO_KERNEL, "OverflowError", when=objects | interface & strings, source=SEEN),
    refuses(*_NO_KERNEL, when=interface & extension, source=SEEN),  # The interface calls them void.
    may_refuse(*_NO_KERNEL, when=empty | named("longdouble", "clongdouble"), source=SEEN),
    refuses(*_NO_KERNEL, when=~(listed | extended) | _packless, source=SEEN),
    dtype(lambda spec: None, when=objects | empty | timedeltas, source=SEEN),
    dtype(list_dtype, when=_listable, source=SEEN),
    dtype(same_dtype, source=SEEN),
    shape(lambda spec: None, when=empty | objects, source=SEEN),
    values("astype", when=_listable, source=SEEN),
    copies(when=_listable, source=SEEN),
    may_share(when=fits, source=CAUTION),
    copies(source=SEEN),
)

_TNP = documented(
    f"{DOCS}/experimental/numpy/array", "Since Tensors are immutable, a copy is made only if val is placed on a different device"
)
#: The NumPy of TensorFlow asks NumPy what its argument is: arrays in lists keep their dtype, exporters are unknown to it.
_LIKE_NUMPY: tuple[Clause, ...] = (
    refuses("TypeError", when=dlpack_object | exporter, source=SEEN),
    BUFFER_REFUSALS,
    # Objects of several kinds in one list are cast to one another, where there is a kernel for that.
    may_refuse("TypeError", "ValueError", "OverflowError", "UnimplementedError", when=objects | sequence & empty, source=SEEN),
    may_refuse("ValueError", "TypeError", when=sequence & (extended | strings), source=SEEN),
    # NumPy spelt its variable-width strings otherwise before 2.3; a scalar of them is Python's str.
    *during("numpy<2.3", refuses("TypeError", "ValueError", when=strings & ~np_scalar, source=SEEN)),
    refuses("TypeError", "ValueError", when=~(taken | strings), source=SEEN),
    dtype(lambda spec: None, when=objects | buffer | sequence & (empty | strings_too), source=SEEN),
    dtype("string", when=strings_too, source=SEEN),
    dtype(same_dtype, source=SEEN),
    *SHAPE,
    *VALUES,
    copies(source=_TNP),
)

_CAST = documented(f"{DOCS}/cast", "Casts a tensor to a new type.")
_CAST_DTYPE: tuple[Clause, ...] = (
    dtype("float64", source=_CAST),
    # As Python numbers they are float32 first: rounded.
    values("unspecified", when=sequence & named("longdouble") | buffer & named("float64"), source=SEEN),
    values("astype", source=_CAST),
)

_COPYING: tuple[EntryPoint, ...] = (
    _copies("tf.identity", "tf.identity(a)"),
    _copies("tf.reshape[list]", "tf.reshape(a, list(np.shape(a)))"),
    _copies("tf.cast", f"tf.cast(a, {_DTYPE})"),
    entry("tf.cast[float64]", "tf.cast(a, tf.float64)", *without(strings_too | _packless), *_CAST_DTYPE, *CONVERTED),
    _copies("tf.transpose", "tf.transpose(tf.transpose(a))", *without(_splitless | native("int4", "uint4"))),
    _copies("tf.raw_ops.DeepCopy", "tf.raw_ops.DeepCopy(x=a)", *without(rare)),
    _copies("tf.raw_ops.Snapshot", "tf.raw_ops.Snapshot(input=a)", *without(strings_too | rare)),
    entry("tf.stack", "tf.squeeze(tf.stack([np.asarray(a)]), 0)", OF_ITS_OWN_IN_GRAPHS, *_STACKED),
    _copies("tf.concat", "tf.concat([a], 0)", *without(dlpack_object)),
    entry("tf.experimental.numpy.array(ndarray)", "tf.experimental.numpy.array(a)", *_LIKE_NUMPY),
    entry("tf.experimental.numpy.asarray(ndarray)", "tf.experimental.numpy.asarray(a)", *_LIKE_NUMPY),
)

ENTRY_POINTS: tuple[EntryPoint, ...] = (*_FORWARDING, *_COPYING)
