"""NumPy to PyTorch on another device than the host, and back."""

from __future__ import annotations

from ....promises import Clause, EntryPoint, copies, device, documented, leaves, refuses, settled, type_, warns
from ....promises.conditions import always, ndarray
from ..into.dlpack import NO_CAPSULE
from ..into.words import DOCS
from . import cupy, out, streams
from .words import AT_HOST, BESIDE, COPIED, DEFAULT_DEVICE, MOVED, PINNED, PLACED, SEEN, TO_HOST, Where, as_host

_CONSTRUCTED = documented(f"{DOCS}/generated/torch.tensor.html", "the device of the constructed tensor")
_ELSEWHERE = documented(
    f"{DOCS}/generated/torch.asarray.html",
    "If the returned tensor is of a different datatype, on a different device, or a copy is requested then it will not share its "
    "memory with obj.",
)
_OR_ERROR = documented(
    f"{DOCS}/generated/torch.asarray.html",
    "If False then the returned tensor shares its memory with obj and an error is thrown if it cannot.",
)
_BY_DEFAULT = documented(DEFAULT_DEVICE, "Factory calls will be performed as if they were passed device as an argument.")
_NOT_BY_DEFAULT = documented(
    DEFAULT_DEVICE,
    "This doesn't affect functions that create tensors that share the same memory as the input, like: torch.from_numpy and "
    "torch.frombuffer",
)


#: Calls of the host that have a name of their own on devices; all others begin with torch.from_numpy.
_LIKE = ("torch.tensor", "torch.as_tensor", "torch.asarray", "torch.from_dlpack", "torch.Tensor.new_tensor")


def _in(where: Where, name: str, call: str, *promise: Clause) -> EntryPoint:
    base = name.partition("[")[0]
    return where.entry(name, call, "in", *promise, like=base if base in _LIKE else "torch.from_numpy")


def _constructors(to: Where) -> tuple[EntryPoint, ...]:
    d = to.name
    built = device(to.number, source=_CONSTRUCTED)
    return (
        _in(
            to,
            f"torch.tensor[device={d}]",
            f"torch.tensor(a, device={d!r})",
            *as_host("torch.tensor", built),
        ),
        _in(
            to,
            f"torch.as_tensor[device={d}]",
            f"torch.as_tensor(a, device={d!r})",
            *as_host("torch.as_tensor", built, copies(source=MOVED)),
        ),
        _in(
            to,
            f"torch.asarray[device={d}]",
            f"torch.asarray(a, device={d!r})",
            warns("", when=ndarray, source=SEEN),
            *as_host("torch.asarray", built, copies(source=_ELSEWHERE), without=("warns",)),
        ),
        _in(
            to,
            f"torch.asarray[device={d}][copy=True]",
            f"torch.asarray(a, device={d!r}, copy=True)",
            warns("", when=ndarray, source=SEEN),
            *as_host("torch.asarray[copy=True]", built, without=("warns",)),
        ),
        _in(
            to,
            f"torch.asarray[device={d}][copy=False]",
            f"torch.asarray(a, device={d!r}, copy=False)",
            # What is no array at all is refused in another way.
            refuses("ValueError", "TypeError", "RuntimeError", when=always, source=_OR_ERROR),
        ),
        _in(
            to,
            f"torch.Tensor.new_tensor[device={d}]",
            f"torch.zeros(1, dtype=torch.float64).new_tensor(a, device={d!r})",
            *as_host("torch.Tensor.new_tensor", built),
        ),
        _in(
            to,
            f"torch.from_dlpack[device={d}]",
            f"torch.from_dlpack(a, device={d!r})",
            refuses("AssertionError", "AttributeError", when=NO_CAPSULE, source=SEEN),
            *as_host("torch.from_dlpack", device(to.number, source=PLACED), copies(source=PLACED)),
        ),
        _in(
            to,
            f"torch.tensor[default device {d}]",
            f"with torch.device({d!r}):\n    r = torch.tensor(a)\nr",
            *as_host("torch.tensor", device(to.number, source=_BY_DEFAULT)),
        ),
        _in(
            to,
            f"torch.as_tensor[default device {d}]",
            f"with torch.device({d!r}):\n    r = torch.as_tensor(a)\nr",
            *as_host("torch.as_tensor", device(to.number, source=_BY_DEFAULT), copies(source=_BY_DEFAULT)),
        ),
        _in(
            to,
            f"torch.from_numpy[default device {d}]",
            f"with torch.device({d!r}):\n    r = torch.from_numpy(a)\nr",
            *as_host("torch.from_numpy", device("cpu", source=_NOT_BY_DEFAULT)),
        ),
    )


