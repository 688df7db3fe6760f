"""Calls of TensorFlow's that copy at the price of many copies."""

from __future__ import annotations

from ...promises.costs import Costly

COSTLY = (
    Costly(
        "tf-lists-element-by-element",
        "An array in a list is converted element by element, through Python objects.",
        "tensorflow",
        ("tf.constant[list]", "tf.stack", "tf.Variable.assign[list]", "tf.Variable.assign[list][after 0.0]"),
    ),
    Costly(
        "tf-ragged-element-by-element",
        "tf.ragged.constant makes a Python list of the array, and looks at each element of it.",
        "tensorflow",
        ("tf.ragged.constant",),
    ),
    Costly(
        "tf-slices-element-by-element",
        "The slices of an array are tensors of one element each when it has one axis.",
        "tensorflow",
        ("tf.data.Dataset.from_tensor_slices",),
    ),
    Costly(
        "tf-through-protobuf",
        "The elements go through bytes and a protobuf message, and are parsed again.",
        "tensorflow",
        ("tf.make_tensor_proto", "tf.make_ndarray", "tf.io.decode_raw"),
    ),
)
