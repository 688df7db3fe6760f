"""Cells measured by several processes per framework, one at a time, in an order that no two of them share."""

from __future__ import annotations

import marshal
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from ..run.subjects import SubjectError, adapters, memories, packages
from ..subject import channel
from ..subject.timing import THREADS, Answer
from .cells import SIZES, Cell

_SERVE = "tensor_conformance.conformance.subject.timing:serve"
#: Seconds that one visit may take before it counts as hung.
LIMIT = 120.0
#: A cell is left out when the size before it says that a call would take longer than this, in seconds.
TOO_SLOW = 0.25
#: Threads of every library that computes: one, so that a call costs what it costs and not what the others leave it.
_ENVIRONMENT = dict.fromkeys(THREADS, "1") | {"PYTHONDONTWRITEBYTECODE": "1"}


class Effort(NamedTuple):
    """How much is measured.

    processes  per framework
    visits     of each process to each cell; the first and the last alone where it is costly
    rounds     of a visit at most; one where it is costly
    seconds    after which a visit begins no other round
    """

    processes: int = 2
    visits: int = 3
    rounds: int = 5
    seconds: float = 0.004


#: A cell over cold memory is costly, as is one whose call takes longer than so many seconds; until that is known, one of more
#: bytes than this. A visit to it is one round, and there are two, as far apart as the run allows: rounds of one visit differ by
#: a few percent, visits by what the machine has become meanwhile, which is what the next run will find.
LARGE, _LONG = 8 << 20, 0.005


class Visit(NamedTuple):
    """One visit of a process to a cell.

    at       when, in seconds since the start
    process  which
    loops    calls in a round
    rounds   seconds per call, by round
    bare     seconds of a call that does nothing, meanwhile
    busy     seconds per call that a device says it worked; 0 where it says nothing
    """

    at: float
    process: int
    loops: int
    rounds: list[float]
    bare: float
    busy: float = 0.0


@dataclass
class Timing:
    """What was measured of a cell.

    outcome  "ok", "raised", "unbuildable", "crashed", "hung", "too slow", "spared", "not run" or "" (not visited)
    message  why, where it is not "ok"
    memory   how the result used the source's memory: "shares", "copies", or "" where nobody can tell
    """

    cell: Cell
    outcome: str = ""
    message: str = ""
    memory: str = ""
    visits: list[Visit] = field(default_factory=list)

    @property
    def is_costly(self) -> bool:
        """Whether two visits by each process, of one round each, must do."""
        return self.cell.cold or (self.best > _LONG if self.visits else self.cell.spec.nbytes > LARGE)

    @property
    def best(self) -> float:
        """Seconds of the fastest round; 0 where there is none."""
        return min((min(visit.rounds) for visit in self.visits), default=0.0)


class Clock(Protocol):
    """A process that times cells."""

    @property
    def about(self) -> dict[str, Any]:
        """Releases, threads and clock."""
        ...

    def visit(self, cell: Cell, rounds: int, seconds: float) -> Answer:
        """See `conformance.subject.timing.Timer.visit`."""
        ...

    def close(self) -> None: ...


class Process:
    """A subject in a process of its own, which holds the clock; it is started again when it has died."""

    def __init__(self, framework: str, python: str = sys.executable, devices: tuple[str, ...] = ()) -> None:
        self._framework, self._python, self._devices = framework, python, memories(devices)
        self._start()

    def _start(self) -> None:
        names = (self._framework,)
        about = {"adapters": adapters(names), "devices": self._devices, "parent": os.getpid()}
        variables = {**os.environ, **_ENVIRONMENT}
        try:
            self._process = channel.Process(self._python, _SERVE, about, packages(names), variables)
        except OSError as error:
            raise SubjectError(f"{self._python} is no subject: {error.strerror}") from None
        self._channel = self._process.channel
        self._about: dict[str, Any] | None = None

    @property
    def about(self) -> dict[str, Any]:
        """Releases, threads and clock, as the process tells them. Raises SubjectError where there is no framework."""
        if self._about is None:
            try:
                self._about = dict(marshal.loads(self._channel.receive(timeout=180)))
            except (OSError, EOFError, channel.TimeoutError, channel.RemoteError) as error:
                line = (str(error).strip().splitlines() or [type(error).__name__])[-1]
                raise SubjectError(f"{self._python} is no subject: {line}") from None
            for reason in self._about["missing"].values():
                raise SubjectError(reason)
        return self._about

    def visit(self, cell: Cell, rounds: int, seconds: float) -> Answer:
        assert self.about
        asked: tuple[Any, ...] = (cell.name, cell.call, cell.prepared, cell.maker, tuple(cell.spec), cell.cold, rounds, seconds)
        asked += (cell.device, cell.needs)
        try:
            self._channel.send(marshal.dumps(asked))
            return tuple(marshal.loads(self._channel.receive(timeout=LIMIT)))  # type: ignore[return-value]
        except channel.TimeoutError:
            outcome, message = "hung", f"no answer within {LIMIT:g} s"
        except (EOFError, OSError, channel.RemoteError) as error:
            outcome, message = "crashed", (str(error).strip().splitlines() or ["the process died"])[-1][:200]
        self.close()
        self._start()
        return outcome, message, "", 0, [], 0.0, 0.0

    def close(self) -> None:
        self._process.end(1)


