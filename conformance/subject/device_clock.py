"""When a device is done, and for how long it worked: what a clock of the host alone cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class UnfinishedError(Exception):
    """The clock was stopped while the device was still at work."""


class DeviceClock:
    """How a framework waits for one device. One that can have it measure itself says how.

    wait  return when the device has done all that it was told
    """

    def __init__(self, wait: Callable[[], Any]) -> None:
        self.wait = wait

    def check(self) -> None:
        """Raise UnfinishedError where the device is still at work: what was just timed was not the whole."""

    def busy(self, call: Callable[[], Any], seconds: float) -> float:
        """Seconds that the device works on one call, which takes `seconds` altogether; 0 where nobody can tell."""
        return 0.0
