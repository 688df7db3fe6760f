"""Where releases of TensorFlow keep what they should let go."""

from __future__ import annotations

from .....strategies.spec import ArraySpec, TensorSpec
from ....promises.conditions import always, rank_above
from ....promises.deviations import Deviation

_DOCS = "https://www.tensorflow.org/api_docs/python/tf"

#: Calls that run an operation; `tf.constant` and its like refuse before there is one.
_OPERATIONS = (
    *("tf.add", "tf.cast*", "tf.concat", "tf.ensure_shape", "tf.expand_dims", "tf.identity", "tf.io.*", "tf.raw_ops.*"),
    *("tf.reshape*", "tf.sparse.*", "tf.split", "tf.squeeze", "tf.stack", "tf.stop_gradient", "tf.transpose*", "tf.Variable*"),
    *("tf.TensorArray*", "tf.Tensor ?* ndarray", "ndarray ?* tf.Tensor"),
)

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        id="tf-py-function-keeps",
        title="Each eager tf.py_function keeps its function, and all that it closes over, as long as the process lives.",
        package="tensorflow",
        entries=("tf.py_function*",),
        laws=("leaks", "released"),
        when=always,
        url=f"{_DOCS}/py_function",
        upstream="https://github.com/tensorflow/tensorflow/issues/35010",
        example=ArraySpec("float32", (1,), (4,), 0, 4),
        shown_by="tf.py_function[output]",
        severity="memory",
    ),
    Deviation(
        id="tf-numpy-function-keeps",
        title="Each tf.numpy_function traced into a graph keeps its function as long as the process lives.",
        package="tensorflow",
        entries=("tf.numpy_function[tf.function]",),
        laws=("leaks", "released"),
        when=always,
        url=f"{_DOCS}/numpy_function",
        upstream="https://github.com/tensorflow/tensorflow/pull/123530",  # The same cause, mended for from_generator alone.
        example=TensorSpec("float32", (1,), (4,), 0, 4),
        shown_by="tf.numpy_function[tf.function]",
        severity="memory",
    ),
    Deviation(
        id="tf-graph-function-keeps",
        title="A NumPy function that is traced into a graph or a generator is kept, with its array, while the process lives.",
        package="tensorflow",
        entries=("tf.data.Dataset.from_generator*", "tf.function[*_function returns ndarray]"),
        laws=("released", "leaks"),
        when=always,
        url=f"{_DOCS}/numpy_function",
        upstream="https://github.com/tensorflow/tensorflow/pull/123530",
        example=ArraySpec("float32", (1,), (4,), 0, 4),
        shown_by="tf.function[numpy_function returns ndarray]",
        severity="memory",
    ),
    Deviation(
        id="tf-refused-operation-leaks",
        title="An eager operation that raises leaves objects and memory behind each time, 700 bytes in tf.split.",
        package="tensorflow",
        entries=_OPERATIONS,
        laws=("refusal_leaks",),
        when=always,
        url=f"{_DOCS}/errors/InvalidArgumentError",
        upstream="",
        example=ArraySpec("object", (1,), (8,), 0, 8),
        shown_by="tf.io.decode_raw",
        severity="memory",
    ),
    Deviation(
        id="tf-refused-buffer-leaks",
        title="Each time that TensorFlow refuses an object with a buffer, or a NumPy scalar, a list stays behind.",
        package="tensorflow",
        entries=("tf.convert_to_tensor*", "tf.bitcast", "tf.experimental.numpy.a*array(ndarray)"),
        laws=("refusal_leaks",),
        when=always,
        url=f"{_DOCS}/convert_to_tensor",
        upstream="",
        example=ArraySpec("uint8", (), (), 0, 1, container="buffer"),
        shown_by="tf.convert_to_tensor",
        severity="memory",
    ),
    Deviation(
        id="tf-refused-numpy-leaks",
        title="numpy() of a tensor with more axes than NumPy takes leaks memory each time it refuses.",
        package="tensorflow",
        entries=("*",),
        laws=("refusal_leaks",),
        when=rank_above(31),
        url="https://docs.python.org/3/c-api/refcounting.html",
        upstream="",
        example=TensorSpec("int16", (1,) * 33, (2,) * 33, 0, 2),
        shown_by="tf.Tensor.numpy",
        severity="memory",
        needs=("numpy<2.0",),
    ),
    Deviation(
        id="tf-constant-leaks",
        title="tf.constant, and all that makes a tensor of an array, leaks two Python objects each time.",
        package="tensorflow",
        entries=("*",),
        laws=("leaks", "refusal_leaks"),
        when=always,
        url="https://docs.python.org/3/c-api/refcounting.html",
        upstream="https://github.com/tensorflow/tensorflow/issues/62551",
        example=ArraySpec("int16", (), (), 0, 2),
        shown_by="tf.constant",
        severity="memory",
        releases="<2.17",
    ),
    Deviation(
        id="tf-constant-leaks-back",
        title="Making a tensor of the array that a Python function gives back leaks two Python objects each time.",
        package="tensorflow",
        entries=("tf.numpy_function*", "tf.py_function*"),
        laws=("leaks", "refusal_leaks"),
        when=always,
        url="https://docs.python.org/3/c-api/refcounting.html",
        upstream="https://github.com/tensorflow/tensorflow/issues/62551",
        example=TensorSpec("int16", (), (), 0, 2),
        shown_by="tf.numpy_function[eager]",
        severity="memory",
        releases="<2.17",
    ),
)
