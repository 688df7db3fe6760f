"""When a device is done, and for how long it worked: what a clock of the host alone cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.devices import split
from conformance.subject import device_memory

#: Seconds for which a device is kept waiting at most while the host prepares its work.
_MOST = 0.05
#: Cycles that a device makes in a second, at most: one that makes fewer waits longer, which does no harm.
_CYCLES = 2e9


class UnfinishedError(Exception):
    """The clock was stopped while the device was still at work."""


class DeviceClock:
    """How a framework waits for one device, and has it measure itself.

    wait  return when the device has done all that it was told
    """

    def __init__(self, framework: str, module: Any, device: str) -> None:
        kind, number = split(device)
        self._torch = getattr(module.torch, kind, None) if framework == "torch" else None
        # Only there events, and a way to keep the device waiting, have been thought through.
        self._measures = self._torch is not None and kind == "cuda" and number == 0
        self.wait: Callable[[], Any] = self._waiting(module, device, number)

    def _waiting(self, module: Any, device: str, number: int) -> Callable[[], Any]:
        if self._torch is None:
            devices = module.tf.test.experimental.sync_devices
            finish = device_memory.of(device).finish if device_memory.is_known(device) else int
            return lambda: (devices(), finish())
        synchronize: Callable[..., Any] = self._torch.synchronize
        # Of several devices, the first is the current one: what is copied between the two is done when both are.
        return (lambda: (synchronize(), synchronize(device))) if number else synchronize

    def check(self) -> None:
        """Raise UnfinishedError where the device is still at work: what was just timed was not the whole."""
        stream = getattr(self._torch, "current_stream", None)
        if stream is not None and hasattr(stream(), "query") and not stream().query():
            raise UnfinishedError("the clock stopped before the device was done")

    def busy(self, call: Callable[[], Any], seconds: float) -> float:
        """Seconds that the device works on one call, from an event before to an event behind it; 0 where nobody can tell.

        `seconds` is what the call takes altogether. So long the device is kept waiting, so that what the host does first
        is over when the device begins, and between the events there is the device's own work alone.
        """
        if not self._measures or not hasattr(self._torch, "_sleep"):
            return 0.0
        cuda: Any = self._torch
        before, behind = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
        cuda._sleep(int(min(2 * seconds, _MOST) * _CYCLES))
        before.record()
        result = call()
        behind.record()
        behind.synchronize()
        del result
        return float(before.elapsed_time(behind)) / 1e3
