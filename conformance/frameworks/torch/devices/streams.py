"""PyTorch's tensors handed from stream to stream: DLPack's stream values, legal and illegal, and CUDA's array interface."""

from __future__ import annotations

from ....promises import (
    Clause,
    EntryPoint,
    accepts,
    copies,
    documented,
    dtype,
    flags,
    may_refuse,
    ordered,
    refuses,
    shares,
    values,
)
from ....promises.conditions import always
from ..out.words import CONJ, GRAD, NEG, TWINS
from .out import CAPSULES, MAY_LACK
from .words import DLPACK, SEEN, STREAMS, Where

_SPEC = "https://dmlc.github.io/dlpack/latest/python_spec.html"
_NO_ZERO = documented(_SPEC, "0 is disallowed as it would be ambiguous (0 could mean None, 1, or 2).")
_INTEGER = documented(DLPACK, "stream (integer or None): An optional Python integer representing a pointer to a CUDA stream.")
_DEFAULT = documented(DLPACK, "If 1 (on CUDA) or 0 (on ROCM) then the default stream is used for synchronization.")
_NO_SYNC = documented(DLPACK, "If -1 is passed then no synchronization is performed.")
_CAI = "https://numba.readthedocs.io/en/stable/cuda/cuda_array_interface.html"


def _handed_over(at: Where, told: str, source: str = "") -> str:
    """Lines that write on one stream and read on another; `told` is what the producer is told of the reader's stream."""
    return (
        f"writer, reader = {at.module}.Stream(), {at.module}.Stream()\n"
        "x = torch.zeros_like(t.detach())\n"
        f"{at.module}.synchronize()\n"
        f"with {at.module}.stream(writer):\n"
        f"    {_wait(at)}x.copy_(t.detach())\n"
        f"    capsule = {told}\n"
        f"with {at.module}.stream(reader):\n"
        f"    r = {source or 'torch.from_dlpack(capsule)'}.clone()\n"
        "reader.synchronize()\n"
        "r"
    )


def _wait(at: Where) -> str:
    # So long that a reader that does not wait reads zeros.
    return "torch.cuda._sleep(10_000_000)\n    " if at.kind == "cuda" else ""


def _exported(at: Where, value: str, source: str, *promise: Clause) -> EntryPoint:
    call = f"torch.from_dlpack(t.__dlpack__(stream={source}))"
    return at.entry(f"torch.Tensor.__dlpack__[{at.name}, stream={value}]", call, "out", *promise, on=at.name)


def entry_points(at: Where) -> tuple[EntryPoint, ...]:
    """Calls that say something of streams; a device without any has none."""
    if at.kind in ("cpu", "mps", "xpu"):
        return ()
    d, pointer = at.name, f"{at.kind}_stream"
    shared = (*CAPSULES, flags(source=SEEN), at.here)
    unmarked = (MAY_LACK, *CAPSULES[1:])
    legal = (accepts(source=_INTEGER), shares(source=STREAMS))
    calls = (
        _exported(at, "None", "None", *shared, *legal),
        _exported(at, "-1", "-1", *shared, accepts(source=_NO_SYNC), shares(source=_NO_SYNC)),
        _exported(at, "1", "1", *shared, accepts(source=_DEFAULT), shares(source=_DEFAULT)),
        _exported(at, "pointer", f"{at.module}.Stream().{pointer}", *shared, *legal),
        _exported(at, "0", "0", refuses("AssertionError", "ValueError", "BufferError", when=always, source=_NO_ZERO)),
        _exported(at, "2", "2", refuses("BufferError", when=always, source=SEEN)),
        _exported(at, "text", "'1'", refuses("TypeError", "BufferError", when=always, source=_INTEGER)),
        at.entry(
            f"torch.Tensor.__dlpack__[{d}, on another stream]",
            _handed_over(at, f"x.__dlpack__(stream=reader.{pointer})"),
            "out",
            *unmarked,
            ordered(source=STREAMS),
            copies(source=SEEN),
            at.here,
            on=d,
        ),
        at.entry(
            f"torch.{at.kind}.Stream.wait_stream[{d}]",
            _handed_over(at, "reader.wait_stream(writer)", "x"),
            "out",
            MAY_LACK,
            ordered(source=SEEN),
            copies(source=SEEN),
            at.here,
            on=d,
        ),
    )
    return (*calls, *_array_interface(at)) if at.kind == "cuda" else calls


def _array_interface(at: Where) -> tuple[EntryPoint, ...]:
    """`__cuda_array_interface__`, in by torch.as_tensor and out by its own attribute."""
    wrapper = "type('Wrapper', (), {'__cuda_array_interface__': t.__cuda_array_interface__})()"
    return (
        at.entry(
            f"torch.as_tensor[__cuda_array_interface__][{at.name}]",
            f"torch.as_tensor({wrapper}, device={at.number!r})",
            "out",
            may_refuse("RuntimeError", "TypeError", when=GRAD | CONJ | NEG | ~TWINS, source=SEEN),
            dtype(lambda spec: None, when=~TWINS, source=SEEN),
            values("unspecified", when=CONJ | NEG | ~TWINS, source=SEEN),
            shares(source=documented(_CAI, "the data attribute ... is the pointer to the data")),
            at.here,
            on=at.name,
        ),
    )
