"""TensorFlow to NumPy."""

from __future__ import annotations

from conformance.entry_points.common import same_dtype
from conformance.promises import EntryPoint, copies, documented, dtype, immutable, observed

_DOCS = "https://www.tensorflow.org/api_docs/python/tf"
_SEEN = observed("tensorflow 2.21")

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    EntryPoint(
        "tf.Tensor.numpy",
        "t.numpy()",
        "tensorflow",
        "out",
        (
            dtype(same_dtype, source=_SEEN),
            copies(source=documented(f"{_DOCS}/Tensor", "Unlike NumPy arrays, Tensors are immutable, so this method has to copy the contents to ensure safety.")),
            immutable(source=documented("https://www.tensorflow.org/guide/tensor", "All tensors are immutable")),
        ),
        ("plain", "forwarded", "slice"),
    ),
)
