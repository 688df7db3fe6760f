"""Where releases break their promises about devices."""

from __future__ import annotations

from .....strategies.spec import ArraySpec, TensorSpec
from ....promises.conditions import always, empty, ndarray, scalar
from ....promises.deviations import Deviation
from ..devices.words import FROM_DLPACK
from ..into.words import DOCS, np_scalar
from ..out.words import NEG, TWINS

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        id="torch-asarray-copies-0d-to-no-device",
        title="torch.asarray(copy=True) refuses 0-d arrays and NumPy scalars where it has to bring them to another device.",
        package="torch",
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
        entries=("torch.from_dlpack[*", "torch.Tensor.__dlpack__[*"),
        laws=("values",),
        when=NEG & TWINS & ~empty,
        url=FROM_DLPACK,
        upstream="",
        example=TensorSpec("float32", (1,), (4,), 0, 4, state="neg"),
        shown_by="torch.from_dlpack[cuda]",
        severity="wrong data",
    ),
)
