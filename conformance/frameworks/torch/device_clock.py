"""When PyTorch's devices are done, and for how long they worked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...subject.device_clock import DeviceClock, UnfinishedError
from ...subject.devices import split

#: Seconds for which a device is kept waiting at most while the host prepares its work.
_MOST = 0.05
#: Cycles that a device makes in a second, at most: one that makes fewer waits longer, which does no harm.
_CYCLES = 2e9


class TorchClock(DeviceClock):
    """Waits by the `synchronize` of the device's module, `torch.cuda` say; CUDA's events tell the device's share of the time."""

    def __init__(self, device: str, module: Any) -> None:
        kind, number = split(device)
        self._module = module
        # Only there events, and a way to keep the device waiting, have been thought through.
        self._measures = kind == "cuda" and number == 0
        synchronize: Callable[..., Any] = self._module.synchronize
        # Of several devices, the first is the current one: what is copied between the two is done when both are.
        super().__init__((lambda: (synchronize(), synchronize(device))) if number else synchronize)

    def check(self) -> None:
        stream = getattr(self._module, "current_stream", None)
        if stream is not None and hasattr(stream(), "query") and not stream().query():
            raise UnfinishedError("the clock stopped before the device was done")

    def busy(self, call: Callable[[], Any], seconds: float) -> float:
        """From an event before to an event behind the call.

        So long as the call takes altogether the device is kept waiting, so that what the host does first is over when the
        device begins, and between the events there is the device's own work alone.
        """
        if not self._measures or not hasattr(self._module, "_sleep"):
            return 0.0
        before, behind = self._module.Event(enable_timing=True), self._module.Event(enable_timing=True)
        self._module._sleep(int(min(2 * seconds, _MOST) * _CYCLES))
        before.record()
        result = call()
        behind.record()
        behind.synchronize()
        del result
        return float(before.elapsed_time(behind)) / 1e3
