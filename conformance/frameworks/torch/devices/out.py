"""PyTorch's tensors on another device than the host, to NumPy, to the host and to the next device."""

from __future__ import annotations

from ....promises import (
    Clause,
    EntryPoint,
    copies,
    device,
    device_refusal,
    documented,
    dtype,
    flags,
    may_refuse,
    refuses,
    settings,
    settled,
    shares,
    type_,
    values,
)
from ....promises.conditions import always, dtype_in
from ...words import same_dtype
from ..out.words import CONJ, GRAD, NEG, NEGATED_HALVES, OPAQUE, TWINS
from .words import AT_HOST, BESIDE, COPIED, FROM_DLPACK, MOVED, ON_CPU_ONLY, PLACED, SEEN, STAYS, TO_HOST, Where, as_host

_SHARING = documented(FROM_DLPACK, "The returned PyTorch tensor will share the memory with the input tensor")
_TENSOR = type_("torch.Tensor", source=SEEN)
_KEPT = dtype(same_dtype, source=SEEN)
#: A copy on another device is no leaf, and resolves all other marks.
_MARKS: tuple[Clause, ...] = (flags("requires_grad", "non_leaf", when=GRAD, source=SEEN), flags(source=SEEN))
#: A view of the same memory keeps its marks, and with them the elements as they were before they were marked.
VIEW: tuple[Clause, ...] = (
    flags("conj", when=CONJ, source=SEEN),
    flags("neg", when=NEG, source=SEEN),
    flags("requires_grad", when=GRAD, source=STAYS),
    flags(source=SEEN),
    values("unspecified", when=CONJ | NEG, source=SEEN),
)
#: Few kernels know these.
_RARE = OPAQUE | dtype_in("complex32")
MAY_LACK = may_refuse("NotImplementedError", "RuntimeError", "TypeError", when=_RARE, source=SEEN)
#: Halves are conjugated as single floats, which makes signalling NaNs quiet.
_CONJUGATED_HALVES = values("unspecified", when=CONJ & dtype_in("complex32"), source=SEEN)
#: Capsules between tensors: what NumPy does not take may come through.
CAPSULES: tuple[Clause, ...] = (
    refuses("BufferError", when=GRAD | CONJ, source=SEEN),
    may_refuse("BufferError", "RuntimeError", "NotImplementedError", when=~TWINS, source=SEEN),
    dtype(lambda spec: None, when=OPAQUE, source=SEEN),
    values("unspecified", when=OPAQUE, source=SEEN),
)


#: Where gradients are off, the copy of a tensor that asks for them does not.
_WITHOUT_GRADIENTS = settings("no_grad", "inference mode", when=GRAD, source=SEEN)


def _refused(where: Where, name: str, call: str) -> EntryPoint:
    """A call that gives memory of the host's or nothing."""
    promise = (refuses("TypeError", when=always, source=ON_CPU_ONLY), device_refusal(where.number, source=ON_CPU_ONLY))
    return where.entry(name, call, "out", *promise, on=where.name)


def _moved(where: Where, name: str, call: str, *promise: Clause, on: str | None = None, asked: Where | None = None) -> EntryPoint:
    """A call that moves a tensor from the device, or from `on`; `asked` is the device that must be there, if another."""
    common = (MAY_LACK, _WITHOUT_GRADIENTS, _TENSOR, _KEPT, NEGATED_HALVES, _CONJUGATED_HALVES)
    # What is to be moved from the host may have to be copied there first.
    like = "np.from_dlpack(torch.Tensor)[copy=True]" if on == "" else ""
    return (asked or where).entry(name, call, "out", *promise, *common, on=where.name if on is None else on, like=like)


