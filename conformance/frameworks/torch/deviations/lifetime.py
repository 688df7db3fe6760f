"""Where releases of PyTorch keep what they should let go."""

from __future__ import annotations

from .....strategies.spec import ArraySpec
from ....promises.conditions import always
from ....promises.deviations import Deviation

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        id="torch-jit-keeps",
        title="torch.jit.trace keeps what it traced, and the memory of its constants, as long as the process lives.",
        package="torch",
        entries=("torch.jit.*",),
        laws=("released", "leaks", "refusal_leaks"),
        when=always,
        url="https://docs.pytorch.org/docs/2.13/generated/torch.jit.trace.html",
        upstream="https://github.com/pytorch/pytorch/issues/35600",
        example=ArraySpec("float32", (1,), (4,), 0, 4),
        shown_by="torch.jit.trace[torch.from_numpy(ndarray)]",
        severity="memory",
    ),
    Deviation(
        id="torch-export-keeps",
        title="Strict torch.export keeps the memory of the arrays that it captured, as long as Dynamo's caches live.",
        package="torch",
        entries=("torch.export[strict*", "torch.compile*"),
        laws=("released",),
        when=always,
        url="https://docs.pytorch.org/docs/2.13/export.html",
        upstream="https://github.com/pytorch/pytorch/issues/174468",
        example=ArraySpec("float32", (1,), (4,), 0, 4),
        shown_by="torch.export[strict][torch.from_numpy(ndarray)]",
        severity="memory",
        releases=">=2.13",
    ),
    Deviation(
        id="torch-export-buffer-keeps",
        title="torch.export keeps the memory of the arrays in a module's buffers, as long as Dynamo's caches live.",
        package="torch",
        entries=("torch.export[buffer*", "torch.export.load*"),
        laws=("released",),
        when=always,
        url="https://docs.pytorch.org/docs/2.13/export.html",
        upstream="https://github.com/pytorch/pytorch/issues/174468",
        example=ArraySpec("float32", (1,), (4,), 0, 4),
        shown_by="torch.export[buffer torch.from_numpy(ndarray)]",
        severity="memory",
        releases=">=2.3,<2.8",
    ),
    Deviation(
        id="torch-compile-keeps",
        title="torch.compile keeps the memory of the arrays that a compiled function captured, as long as Dynamo's caches live.",
        package="torch",
        entries=("torch.compile*",),
        laws=("released",),
        when=always,
        url="https://docs.pytorch.org/docs/2.13/generated/torch.compile.html",
        upstream="https://github.com/pytorch/pytorch/issues/174468",
        example=ArraySpec("float32", (2,), (4,), 0, 8),
        shown_by="torch.compile[eager][torch.from_numpy(ndarray)]",
        severity="memory",
        releases="<2.3",
    ),
)
