"""PyTorch, as the suite knows it."""

from __future__ import annotations

from pathlib import Path

from ...promises import EntryPoint, accepts, documented, dtype, shares, type_
from ...promises.releases import measured
from ..framework import Exchange, Framework, marked
from ..words import same_dtype
from . import claims, into, programs
from .deviations import devices as device_deviations
from .deviations import into as into_deviations
from .deviations import lifetime, symbolic
from .deviations import out as out_deviations
from .devices import into as devices
from .into.words import FROM_DLPACK, SEEN
from .out import methods
from .out.dlpack import DLPACK_GATE
from .scripts import SCRIPTS
from .states import CONTEXTS, SETTINGS, STATES
from .symbolic import traced

_HOME = "tensor_conformance.conformance.frameworks.torch"
_SHARES = documented(FROM_DLPACK, "The returned PyTorch tensor will share the memory with the input tensor")

_SLOW = (
    *("torch.nested.*", "torch.jit.*", "torch.utils.data.DataLoader[IterableDataset]*", "torch.utils.data.DataLoader[pin*"),
    *("*, on another stream]", "torch.*.Stream.wait_stream*"),
)
_VERSIONED = ("np.from_dlpack(torch.Tensor)[*]", "torch.from_dlpack[*copy=True]", "*[versioned capsule]")
#: Calls that not every release has. NumPy speaks DLPack 1 since 2.1, PyTorch since 2.9:
#: https://numpy.org/doc/stable/release/2.1.0-notes.html, https://github.com/pytorch/pytorch/releases/tag/v2.9.0
_RELEASES = (
    # https://numpy.org/doc/stable/release/2.0.0-notes.html#np-asarray-copy
    (
        ("np.asarray(torch.Tensor)[*copy=*]", "np.array(torch.Tensor)[*copy=None*]", "np.array(torch.Tensor)[copy=False, *"),
        ("numpy>=2.0",),
    ),
    (_VERSIONED, ("numpy>=2.1", "torch>=2.9")),
    (("torch.from_dlpack[copy=False]", "torch.from_dlpack[device=cpu]"), ("torch>=2.9",)),
    (("np.from_dlpack(torch.utils.dlpack.to_dlpack)",), ("numpy>=2.1",)),
    (("torch.export[buffer*", "torch.export.load*"), ("torch>=2.3",)),
    # Strict export, which was the only one, refuses an array that is no buffer.
    (("torch.export[torch.*",), ("torch>=2.8",)),
    (("torch.export[strict]*",), ("torch>=2.13",)),
)
#: Calls with several keywords, and the call with one of them whose known deviations are theirs.
_LIKE = (
    ("np.asarray(torch.Tensor)[dtype=float32, copy=False]", "np.asarray(torch.Tensor)[copy=False]"),
    ("np.array(torch.Tensor)[copy=False, order=F]", "np.array(torch.Tensor)[copy=False]"),
    ("np.from_dlpack(torch.Tensor)[device=cpu, copy=True]", "np.from_dlpack(torch.Tensor)[copy=True]"),
)
_ONE_BY_ONE = ("np.stack(*", "np.array(list*", "*tolist*", "torch.*(list[*", "torch.*(tuple[*")


def _marked(entries: tuple[EntryPoint, ...]) -> tuple[EntryPoint, ...]:
    """The entry points, with what they cost and by which way they go."""
    entries = marked(entries, _SLOW, cost="slow")
    entries = marked(entries, ["*[layout=jagged]"], cost="slowest")
    entries = marked(entries, ["torch.compile*", "torch.export*", "make_fx*"], cost="compiled")
    entries = marked(entries, ["torch.compile[inductor]*"], cost="built")
    entries = marked(entries, ["torch.compile*numpy *"], computes=True)
    entries = marked(entries, ["*dlpack*", "torch.asarray[versioned capsule]"], protocol="dlpack")
    for globs, releases in _RELEASES:
        entries = marked(entries, globs, releases=releases)
    for name, like in _LIKE:
        entries = marked(entries, [name], like=like)
    return marked(entries, _ONE_BY_ONE, one_by_one=True)


def _on_device(device: str) -> tuple[EntryPoint, ...]:
    return _marked(devices.entry_points(device))


TORCH = Framework(
    name="torch",
    title="PyTorch",
    imports="import torch",
    distributions=("torch",),
    adapter=f"{_HOME}.adapter",
    memory="strided",
    scripts=SCRIPTS,
    entry_points=_marked((*into.ENTRY_POINTS, *methods.ENTRY_POINTS, *traced.ENTRY_POINTS)),
    on_device=_on_device,
    device_adapter=f"{_HOME}.device_adapter",
    deviations=(
        *into_deviations.DEVIATIONS,
        *out_deviations.DEVIATIONS,
        *symbolic.DEVIATIONS,
        *lifetime.DEVIATIONS,
        *device_deviations.DEVIATIONS,
    ),
    claims=claims.CLAIMS,
    measured=measured(Path(__file__).with_name("measured.jsonl")),
    states=STATES,
    settings=SETTINGS,
    contexts=CONTEXTS,
    exchange=Exchange(
        take="torch.from_dlpack",
        call="torch.from_dlpack({tensor})",
        capsule="torch.utils.dlpack.to_dlpack({})",
        tensor="torch.Tensor",
        gives=DLPACK_GATE,
        takes=(
            accepts(source=_SHARES),
            type_("torch.Tensor", source=SEEN),
            dtype(same_dtype, source=SEEN),
            shares(source=_SHARES),
        ),
        states=("plain", "readonly_source"),
    ),
    programs=programs.PROGRAMS,
    # Wheels before 2.3 were built for NumPy 1, and do not say so.
    companions=(("<2.3", "numpy<2"),),
    order=0,
)
