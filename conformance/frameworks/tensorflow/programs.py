"""How programs are spelt over TensorFlow's tensors and variables, and what only programs show of it."""

from __future__ import annotations

from types import MappingProxyType

from ...promises.programs import SLICES, Held, Kind, KnownProgram, Programs, Step


def _off_64(step: Step, held: Held) -> bool:
    return held.kind == "tensorflow" and held.address % 64 != 0


_KNOWN = (
    KnownProgram(
        id="tf-view-of-misaligned-dlpack",
        title="Kernels kill the process on a tensor that DLPack imported from an address that is no multiple of 64.",
        package="tensorflow",
        url="https://www.tensorflow.org/api_docs/python/tf/experimental/dlpack/from_dlpack",
        upstream="https://github.com/tensorflow/tensorflow/pull/36862",
        severity="crash",
        frameworks=("tensorflow",),
        when=_off_64,
        program=(
            Step("array", to="h0", how="float32", at=(3,)),
            Step("view", "h0", "h1", "rest"),
            Step("convert", "h1", "h2", "tf.experimental.dlpack.from_dlpack"),
            Step("view", "h2", "h3", "rest"),
        ),
    ),
)

PROGRAMS = Programs(
    imports="import tensorflow as tf\nimport tensorflow.experimental.numpy as tnp",
    types=MappingProxyType({"tf.Tensor": Kind(False), "tf.Variable": Kind(True, "variable")}),
    views=MappingProxyType(
        {
            **SLICES,
            "swapped": "tnp.swapaxes({}, 0, -1)",
            "flat": "tf.reshape({}, [-1])",
            "itself": "tf.identity({})",
        }
    ),
    write="{handle}.assign(np.full({handle}.shape, {value}, {handle}.dtype.as_numpy_dtype))",
    promise="https://www.tensorflow.org/guide/tensor",
    writes="https://www.tensorflow.org/api_docs/python/tf/Variable",
    views_share=False,
    replaces=True,
    immutable="https://www.tensorflow.org/guide/tensor",
    known=_KNOWN,
)
