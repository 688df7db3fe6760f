"""NumPy to TensorFlow."""

from __future__ import annotations

from conformance.entry_points.common import same_dtype
from conformance.promises import EntryPoint, copies, documented, dtype, observed

_DOCS = "https://www.tensorflow.org/api_docs/python/tf"
_SEEN = observed("tensorflow 2.21")

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    EntryPoint(
        "tf.constant",
        "tf.constant(a)",
        "tensorflow",
        "in",
        (
            dtype(same_dtype, source=_SEEN),
            copies(source=documented(f"{_DOCS}/constant", "All eager tf.Tensor values are immutable")),
        ),
    ),
)
