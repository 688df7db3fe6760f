"""How far a run has come, in a line for people."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ..promises import EntryPoint
from .grid import SIZES
from .plan import NOTHING, PROFILES, Plan
from .tally import Tally

#: What a conversion takes, in those of a usual call; see `EntryPoint.pace`.
_WEIGHTS = {"usual": 1, "slow": 4, "slowest": 40, "symbolic": 10, "compiled": 150, "built": 2000}
#: Conversions under pressure of a usual or slow call, by profile; others see a few.
_PRESSED = {"quick": 70, "default": 150, "thorough": 250}


class Progress:
    """Calls and conversions that are done, of those that are to be done."""

    def __init__(self, plan: Plan, clock: Callable[[], float] = time.monotonic) -> None:
        self._plan, self._clock = plan, clock
        self._started = clock()
        self._planned: dict[str, tuple[int, int]] = {}
        self._done: dict[str, tuple[int, int]] = {}

    def expect(self, entries: Iterable[EntryPoint]) -> None:
        """These are to be asked."""
        self._started = self._clock()
        for entry in entries:
            share = PROFILES[self._plan.profile].share(entry)
            if share != NOTHING:
                examples = share.examples if self._plan.examples is None else self._plan.examples
                pressed = _PRESSED[self._plan.profile] if entry.pace in ("usual", "slow") else 3
                self._planned[entry.name] = SIZES[share.grid].most + examples + pressed, _WEIGHTS[entry.pace]

    def finished(self, tally: Tally) -> None:
        """This one was asked."""
        self._done[tally.entry.name] = sum(tally.verdicts.values()), len(tally.findings)

    @property
    def line(self) -> str:
        """What is done, of how much, what was found, and about how long the rest will take."""
        done, planned = self._done.copy(), self._planned
        conversions = sum(count for count, _ in done.values())
        left = sum(count for name, (count, _) in planned.items() if name not in done)
        findings = sum(found for _, found in done.values())
        return (
            f"{len(done)} of {len(planned)} calls, {conversions:,} of ~{conversions + left:,} conversions, "
            f"{findings} finding{'s' if findings != 1 else ''}{self._time_left(done)}"
        )

    def _time_left(self, done: Iterable[str]) -> str:
        weights = {name: count * weight for name, (count, weight) in self._planned.items()}
        made = sum(weights.get(name, 0) for name in done)
        if not made:
            return ""
        seconds = (self._clock() - self._started) * (sum(weights.values()) - made) / made
        return f", ~{seconds / 60:.0f} min left" if seconds > 90 else f", ~{seconds:.0f} s left"