def start(
    frameworks: Iterable[str], pythons: Mapping[str, str], processes: int, devices: tuple[str, ...] = ()
) -> dict[str, list[Process]]:
    """The processes of each framework, started together. Raises SubjectError where one cannot be had."""
    started = {name: [Process(name, pythons.get(name, sys.executable), devices) for _ in range(processes)] for name in frameworks}
    for clocks in started.values():
        for clock in clocks:
            assert clock.about
    return started


def measure(
    cells: list[Cell],
    clocks: Mapping[str, Sequence[Clock]],
    effort: Effort,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Timing]:
    """Measure every cell, in the order given; nothing runs beside a measurement.

    First every process goes from small to large, so that what would take too long is known before it is asked; after that
    each has an order of its own, in every pass another, and they take turns visit by visit. So whatever disturbs the
    machine for a while disturbs a few visits of many cells, not all those of one.
    """
    timings = [Timing(cell, "spared" if cell.spared else "", cell.spared) for cell in cells]
    ladders: dict[str, list[Timing]] = {timing.cell.entry: [] for timing in timings}
    for timing in timings:
        if timing.cell.axis == "size":
            ladders[timing.cell.entry].append(timing)
    began = time.perf_counter()
    plan = list(_plan(timings, clocks, effort, random.Random(seed)))
    for done, (turn, timing, clock, number) in enumerate(plan):
        progress(done, len(plan))
        if timing.outcome not in ("", "ok", "not run"):  # Where one framework finds no device, the next may find one.
            continue
        slow = _too_slow(timing, ladders[timing.cell.entry])
        if slow:
            timing.outcome, timing.message = "too slow", slow
            continue
        if timing.is_costly and 0 < turn < effort.visits - 1:
            continue
        at = time.perf_counter() - began
        outcome, message, memory, loops, rounds, bare, busy = clock.visit(
            timing.cell, 1 if timing.is_costly else effort.rounds, effort.seconds
        )
        if outcome == "not run" and timing.visits:
            continue
        timing.outcome, timing.message, timing.memory = outcome, message, timing.memory or memory
        if rounds:
            timing.visits.append(Visit(round(at, 3), number, loops, rounds, bare, busy))
    progress(len(plan), len(plan))
    absent = {timing.cell.device: timing.message for timing in timings if timing.outcome == "not run" and not timing.cell.needs}
    for timing in timings:
        if timing.outcome == "spared" and timing.cell.device in absent:
            timing.outcome, timing.message = "not run", absent[timing.cell.device]
    return timings


def _plan(
    timings: list[Timing], clocks: Mapping[str, Sequence[Clock]], effort: Effort, rng: random.Random
) -> Iterator[tuple[int, Timing, Clock, int]]:
    """In which turn who visits what, in order; processes are numbered through all frameworks."""
    numbered = [(framework, clock) for framework, several in clocks.items() for clock in several]
    for turn in range(effort.visits):
        orders = []
        for number, (framework, clock) in enumerate(numbered):
            mine = [timing for timing in timings if timing.cell.framework in ("", framework)]
            rng.shuffle(mine)
            if not turn:
                mine.sort(key=lambda timing: timing.cell.spec.nbytes)
            orders.append([(turn, timing, clock, number) for timing in mine])
        yield from _in_turn(orders)


def _in_turn(orders: list[list[Any]]) -> Iterator[Any]:
    """One of each, evenly, however long they are."""
    places = [((i + 0.5) / len(order), which, i) for which, order in enumerate(orders) for i in range(len(order))]
    for _, which, i in sorted(places):
        yield orders[which][i]


def _too_slow(timing: Timing, ladder: list[Timing]) -> str:
    """Why a cell is left out: what the same call took of a smaller size, times as much as it is larger."""
    cell = timing.cell
    if cell.spec.nbytes <= SIZES[2] or timing.visits:
        return ""
    largest = max((t for t in ladder if t.visits), key=lambda t: t.cell.spec.nbytes, default=None)
    if largest is None or largest.cell.spec.nbytes < SIZES[2]:
        return ""
    expected = largest.best * cell.spec.nbytes / largest.cell.spec.nbytes
    return f"{expected:.1f} s a call, to go by {largest.cell.size}" if expected > TOO_SLOW else ""
