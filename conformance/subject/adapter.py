"""What an adapter is: the module by which a subject reaches one framework. It is imported inside the subject alone.

`Framework.adapter` names the module. Of what it may have, `NAMES`, `VERSION`, `build` and `describe` are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ...strategies.spec import TensorSpec
from .device_clock import DeviceClock
from .handle import Handle
from .setting import Context, Setting
from .source import Source


class Adapter(Protocol):
    """A framework inside its own process."""

    #: What the text of calls may name: {"torch": torch}.
    NAMES: Mapping[str, Any]
    #: The release that was imported.
    VERSION: str

    def build(self, spec: TensorSpec) -> Source:
        """The tensor that a spec describes, over bytes that no conversion has touched; raises Unbuildable."""
        ...

    def describe(self, result: Any) -> Handle | None:
        """A handle on a tensor of this framework, read by address; None for anything else."""
        ...


class Extended(Adapter, Protocol):
    """What an adapter may have beside."""

    #: What a call whose text has the word imports when it is first made: seconds, which are no part of the conversion.
    LAZY: Mapping[str, str]
    #: Settings of the process that are none of a conversion's business.
    SETTINGS: Mapping[str, Setting]
    #: Code inside which a conversion answers as it does outside.
    CONTEXTS: Mapping[str, Context]
    #: What of the process a conversion must leave as it was, as expressions.
    STATE: tuple[str, ...]

    def renew(self) -> None:
        """Have warnings that are given once per process come every time."""
        ...

    def one_thread(self) -> Callable[[], Any]:
        """Compute in one thread from now on; what waits until all that was begun is done. For benchmarks."""
        ...

    def threads(self) -> dict[str, Any]:
        """In how many threads it computes. For benchmarks."""
        ...


class DeviceAdapter(Protocol):
    """The module that `Framework.device_adapter` names: tensors on other devices than the host. Calls may name the module."""

    def expect(self, devices: tuple[str, ...]) -> None:
        """Note which devices will be asked for; no device may be touched before `ready`, which runs behind the fork."""
        ...

    def ready(self) -> None:
        """Make this process ready for its devices."""
        ...

    def absent(self, device: str, *needs: str) -> str:
        """Why calls on this device, that import these packages, cannot be tested; "" where they can."""
        ...

    def clock(self, device: str) -> DeviceClock:
        """What tells when the device is done. For benchmarks."""
        ...

    def build(self, spec: TensorSpec, device: str) -> Source:
        """The tensor that a spec describes, on the device; raises Unbuildable."""
        ...

    def describe(self, result: Any) -> Handle | None:
        """A handle on a tensor on such a device; None for anything else."""
        ...
