"""Every conversion timed, as benchmarks of pytest-benchmark, and held to what its use of memory may cost.

    python -m pytest conformance/benchmarks/bench_conversions.py --benchmark-json run.json --entry-point 'torch.as*'

The measuring is done ahead, by processes that take turns (see `measure`); pytest-benchmark is handed the rounds.
"""

from __future__ import annotations

from typing import Any

import pytest

from tensor_conformance.conformance.benchmarks.cells import Cell
from tensor_conformance.conformance.benchmarks.measure import Timing
from tensor_conformance.conformance.benchmarks.plugin import describe
from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.reports.benchmark.cost import law_of_cost
from tensor_conformance.reports.benchmark.runs import Run, run_of


class Replay:
    """A clock that tells again what was measured: read twice per round, it goes on by that round's seconds."""

    def __init__(self) -> None:
        self._rounds: list[float] = []
        self._now, self._running = 0.0, False

    def load(self, rounds: list[float]) -> None:
        """The rounds that it will tell."""
        self._rounds, self._now, self._running = list(reversed(rounds)), 0.0, False

    def __call__(self) -> float:
        if self._running:
            self._now = self._rounds.pop()
        else:
            self._now = 0.0  # A difference to zero is exact.
        self._running = not self._running
        return self._now


replay = Replay()


@pytest.mark.benchmark(timer=replay)
def test_conversion(cell: Cell, measured: dict[str, Timing], benchmark: Any) -> None:
    """What one call takes, in seconds."""
    timing = measured[cell.name]
    if timing.outcome != "ok":
        pytest.skip(f"{timing.outcome}: {timing.message}")
    benchmark.group = cell.entry
    benchmark.extra_info |= describe(timing) | {
        "visits": [
            {"at": v.at, "process": v.process, "loops": v.loops, "rounds": len(v.rounds), "bare": v.bare, "busy": v.busy}
            for v in timing.visits
        ]
    }
    rounds = [seconds for visit in timing.visits for seconds in visit.rounds]
    replay.load(rounds)
    benchmark.pedantic(_nothing, rounds=len(rounds))


def _nothing() -> None:
    """What pytest-benchmark runs in place of the call, whose time is known."""


@pytest.fixture(scope="session")
def figures(measured: dict[str, Timing]) -> Run:
    """The same as a run that reports read."""
    return run_of(
        describe(timing) | {"rounds": [v.rounds for v in timing.visits], "bare": [v.bare for v in timing.visits]}
        for timing in measured.values()
    )


def test_cost_keeps_the_promise(priced: EntryPoint, figures: Run) -> None:
    """A call that promises to share costs the same for any size; one that copies costs no more than a few copies."""
    cost = law_of_cost(figures, priced.name)
    if cost is None:
        pytest.skip("not timed over enough sizes")
    assert cost.verdict != "breach", cost.sentence