def entry_points(at: Where) -> tuple[EntryPoint, ...]:
    """Calls on tensors that lie on the device, or come to it."""
    d, m = at.name, at.module
    home = (copies(source=TO_HOST), AT_HOST)
    waited = (settled(source=BESIDE),)
    return (
        _refused(at, f"torch.Tensor.numpy[{d}]", "t.numpy()"),
        _refused(at, f"np.asarray(torch.Tensor)[{d}]", "np.asarray(t)"),
        _refused(at, f"np.array(torch.Tensor)[{d}]", "np.array(t)"),
        at.entry(
            f"torch.Tensor.numpy[{d}][force=True]",
            "t.numpy(force=True)",
            "out",
            MAY_LACK,
            *as_host("torch.Tensor.numpy[force=True]", copies(source=TO_HOST), AT_HOST),
            on=d,
            like="torch.Tensor.numpy[force=True]",
        ),
        at.entry(
            f"torch.Tensor.cpu.numpy[{d}]",
            "t.detach().cpu().resolve_conj().resolve_neg().numpy()",
            "out",
            MAY_LACK,
            *as_host("torch.Tensor.numpy[force=True]", copies(source=TO_HOST), AT_HOST),
            on=d,
            like="torch.Tensor.numpy[force=True]",
        ),
        at.entry(
            f"torch.Tensor.tolist[{d}]",
            "t.tolist()",
            "out",
            *as_host("torch.Tensor.tolist"),
            on=d,
            like="torch.Tensor.tolist",
        ),
        _moved(at, f"torch.Tensor.cpu[{d}]", "t.cpu()", *home, *_MARKS),
        _moved(at, f"torch.Tensor.to[{d} to cpu]", "t.to('cpu')", *home, *_MARKS),
        _moved(
            at,
            f"torch.Tensor.to[{d} to cpu, non_blocking]",
            f"r = t.to('cpu', non_blocking=True)\n{m}.synchronize()\nr",
            *waited,
            *home,
            *_MARKS,
        ),
        _moved(
            at,
            f"torch.Tensor.copy_[{d} to pinned, non_blocking]",
            f"r = torch.empty_like(t, device='cpu').pin_memory()\nr.copy_(t.detach(), non_blocking=True)\n{m}.synchronize()\nr",
            *waited,
            *home,
        ),
        _moved(
            at,
            f"torch.Tensor.copy_[{d} to pinned, non_blocking, overwritten]",
            # Overwritten on the same stream: that comes after the copy, whenever the copy may come.
            "s = t.detach().clone()\nr = torch.empty_like(s, device='cpu').pin_memory()\n"
            f"r.copy_(s, non_blocking=True)\ns.zero_()\n{m}.synchronize()\nr",
            *waited,
            *home,
        ),
        _moved(at, f"torch.Tensor.to[{d} to itself]", f"t.to({d!r})", shares(source=STAYS), at.here, *VIEW),
        _moved(
            at,
            f"torch.Tensor.to[{d} to {at.next.name}]",
            f"t.to({at.next.name!r})",
            copies(source=MOVED),
            at.next.here,
            *_MARKS,
            asked=at.next,
        ),
        _moved(at, f"torch.Tensor.to[host to {d}]", f"t.to({d!r})", copies(source=MOVED), at.here, *_MARKS, on=""),
        _moved(
            at,
            f"torch.Tensor.copy_[host to {d}]",
            f"torch.empty_like(t, device={d!r}).copy_(t.detach())",
            copies(source=COPIED),
            at.here,
            on="",
        ),
        _moved(
            at,
            f"torch.from_dlpack[{d}]",
            "torch.from_dlpack(t)",
            *CAPSULES,
            flags(source=SEEN),
            shares(source=_SHARING),
            at.here,
        ),
        *(
            _moved(
                at,
                f"torch.from_dlpack[{d}, device={d}{option}]",
                f"torch.from_dlpack(t, device={d!r}{option})",
                *CAPSULES,
                flags(source=SEEN),
                shares(source=_SHARING),
                device(at.number, source=PLACED),
            )
            for option in ("", ", copy=False")
        ),
        _moved(
            at,
            f"torch.from_dlpack[{d}, copy=True]",
            "torch.from_dlpack(t, copy=True)",
            *CAPSULES,
            copies(source=documented(FROM_DLPACK, "An optional boolean indicating whether or not to copy self.")),
            at.here,
        ),
        _moved(
            at,
            f"torch.from_dlpack[{d} to cpu]",
            "torch.from_dlpack(t, device='cpu')",
            *CAPSULES,
            copies(source=PLACED),
            device("cpu", source=PLACED),
        ),
        at.entry(
            f"np.from_dlpack(torch.Tensor)[{d}]",
            "np.from_dlpack(t)",
            "out",
            refuses("BufferError", "RuntimeError", when=always, source=SEEN),
            on=d,
        ),
    )
