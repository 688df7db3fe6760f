"""What the promises of PyTorch's calls that name devices have in common."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from ....promises import Clause, EntryPoint, contexts, device, documented, observed, under
from ....promises.entry_point import Direction
from ....subject.devices import another, numbered, split
from .. import into
from ..out import methods
from ..out.words import DOCS, NUMPY

SEEN = observed("torch 2.13, on a simulated accelerator")
TO = f"{DOCS}/generated/torch.Tensor.to.html"
CPU = f"{DOCS}/generated/torch.Tensor.cpu.html"
CUDA = f"{DOCS}/generated/torch.Tensor.cuda.html"
COPY = f"{DOCS}/generated/torch.Tensor.copy_.html"
PIN = f"{DOCS}/generated/torch.Tensor.pin_memory.html"
FROM_DLPACK = f"{DOCS}/generated/torch.from_dlpack.html"
DLPACK = f"{DOCS}/generated/torch.Tensor.__dlpack__.html"
DEFAULT_DEVICE = f"{DOCS}/generated/torch.set_default_device.html"

MOVED = documented(TO, "Otherwise, the returned tensor is a copy of self with the desired torch.dtype and torch.device.")
STAYS = documented(TO, "If the self Tensor already has the correct torch.dtype and torch.device, then self is returned.")
TO_HOST = documented(CPU, "Returns a copy of this object in CPU memory.")
COPIED = documented(COPY, "It may be of a different data type or reside on a different device.")
#: A copy may run beside the host where the host's side is pinned, and nowhere else.
BESIDE = documented(CUDA, "If True and the source is in pinned memory, the copy will be asynchronous with respect to the host.")
ON_CPU_ONLY = documented(NUMPY, "the conversion is performed only if the tensor is on the CPU")
PINNED = documented(PIN, "Copies the tensor to pinned memory, if it's not already pinned.")
PLACED = documented(FROM_DLPACK, "An optional PyTorch device specifying where to place the new tensor.")
STREAMS = documented(
    DLPACK,
    "The current stream is synchronized with this stream before the capsule is created, and since the capsule shares its "
    "storage with the tensor this make it safe to access from both streams.",
)

#: Nobody has measured on a device what another default device and traced code make of these calls.
_UNMEASURED = (under("device meta", "anything", source=SEEN), contexts("torch.jit.trace", "torch.vmap", source=SEEN))

#: States in which tensors on devices are tried.
STATES = ("plain", "requires_grad", "conj", "neg")


class Where(NamedTuple):
    """A device, and the words for it.

    name    as the command line has it: "cuda", "cuda:1"
    number  as PyTorch reports it: "cuda:0"
    kind    "cuda"
    module  what has its streams: "torch.cuda"
    """

    name: str

    @property
    def number(self) -> str:
        return numbered(self.name)

    @property
    def kind(self) -> str:
        return split(self.name)[0]

    @property
    def module(self) -> str:
        return f"torch.{self.kind}"

    @property
    def next(self) -> Where:
        return Where(another(self.name))

    @property
    def here(self) -> Clause:
        """The result is on the device."""
        return device(self.number, source=documented(TO, "Returns a Tensor with the specified device"))

    def entry(
        self,
        name: str,
        call: str,
        direction: Direction,
        *promise: Clause,
        on: str = "",
        needs: tuple[str, ...] = (),
        like: str = "",
    ) -> EntryPoint:
        """An entry point about the device; `on` says where the tensor lies that it is tried on."""
        states = STATES if direction == "out" else ("plain",)
        promise = (*_UNMEASURED, *promise)
        return EntryPoint(name, call, "torch", direction, promise, states, device=self.name, on=on, needs=needs, like=like)


#: The result is in the host's memory.
AT_HOST = device("cpu", source=TO_HOST)


@cache
def _host() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in (*into.ENTRY_POINTS, *methods.ENTRY_POINTS)}


def as_host(name: str, *instead: Clause, without: tuple[str, ...] = ()) -> tuple[Clause, ...]:
    """The promise of the call of this name on the host: these clauses `instead` of those of their topics, some left out."""
    apart = {*without, *(clause.topic for clause in instead)}
    return (*instead, *(clause for clause in _host()[name].promise if clause.topic not in apart))
