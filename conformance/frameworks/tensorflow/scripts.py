"""How scripts spell what they do to TensorFlow's tensors."""

from __future__ import annotations

from ....strategies.spec import TensorSpec
from ..framework import Scripts
from .states import STATES


def _tensor(spec: TensorSpec) -> list[str]:
    if spec.dtype == "string":
        lines = [f"t = tf.fill({list(spec.shape)}, b'text')"]
    elif any(spec.values):
        lines = [f"t = tf.reshape(tf.io.decode_raw({spec.values!r}, tf.uint8), {[*spec.shape, spec.itemsize]})"]
        lines.append(f"t = tf.bitcast({'t' if spec.itemsize > 1 else 't[..., 0]'}, tf.dtypes.as_dtype({spec.dtype!r}))")
    else:
        lines = [f"t = tf.zeros({list(spec.shape)}, tf.dtypes.as_dtype({spec.dtype!r}))"]
    return [*lines, *STATES.get(spec.state, "").splitlines()]


SCRIPTS = Scripts(build=_tensor)
