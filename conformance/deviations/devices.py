"""Where releases break their promises about devices."""

from __future__ import annotations

from conformance.conditions import always, empty, ndarray, scalar
from conformance.deviations import Deviation
from conformance.entry_points.tensorflow_in_words import objects, strings_too
from conformance.entry_points.torch_devices_words import FROM_DLPACK
from conformance.entry_points.torch_in_words import DOCS, np_scalar
from conformance.entry_points.torch_out_common import NEG, TWINS
from strategies.spec import ArraySpec, TensorSpec

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        id="torch-asarray-copies-0d-to-no-device",
        title="torch.asarray(copy=True) refuses 0-d arrays and NumPy scalars where it has to bring them to another device.",
        package="torch",
        releases=">=2.13,<2.14",
        entries=("torch.asarray[device=*][copy=True]",),
        laws=("acceptance",),
        when=ndarray & scalar | np_scalar,
        url=f"{DOCS}/generated/torch.asarray.html",
        upstream="",
        example=ArraySpec("float32", (), (), 0, 4),
        shown_by="torch.asarray[device=cuda][copy=True]",
        severity="manners",
    ),
    Deviation(
        id="torch-dlpack-to-the-same-device",
        title="torch.from_dlpack(device='cuda', copy=False) refuses what is there: a device without number counts as 255.",
        package="torch",
        releases=">=2.13,<2.14",
        entries=("torch.from_dlpack[*, device=*, copy=False]",),
        laws=("acceptance", "refusal"),
        when=always,
        url=FROM_DLPACK,
        upstream="",
        example=TensorSpec("float32", (1,), (4,), 0, 4),
        shown_by="torch.from_dlpack[cuda, device=cuda, copy=False]",
        severity="manners",
    ),
    Deviation(
        id="torch-dlpack-drops-negation-on-devices",
        title="torch.from_dlpack of a tensor with the negative bit set gives the numbers before negation.",
        package="torch",
        releases=">=2.13,<2.14",
        entries=("torch.from_dlpack[*", "torch.Tensor.__dlpack__[*"),
        laws=("values",),
        when=NEG & TWINS & ~empty,
        url=FROM_DLPACK,
        upstream="",
        example=TensorSpec("float32", (1,), (4,), 0, 4, state="neg"),
        shown_by="torch.from_dlpack[cuda]",
        severity="wrong data",
    ),
    Deviation(
        id="tf-dlpack-strings-abort-on-devices",
        title="tf.experimental.dlpack.to_dlpack of a tensor of strings aborts the process.",
        package="tensorflow",
        releases=">=2.21,<2.22",
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