def _moves(to: Where) -> tuple[EntryPoint, ...]:
    d, m = to.name, to.module
    moved = as_host("torch.from_numpy", copies(source=MOVED), to.here)
    waited = settled(when=ndarray, source=BESIDE)
    back = as_host("torch.from_numpy", copies(source=TO_HOST), AT_HOST)
    calls = [
        (f"torch.Tensor.to[{d}]", f"torch.from_numpy(a).to({d!r})", moved),
        (f"torch.Tensor.to[{d}, non_blocking]", f"torch.from_numpy(a).to({d!r}, non_blocking=True)", moved),
        (
            f"torch.Tensor.to[{d}, pinned]",
            f"torch.from_numpy(a).pin_memory().to({d!r})",
            moved,
        ),
        (
            f"torch.Tensor.to[{d}, pinned, non_blocking]",
            f"r = torch.from_numpy(a).pin_memory().to({d!r}, non_blocking=True)\n{m}.synchronize()\nr",
            (waited, *moved),
        ),
        (
            # The pinned memory is let go while the copy may still be under way, and asked for again.
            f"torch.Tensor.to[{d}, pinned, non_blocking, dropped]",
            f"r = torch.from_numpy(a).pin_memory().to({d!r}, non_blocking=True)\n"
            "torch.zeros_like(torch.from_numpy(a)).pin_memory()\n"
            f"{m}.synchronize()\nr",
            (waited, *moved),
        ),
        (
            f"torch.Tensor.to[{d}, pinned, non_blocking, overwritten]",
            f"p = torch.from_numpy(a).pin_memory()\nr = p.to({d!r}, non_blocking=True)\n"
            f"{m}.current_stream().synchronize()\np.zero_()\nr",
            (waited, *moved),
        ),
        (
            f"torch.Tensor.copy_[{d}]",
            f"torch.empty_like(torch.from_numpy(a), device={d!r}).copy_(torch.from_numpy(a))",
            as_host("torch.from_numpy", copies(source=COPIED), to.here),
        ),
        (f"torch.Tensor.to[{d}].cpu", f"torch.from_numpy(a).to({d!r}).cpu()", back),
        (
            f"torch.Tensor.to[{d}].numpy[force=True]",
            f"torch.from_numpy(a).to({d!r}).numpy(force=True)",
            (*(c for c in back if c.topic not in ("type", "device", "flags")), type_("numpy.ndarray", source=SEEN), AT_HOST),
        ),
        (
            "torch.Tensor.pin_memory" + ("" if d == "cuda" else f"[{d}]"),
            "torch.from_numpy(a).pin_memory()",
            as_host("torch.from_numpy", copies(source=PINNED), device("cpu", source=PINNED)),
        ),
        (
            f"torch.utils.data.DataLoader[pin_memory=True][{d}]",
            "next(iter(torch.utils.data.DataLoader([torch.from_numpy(a)], batch_size=None, pin_memory=True)))",
            (
                leaves("torch.get_rng_state().tolist()", source=SEEN),  # It draws the seed of its workers.
                *as_host("torch.from_numpy", copies(source=PINNED), device("cpu", source=PINNED)),
            ),
        ),
    ]
    if to.kind not in ("mps", "cpu"):  # They have no method of their own.
        method = f".{to.kind}({to.number!r})" if ":" in d else f".{to.kind}()"
        calls.insert(0, (f"torch.Tensor.{to.kind}[{d}]", f"torch.from_numpy(a){method}", moved))
        calls.insert(
            1,
            (
                f"torch.Tensor.{to.kind}[{d}, non_blocking]",
                f"torch.from_numpy(a){method[:-1]}{', ' if ':' in d else ''}non_blocking=True)",
                moved,
            ),
        )
    return tuple(_in(to, *call[:2], *call[2]) for call in calls)


def entry_points(name: str) -> tuple[EntryPoint, ...]:
    """All calls about one device other than the host."""
    to = Where(name)
    modules = (out, streams, cupy)
    return (*_constructors(to), *_moves(to), *(entry for module in modules for entry in module.entry_points(to)))
