"""Where releases break their promises about devices."""

from __future__ import annotations

from .....strategies.spec import ArraySpec
from ....promises.deviations import Deviation
from ..into.words import objects, strings_too

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        id="tf-dlpack-strings-abort-on-devices",
        title="tf.experimental.dlpack.to_dlpack of a tensor of strings aborts the process.",
        package="tensorflow",
        entries=("tf.experimental.dlpack[*",),
        laws=("survival",),
        when=strings_too | objects,
        url="https://www.tensorflow.org/api_docs/python/tf/experimental/dlpack/to_dlpack",
        upstream="",
        example=ArraySpec("S1", (1,), (1,), 0, 1),
        shown_by="tf.experimental.dlpack[cpu:1]",
        severity="crash",
    ),
)
