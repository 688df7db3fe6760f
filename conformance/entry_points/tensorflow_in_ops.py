"""NumPy to TensorFlow: operations that take an array where they expect a tensor."""

from __future__ import annotations

from typing import Any

from conformance.entry_points.tensorflow_in_words import (
    CONVERSION,
    CONVERTED,
    FORWARDED,
    SEEN,
    entry,
)
from conformance.promises import EntryPoint

_FORWARDING = (*CONVERSION, *FORWARDED)

_CALLS_B = {
    "tf.stop_gradient": "tf.stop_gradient(a)",
    "tf.ensure_shape": "tf.ensure_shape(a, np.shape(a))",
    "tf.reshape[ndarray]": "tf.reshape(a, np.array(np.shape(a), np.int32))",
    "tf.squeeze": "tf.squeeze(a)",
    "tf.expand_dims": "tf.expand_dims(a, 0)",
    "tf.bitcast": "tf.bitcast(a, tf.constant(a).dtype)",
    "tf.split": "tf.split(a, 1)[0]",
    "tf.raw_ops.Identity": "tf.raw_ops.Identity(input=a)",
    "tf.raw_ops.StopGradient": "tf.raw_ops.StopGradient(input=a)",
    "tf.raw_ops.PlaceholderWithDefault": "tf.raw_ops.PlaceholderWithDefault(input=a, shape=None)",
    "tf.raw_ops.Copy": "tf.raw_ops.Copy(input=a)",
    "tf.raw_ops.Cast": "tf.raw_ops.Cast(x=a, DstT=tf.constant(a).dtype)",
    "tf.raw_ops.Reshape": "tf.raw_ops.Reshape(tensor=a, shape=np.array(np.shape(a), np.int32))",
    "tf.raw_ops.Pack": "tf.raw_ops.Pack(values=[a])",
}
_CALLS_A = {
    "tf.identity": "tf.identity(a)",
    "tf.reshape[list]": "tf.reshape(a, list(np.shape(a)))",
    "tf.cast": "tf.cast(a, tf.constant(a).dtype)",
    "tf.transpose": "tf.transpose(tf.transpose(a))",
    "tf.raw_ops.DeepCopy": "tf.raw_ops.DeepCopy(x=a)",
    "tf.raw_ops.Snapshot": "tf.raw_ops.Snapshot(input=a)",
    "tf.stack": "tf.stack([np.asarray(a)])",
    "tf.concat": "tf.concat([a], 0)",
    "tnp.array": "tf.experimental.numpy.array(a)",
    "tnp.asarray": "tf.experimental.numpy.asarray(a)",
}
ENTRY_POINTS: tuple[EntryPoint, ...] = (
    *(entry(n, c, *_FORWARDING) for n, c in _CALLS_B.items()),
    *(entry(n, c, *CONVERTED) for n, c in _CALLS_A.items()),
)
