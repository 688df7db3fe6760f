"""The rule-based machine: Hypothesis picks the steps of programs; one that breaks a law is shortened.

https://hypothesis.readthedocs.io/en/latest/stateful.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.reporting import with_reporter
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from conformance.promises import EntryPoint
from conformance.stateful.crossings import TO_TENSORFLOW, TO_TORCH
from conformance.stateful.model import Broken
from conformance.stateful.play import Play, broken
from conformance.stateful.program import DTYPES, VIEWS, Program, Step
from conformance.stateful.shorten import shortest
from conformance.subjects import Subject

#: Live handles at most: each is looked at after every step.
MOST_HANDLES = 10
#: Arrays that a program makes at most: programs are about what is made of them.
MOST_ARRAYS = 3


@dataclass
class ProgramFinding:
    """One way in which programs broke a law, by its shortest program; `count` says how often it was seen."""

    breach: Broken
    program: Program
    lines: tuple[str, ...]
    count: int = 1


@dataclass
class Searched:
    """What a search over programs saw.

    programs  run
    counts    what became of their steps, see `Play`
    findings  by law, entry point or kind of step, and outcome
    """

    programs: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    findings: dict[tuple[str, ...], ProgramFinding] = field(default_factory=dict)

    def add(self, breach: Broken, play: Play) -> tuple[str, ...]:
        """Keep the plainest program of each kind of breach; answers with the kind."""
        kind = kind_of(breach, play)
        program, lines = tuple(play.program), tuple(play.lines)
        found = self.findings.get(kind)
        if found is None:
            self.findings[kind] = ProgramFinding(breach, program, lines)
        else:
            found.count += 1
            if (len(program), sum(map(len, lines))) < (len(found.program), sum(map(len, found.lines))):
                found.breach, found.program, found.lines = breach, program, lines
        return kind


def kind_of(breach: Broken, play: Play) -> tuple[str, ...]:
    """What tells breaches apart: the law, the entry point if a conversion broke it, and the outcome."""
    last = play.program[-1]
    return breach.law, last.how if last.do == "convert" else "", breach.outcome


class _Found(AssertionError):
    """A program broke a law."""


@cache
def _distinct(kind: tuple[str, ...]) -> type[_Found]:
    """One exception type per kind of breach, so that Hypothesis tells them apart and shrinks each."""
    return type("Found_" + "_".join(filter(None, kind)), (_Found,), {})


def search(
    subject: Subject,
    frameworks: tuple[str, ...],
    ways: Mapping[str, EntryPoint],
    examples: int,
    steps: int = 20,
    configure: Callable[[Any], Any] = lambda factory: factory,
) -> Searched:
    """Try `examples` programs of up to `steps` steps and shorten whatever breaks a law.

    configure  decorates the machine: with `hypothesis.seed`, in tests
    """
    searched = Searched()
    machine = configure(_machine(subject, frameworks, ways, searched))
    how = settings(_SETTINGS, max_examples=examples, stateful_step_count=steps)
    try:
        with with_reporter(lambda _: None):
            run_state_machine_as_test(machine, settings=how)
    except (_Found, Flaky):
        pass  # What breaks is on record, even if it breaks once and not again.
    except ExceptionGroup as several:  # noqa: F821
        if several.split((_Found, Flaky))[1] is not None:
            raise
    for kind, found in list(searched.findings.items()):

        def attempt(program: Program, kind: tuple[str, ...] = kind) -> Program | None:
            play = Play(subject, frameworks, ways)
            breach = broken(program, play)
            return tuple(play.program) if breach is not None and searched.add(breach, play) == kind else None

        shortest(found.program, attempt)
    return searched


_SETTINGS = settings(
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    report_multiple_bugs=True,
    phases=[Phase.generate],
)
#: Steps; those that come more often several times.
_STEPS = ("convert",) * 8 + ("view",) * 4 + ("write",) * 4 + ("flag",) * 2 + ("drop", "keep", "array", "resize", "resize")
#: How many handles are passed over on the way to the one that a step is done to: what a chain made last breaks first.
_PASSED = (0, 0, 0, 0, 0, 1, 1, 2, 3, 5)
_SHAPES = ((2, 3), (4,), (2, 2, 2), (3, 2), (2, 1, 3), (2,), (2, 3), (4,), (1, 3), (1,), ())
#: A number that decides all else about a step: whatever names, shapes and indices there are, it picks some.
_PICK = st.integers(0, 2**20)
T = TypeVar("T")


def _machine(
    subject: Subject, frameworks: tuple[str, ...], ways: Mapping[str, EntryPoint], searched: Searched
) -> type[RuleBasedStateMachine]:
    """A machine that does steps of every kind to its handles, mostly to the newest."""
    routes = _routes(frameworks, ways)

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self._play = Play(subject, frameworks, ways, searched.counts)

        def teardown(self) -> None:
            searched.programs += bool(self._play.program)

        @initialize(pick=_PICK)
        def begin(self, pick: int) -> None:
            self._do(_array(self._play, pick))

        # One rule for all: of several, Hypothesis switches off half in each program, and most faults need most kinds of steps.
        @rule(do=st.sampled_from(_STEPS), passed=st.sampled_from(_PASSED), pick=_PICK)
        def step(self, do: str, passed: int, pick: int) -> None:
            held = list(self._play.model.held)
            if do == "keep" or len(held) == MOST_HANDLES:
                for name in held[:-1]:
                    self._do(Step("drop", name))
            elif do == "array":
                if sum(step.do == "array" for step in self._play.program) < MOST_ARRAYS:
                    self._do(_array(self._play, pick))
            else:
                names = held if do == "drop" else reversed(held)  # The oldest is whose memory others use.
                possible = (_first(do, name, self._play, pick, routes) for name in names)
                for made in list(islice(filter(None, possible), passed + 1))[-1:]:
                    self._do(made)

        def _do(self, step: Step) -> None:
            try:
                self._play.do(step)
            except Broken as breach:
                raise _distinct(searched.add(breach, self._play))(str(breach)) from None

    return Machine


def _array(play: Play, pick: int) -> Step:
    """The step that makes an array."""
    which, kind = divmod(pick, len(DTYPES))
    return Step("array", to=_name(play), how=DTYPES[kind], at=_SHAPES[which % len(_SHAPES)])


def _name(play: Play) -> str:
    """A name for the next handle."""
    return f"h{sum(bool(step.to) for step in play.program)}"


def _first(do: str, name: str, play: Play, pick: int, routes: Mapping[str, list[list[str]]]) -> Step | None:
    """The first step of a kind that makes sense of a handle, from the picked one on."""
    return next(filter(play.makes_sense, _steps(do, name, play, pick, routes)), None)


def _steps(do: str, name: str, play: Play, pick: int, routes: Mapping[str, list[list[str]]]) -> Iterator[Step]:
    held = play.model.held[name]
    if do == "convert":
        for names in _from(pick, routes.get(held.kind, [])):
            for way in _from(pick // 8, names):
                yield Step("convert", name, _name(play), way)
    elif do == "view":
        for view in _from(pick, list(VIEWS)):
            yield Step("view", name, _name(play), view)
    elif do == "write" and held.array is not None:
        number = len(play.program) % 2 if held.array.dtype == bool else 50 + len(play.program)
        index = () if pick % 2 or held.kind == "tensorflow" else np.unravel_index(pick // 2 % held.array.size, held.array.shape)
        yield Step("write", name, at=(number, *map(int, index)))
    elif do == "flag":
        yield Step("lock" if held.writable else "unlock", name)
    elif do == "resize":
        yield Step("resize", name, at=(1000,))
    elif do == "drop":
        yield Step("drop", name)


def _from(pick: int, things: list[T]) -> list[T]:
    """The things, beginning with the picked one."""
    start = pick % len(things) if things else 0
    return things[start:] + things[:start]


def _routes(frameworks: tuple[str, ...], ways: Mapping[str, EntryPoint]) -> dict[str, list[list[str]]]:
    """Kind of handle to the names of its ways, by where they lead."""
    by_ends: dict[tuple[str, str], list[str]] = {}
    for name, entry in ways.items():
        source = entry.maker or "numpy"
        target = entry.framework if entry.direction == "in" else _TARGETS.get(name, "numpy")
        if {source, target} <= {"numpy", *frameworks}:
            by_ends.setdefault((source, target), []).append(name)
    return {kind: [names for (source, _), names in by_ends.items() if source == kind] for kind, _ in by_ends}


#: Where the ways from one framework to another lead.
_TARGETS = {TO_TENSORFLOW.name: "tensorflow", TO_TORCH.name: "torch"}
