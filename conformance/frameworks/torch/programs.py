"""How programs are spelt over PyTorch's tensors, and what only programs show of it."""

from __future__ import annotations

from types import MappingProxyType

from ...promises.programs import SLICES, Held, Kind, KnownProgram, Programs, Step


def _exported(step: Step, held: Held) -> bool:
    return step.do == "resize" and held.kind == "torch" and held.memory.crossed == "dlpack"


def _bridged(step: Step, held: Held) -> bool:
    return step.do == "resize" and held.kind == "torch" and held.memory.crossed in ("numpy", "dlpack")


_KNOWN = (
    KnownProgram(
        id="torch-resize-after-dlpack",
        title="resize_ frees memory that np.from_dlpack was given: the array dangles (numpy() makes resize_ refuse).",
        package="torch",
        url="https://dmlc.github.io/dlpack/latest/python_spec.html",
        upstream="",
        severity="memory",
        frameworks=("torch",),
        releases=">=2.9",
        when=_exported,
        program=(
            Step("array", to="h0", how="float32", at=(2,)),
            Step("convert", "h0", "h1", "torch.tensor"),
            Step("convert", "h1", "h2", "np.from_dlpack(torch.Tensor)"),
            Step("resize", "h1", at=(1000,)),
        ),
    ),
    KnownProgram(
        id="torch-refused-resize-changes-shape",
        title="resize_ of a tensor over NumPy's memory raises, and leaves the tensor with a shape larger than its memory.",
        package="torch",
        url="https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.resize_.html",
        upstream="https://github.com/pytorch/pytorch/issues/170298",
        severity="memory",
        frameworks=("torch",),
        when=_bridged,
        program=(
            Step("array", to="h0", how="float32", at=(2,)),
            Step("convert", "h0", "h1", "torch.from_numpy"),
            Step("resize", "h1", at=(1000,)),
        ),
    ),
)

PROGRAMS = Programs(
    imports="import torch",
    types=MappingProxyType({"torch.Tensor": Kind(True)}),
    views=MappingProxyType(
        {
            **SLICES,
            "swapped": "{}.swapaxes(0, -1)",
            "flat": "{}.reshape(-1)",
            "itself": "{}.detach()",
        }
    ),
    write="{handle}[{index}] = {value}",
    promise="https://docs.pytorch.org/docs/stable/tensor_view.html",
    resize="{handle}.resize_({size})",
    resizes_any=True,
    marks=True,  # Tensor.numpy() marks the tensor, even if what follows copies.
    readonly="readonly_source",  # https://docs.pytorch.org/docs/stable/generated/torch.from_numpy.html: writing is undefined.
    owning=("torch.tensor", "torch.asarray[copy=True]", "torch.Tensor.new_tensor"),
    known=_KNOWN,
)
