"""How TensorFlow tensors are built from raw bytes and held by address."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable
from functools import lru_cache
from itertools import compress
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from ....strategies.build import Memory, Unbuildable
from ....strategies.spec import TensorSpec, c_strides
from ...subject.capsules import DLTensor, pointer
from ...subject.handle import Handle
from ...subject.states import function
from ...subject.texts import packed
from .states import CONTEXTS, SETTINGS, STATES, TEXT

# Loaded on first use otherwise, in every fresh child: seconds of import inside a conversion's time limit.
tnp = tf.experimental.numpy
getattr(tf.keras, "ops", None)  # Keras before 3, of TensorFlow before 2.16, has none.

__all__ = ["CONTEXTS", "NAMES", "SETTINGS", "STATE", "VERSION", "build", "describe", "one_thread", "renew", "threads"]

NAMES = {"tf": tf, "tnp": tnp}
VERSION = str(tf.__version__)
#: What of the process a conversion must leave alone; with NumPy's behaviour, tensors have methods of arrays.
STATE = (
    "tf.executing_eagerly()",
    "hasattr(tf.Tensor, 'reshape')",
    "tf.keras.backend.floatx()",
    "tf.keras.mixed_precision.global_policy().name",
    "tf.compat.v1.get_seed(0)",
)


#: What DLPack cannot say (it aborts the process for strings); these are found through the buffer protocol.
_IN_DLPACK = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128".split()
)
_OPAQUE = frozenset(("string", "resource", "variant"))


def renew() -> None:
    """Nothing to do: TensorFlow's conversions warn through Python."""


def one_thread() -> Callable[[], Any]:
    """Compute in one thread from now on; what waits until all that was begun is done."""
    with contextlib.suppress(RuntimeError):  # Too late, if the environment has said so already.
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    try:
        wait: Callable[[], Any] = tf.test.experimental.sync_devices
    except AttributeError:
        return int
    wait()
    return wait


def threads() -> dict[str, Any]:
    """In how many threads it computes."""
    threading = tf.config.threading
    return {
        "tensorflow intra op": threading.get_intra_op_parallelism_threads(),
        "tensorflow inter op": threading.get_inter_op_parallelism_threads(),
    }


def address_of(tensor: Any) -> int | None:
    """Where an eager tensor's elements start; None where nobody can tell."""
    name = tensor.dtype.name
    if name in _IN_DLPACK:
        with contextlib.suppress(tf.errors.InvalidArgumentError):  # bool, before TensorFlow 2.16.
            capsule = tf.experimental.dlpack.to_dlpack(tensor)
            dl = DLTensor.from_address(pointer(capsule, b"dltensor"))
            return (dl.data or 0) + int(dl.byte_offset)
    if name in _OPAQUE or 0 in tensor.shape:
        return None
    try:
        return int(np.frombuffer(tensor, np.uint8).__array_interface__["data"][0])
    except BufferError:  # Of more axes than NumPy 1 knows.
        return None


def describe(result: Any) -> Handle | None:
    """A handle on an eager tensor or a variable; None for anything else."""
    if isinstance(result, tf.Variable):
        return _variable(result)
    if not isinstance(result, tf.Tensor) or not hasattr(result, "numpy"):
        return None
    return _tensor(result)


def _tensor(tensor: Any) -> Handle:
    dtype = tensor.dtype
    shape = tuple(tensor.shape)
    if dtype.name in _OPAQUE:
        data = (lambda: _texts(tensor)) if dtype.name == "string" else (lambda: None)
        return Handle("tf.Tensor", dtype.name, shape, writable=False, data=data, keep=tensor)
    return Handle(
        "tf.Tensor",
        dtype.name,
        shape,
        c_strides(shape, dtype.size),
        dtype.size,
        address_of(tensor),
        _device(tensor),
        False,
        keep=tensor,
    )


def _texts(tensor: Any) -> bytes:
    """The elements of a string tensor; flat, for many axes kill the process."""
    return packed(tf.reshape(tensor, [-1]).numpy()) if 0 not in tensor.shape else b""


