"""Where releases keep what they should let go."""

from __future__ import annotations

from conformance.conditions import always
from conformance.deviations import Deviation
from strategies.spec import ArraySpec, TensorSpec

_DOCS = "https://www.tensorflow.org/api_docs/python/tf"

DEVIATIONS = (
    Deviation(
        id="tf-py-function-keeps",
        title="Each eager tf.py_function keeps its function, and all that it closes over, as long as the process lives.",
        package="tensorflow",
        releases=">=2.21,<2.22",
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
        releases=">=2.21,<2.22",
        entries=("tf.numpy_function[tf.function]",),
        laws=("leaks",),
        when=always,
        url=f"{_DOCS}/numpy_function",
        upstream="https://github.com/tensorflow/tensorflow/pull/123530",  # The same cause, mended for from_generator alone.
        example=TensorSpec("float32", (1,), (4,), 0, 4),
        shown_by="tf.numpy_function[tf.function]",
        severity="memory",
    ),
    Deviation(
        id="tf-decode-raw-refusal-leaks",
        title="tf.io.decode_raw leaves objects behind each time that it refuses.",
        package="tensorflow",
        releases=">=2.21,<2.22",
        entries=("tf.io.decode_raw",),
        laws=("leaks",),
        when=always,
        url=f"{_DOCS}/io/decode_raw",
        upstream="",
        example=ArraySpec("object", (1,), (8,), 0, 8),
        shown_by="tf.io.decode_raw",
        severity="memory",
    ),
)
