"""NumPy to TensorFlow: protos, datasets, Python functions, arithmetic."""

from __future__ import annotations

from conformance.entry_points.tensorflow_in_words import CONVERTED, entry
from conformance.promises import EntryPoint

_D = "tf.constant(a).dtype"
_CALLS = {
    "tf.experimental.dlpack.from_dlpack": "tf.experimental.dlpack.from_dlpack(a.__dlpack__())",
    "tf.experimental.dlpack.from_dlpack[used]": "t = tf.experimental.dlpack.from_dlpack(a.__dlpack__())\ntf.reshape(tf.stack([t]), t.shape)",
    "tf.make_tensor_proto": "p = tf.make_tensor_proto(a)\ntf.io.parse_tensor(p.SerializeToString(), p.dtype)",
    "tf.make_ndarray": "tf.make_ndarray(tf.make_tensor_proto(a))",
    "tf.io.serialize_tensor": f"tf.io.parse_tensor(tf.io.serialize_tensor(a), {_D})",
    "tf.io.decode_raw": "tf.reshape(tf.io.decode_raw(a.tobytes(), a.dtype), a.shape)",
    "tf.data.Dataset.from_tensors": "next(iter(tf.data.Dataset.from_tensors(a)))",
    "tf.data.Dataset.from_tensor_slices": "next(iter(tf.data.Dataset.from_tensor_slices(np.asarray(a)[None])))",
    "tf.data.Dataset.from_generator": "s = tf.TensorSpec(np.shape(a), tf.constant(a).dtype)\nnext(iter(tf.data.Dataset.from_generator(lambda: iter([a]), output_signature=s)))",
    "tf.numpy_function[input]": f"tf.numpy_function(lambda x: x, [a], {_D})",
    "tf.numpy_function[output]": f"tf.numpy_function(lambda: a, [], {_D})",
    "tf.py_function[input]": f"tf.py_function(lambda x: x, [a], {_D})",
    "tf.py_function[output]": f"tf.py_function(lambda: a, [], {_D})",
    "tf.TensorArray": f"tf.TensorArray({_D}, 1).write(0, a).read(0)",
    "tf.ragged.constant": "tf.ragged.constant(a)",
    "tf.ragged.flat": "tf.RaggedTensor.from_row_lengths(a, [len(a)]).flat_values",
    "tf.sparse.from_dense": "tf.sparse.to_dense(tf.sparse.from_dense(a))",
    "tf.Tensor + ndarray": f"tf.zeros(np.shape(a), {_D}) + a",
    "ndarray + tf.Tensor": f"a + tf.zeros(np.shape(a), {_D})",
}
ENTRY_POINTS: tuple[EntryPoint, ...] = tuple(entry(n, c, *CONVERTED) for n, c in _CALLS.items())
