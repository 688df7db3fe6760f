"""CuPy as the NumPy of the GPU, where it is installed: arrays to CuPy, CuPy to PyTorch and back."""

from __future__ import annotations

from ....promises import (
    Clause,
    EntryPoint,
    accepts,
    copies,
    device,
    documented,
    dtype,
    may_refuse,
    refuses,
    shares,
    type_,
    values,
)
from ....promises.conditions import ndarray
from ...words import native, same_dtype
from ..out.words import CONJ, DOCS, GRAD, NEG, TWINS
from .words import SEEN, Where

_REFERENCE = "https://docs.cupy.dev/en/stable/reference/generated"
_ASARRAY = documented(f"{_REFERENCE}/cupy.asarray.html", "Converts an object to array.")
_ASNUMPY = documented(f"{_REFERENCE}/cupy.asnumpy.html", "Returns an array on the host memory from an arbitrary source array.")
_FROM_DLPACK = documented(
    f"{_REFERENCE}/cupy.from_dlpack.html", "Zero-copy conversion between array objects compliant with the DLPack"
)
_SHARED = documented(
    f"{DOCS}/generated/torch.as_tensor.html",
    "If data is a CuPy array, the returned tensor will be located on the same device as the CuPy array",
)
_ANY = ("TypeError", "ValueError", "RuntimeError", "BufferError", "AttributeError", "NotImplementedError", "KeyError")

#: What both know; CuPy's own refusals are its own business.
_COMMON = ndarray & native("bool", "int8", "int16", "int32", "int64", "uint8", "float16", "float32", "float64", "complex64")
_COMMON.text = "the input is an array of numbers that both know"


def entry_points(at: Where) -> tuple[EntryPoint, ...]:
    """Calls that go through CuPy; none where the device is no CUDA device."""
    if at.name != "cuda":
        return ()
    here = device(at.number, source=SEEN)

    def into(name: str, call: str, *promise: Clause) -> EntryPoint:
        gate = (may_refuse(*_ANY, when=~_COMMON, source=SEEN), accepts(source=_ASARRAY))
        kept = (dtype(same_dtype, when=_COMMON, source=SEEN), values("unspecified", when=~_COMMON, source=SEEN))
        return at.entry(name, f"import cupy\n{call}", "in", *gate, *kept, copies(source=_ASARRAY), *promise, needs=("cupy",))

    def out(name: str, call: str, *promise: Clause) -> EntryPoint:
        gate: tuple[Clause, ...] = (
            refuses(*_ANY, when=GRAD, source=SEEN),
            may_refuse(*_ANY, when=CONJ | NEG | ~TWINS, source=SEEN),
            values("unspecified", when=CONJ | NEG, source=SEEN),
        )
        return at.entry(
            name, f"import cupy\n{call}", "out", *gate, shares(source=_FROM_DLPACK), *promise, on=at.name, needs=("cupy",)
        )

    return (
        into("cupy.asarray", "cupy.asarray(a)", here, type_("cupy.", source=_ASARRAY)),
        into("cupy.asnumpy(cupy.asarray)", "cupy.asnumpy(cupy.asarray(a))", device("cpu", source=_ASNUMPY)),
        into(
            "torch.as_tensor(cupy.asarray)", "torch.as_tensor(cupy.asarray(a), device='cuda')", device(at.number, source=_SHARED)
        ),
        into("torch.from_dlpack(cupy.asarray)", "torch.from_dlpack(cupy.asarray(a))", here),
        out("cupy.asarray(torch.Tensor)", "cupy.asarray(t)", here),
        out("cupy.from_dlpack(torch.Tensor)", "cupy.from_dlpack(t)", here),
    )