def _variable(variable: tf.Variable) -> Handle:
    # The tensor read shares the variable's buffer; holding it would turn every update into a copy.
    read = tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype)
    handle = _tensor(read)
    handle.type, handle.keep, handle.writable = "tf.Variable", variable, True
    marks = (not variable.trainable, not variable.shape.is_fully_defined())
    handle.flags = tuple(compress(("not trainable", "unknown shape"), marks))
    if variable.dtype.is_floating or variable.dtype.is_integer:
        handle.poke = lambda blank: _poke(variable)
    return handle


def _poke(variable: tf.Variable) -> None:
    """Update the variable in place, through its own API."""
    with contextlib.suppress(tf.errors.OpError, TypeError, ValueError):  # Some dtypes have no kernel for it.
        variable.assign_add(tf.ones_like(variable))


def _device(tensor: Any) -> str:
    name = tensor.device.rsplit("device:", 1)[-1].lower()
    return "cpu" if name == "cpu:0" else name


class TensorSource:
    """One built tensor and the memory that holds its elements."""

    __slots__ = ("is_mutable", "nbytes", "owner", "start", "value")

    def __init__(self, value: Any, tensor: Any, nbytes: int) -> None:
        self.value = value
        self.owner = None  # TensorFlow's own, which nobody can watch from here.
        self.start, self.nbytes = (address_of(tensor) or 0, nbytes) if nbytes else (0, 0)
        self.is_mutable = self.start != 0

    def flip(self) -> None:
        Memory(self.start, self.nbytes).flip()

    def contents(self) -> bytes:
        return ctypes.string_at(self.start, self.nbytes) if self.start else b""

    def close(self) -> None:
        pass


@lru_cache(maxsize=4096)
def _header(dtype: Any, shape: tuple[int, ...]) -> bytes:
    proto = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum)
    proto.tensor_shape.SetInParent()
    for n in shape:
        proto.tensor_shape.dim.add(size=n)
    return bytes(proto.SerializeToString())


def _varint(n: int) -> bytes:
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def parse(dtype: Any, data: bytes, shape: tuple[int, ...]) -> Any:
    """An eager tensor over a fresh buffer with these raw bytes: the wire format of TensorProto, no NumPy on the way.

    https://www.tensorflow.org/api_docs/python/tf/io/parse_tensor
    """
    content = b"\x22" + _varint(len(data)) + data  # Field 4, tensor_content.
    return tf.raw_ops.ParseTensor(serialized=_header(dtype, shape) + content, out_type=dtype)


def build(spec: TensorSpec) -> TensorSource:
    """The tensor that a spec describes, over bytes that no conversion has touched."""
    if not spec.is_c or spec.offset or spec.address:
        raise Unbuildable("TensorFlow lays tensors out in C order, at multiples of 64")
    try:
        dtype = tf.dtypes.as_dtype(spec.dtype)
    except TypeError:
        raise Unbuildable(f"tensorflow has no dtype {spec.dtype}") from None
    data = spec.values
    if spec.dtype == "bool":  # The wire format knows no other truths.
        data = bytes(b != 0 for b in data)
    try:
        if spec.dtype == "string":  # Elements are pointers: their memory is nobody's to read or to change.
            return TensorSource(_in_state(tf.fill(spec.shape, TEXT), spec)[0], None, 0)
        value, holder = _in_state(parse(dtype, data, spec.shape), spec)
    except (tf.errors.OpError, TypeError, ValueError) as error:
        raise Unbuildable(f"tensorflow: {str(error).splitlines()[0][:120]}") from None
    return TensorSource(value, holder, len(data))


def _in_state(tensor: Any, spec: TensorSpec) -> tuple[Any, Any]:
    """What the conversion is handed, and the tensor whose memory is watched."""
    state = spec.state
    if state not in STATES:
        raise Unbuildable(f"tensorflow tensors have no state {state!r}")
    if state == "plain":
        return tensor, tensor
    value = function(STATES[state])({"tf": tf, "t": tensor})
    if state == "variable":
        return value, tf.raw_ops.ReadVariableOp(resource=value.handle, dtype=value.dtype)
    return value, tensor if state == "forwarded" else value
