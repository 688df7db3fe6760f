"""How scripts spell what they do to TensorFlow's tensors."""

from __future__ import annotations

from ....strategies.spec import TensorSpec
from ..framework import Scripts
from .states import STATES, TEXT


def _tensor(spec: TensorSpec) -> list[str]:
    if spec.dtype == "string":
        lines = [f"t = tf.fill({list(spec.shape)}, {TEXT!r})"]
    else:  # From raw bytes, with no NumPy on the way, as subjects do it.
        data = bytes(map(bool, spec.values)) if spec.dtype == "bool" else spec.values  # The wire format knows no other truths.
        content = repr(data) if any(data) else f"bytes({len(data)})"
        dtype = f"tf.dtypes.as_dtype({spec.dtype!r}).as_datatype_enum"
        lines = [
            "from tensorflow.core.framework import tensor_pb2",
            f"proto = tensor_pb2.TensorProto(dtype={dtype}, tensor_content={content})",
            *([f"for n in {spec.shape}: proto.tensor_shape.dim.add(size=n)"] if spec.shape else []),
            "t = tf.io.parse_tensor(proto.SerializeToString(), proto.dtype)",
        ]
    return [*lines, *STATES.get(spec.state, "").splitlines()]


SCRIPTS = Scripts(build=_tensor)
