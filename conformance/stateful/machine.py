"""The rule-based machine: Hypothesis picks the steps of programs; one that breaks a law is shortened.

https://hypothesis.readthedocs.io/en/latest/stateful.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.reporting import with_reporter
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from conformance.promises import EntryPoint
from conformance.stateful.crossings import TO_TENSORFLOW
from conformance.stateful.model import Broken
from conformance.stateful.play import Play, broken
from conformance.stateful.program import DTYPES, VIEWS, Program, Step
from conformance.stateful.shorten import shortest
from conformance.subjects import Subject

#: Live handles at most: each is looked at after every step.
MOST_HANDLES = 10


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
#: Rules are picked evenly; those that are there several times come more often.
_CONVERSIONS, _VIEWS = 4, 2
_SHAPES = st.sampled_from(((2,), (2, 3), (4,), (3, 2), (2, 1, 3), (1, 3), (1,), (), (2, 2, 2)))


def _machine(
    subject: Subject, frameworks: tuple[str, ...], ways: Mapping[str, EntryPoint], searched: Searched
) -> type[RuleBasedStateMachine]:
    """A machine whose bundles are the handles by kind, and whose rules are the steps that each kind allows."""
    bundles = {kind: Bundle(kind) for kind in ("numpy", *frameworks)}
    anything = st.one_of(*bundles.values())

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self._play = Play(subject, frameworks, ways, searched.counts)
            self.makes_sense = self._play.makes_sense
            self._made = 0

        def step(self, kind: str, step: Step) -> Any:
            """Do a step; the handle it made, if it is of the kind."""
            makes = step.do in ("array", "convert", "view")
            if makes and len(self._play.model.held) >= MOST_HANDLES:
                return multiple()
            name = f"h{self._made}" if makes else ""
            try:
                made = self._play.do(step._replace(to=name))
            except Broken as breach:
                raise _distinct(searched.add(breach, self._play))(str(breach)) from None
            if made is None:
                return multiple()
            self._made += 1
            return name if made.kind == kind else multiple()

        def teardown(self) -> None:
            searched.programs += bool(self._play.program)

        @initialize(target=bundles["numpy"], dtype=st.sampled_from(DTYPES), shape=_SHAPES)
        def begin(self, dtype: str, shape: tuple[int, ...]) -> Any:
            return self.step("numpy", Step("array", how=dtype, at=shape))

        @rule(target=bundles["numpy"], dtype=st.sampled_from(DTYPES), shape=_SHAPES)
        def array(self, dtype: str, shape: tuple[int, ...]) -> Any:
            return self.step("numpy", Step("array", how=dtype, at=shape))

        @rule(on=anything, everything=st.booleans(), at=st.tuples(*[st.integers(0, 2)] * 3))
        def write(self, on: str, everything: bool, at: tuple[int, ...]) -> None:
            held = self._play.model.held.get(on)
            if held is None or held.array is None:
                return
            number = len(self._play.program) % 2 if held.array.dtype == bool else 50 + len(self._play.program)
            index = () if everything or held.kind == "tensorflow" else tuple(i % n for i, n in zip(at, held.array.shape))
            self.step("", Step("write", on, at=(number, *index)))

        @rule(on=bundles["numpy"], do=st.sampled_from(("lock", "unlock")))
        def flag(self, on: str, do: str) -> None:
            self.step("", Step(do, on))

        @rule(on=anything)
        def resize(self, on: str) -> None:
            self.step("", Step("resize", on, at=(1000,)))

        @rule(on=st.one_of(*map(consumes, bundles.values())))
        def drop(self, on: str) -> None:
            self.step("", Step("drop", on))

    for source, target, names in _conversions(frameworks, ways):
        convert = rule(target=bundles[target], on=bundles[source], first=st.integers(0, len(names) - 1))
        for again in range(_CONVERSIONS):
            setattr(Machine, f"{source}_to_{target}_{again}", convert(_making("convert", target, names)))
    for kind in bundles:
        names = [name for name, texts in VIEWS.items() if kind in texts]
        view = rule(target=bundles[kind], on=bundles[kind], first=st.integers(0, len(names) - 1))
        for again in range(_VIEWS):
            setattr(Machine, f"view_{kind}_{again}", view(_making("view", kind, names)))
    return Machine


def _making(do: str, kind: str, names: list[str]) -> Any:
    """A rule that makes a handle of the kind by the first name, from the drawn one on, that goes with the source."""

    def step(self: Any, on: str, first: int) -> Any:
        steps = (Step(do, on, how=name) for name in names[first:] + names[:first])
        fitting = next(filter(self.makes_sense, steps), None)
        return multiple() if fitting is None else self.step(kind, fitting)

    step.__name__ = f"{do}_{kind}"
    return step


def _conversions(frameworks: tuple[str, ...], ways: Mapping[str, EntryPoint]) -> list[tuple[str, str, list[str]]]:
    """Kind of handle, kind that it becomes, and the names of the ways."""
    by_ends: dict[tuple[str, str], list[str]] = {}
    for name, entry in ways.items():
        source = entry.maker or "numpy"
        target = entry.framework if entry.direction == "in" else _TARGETS.get(name, "numpy")
        if {source, target} <= {"numpy", *frameworks}:
            by_ends.setdefault((source, target), []).append(name)
    return [(source, target, names) for (source, target), names in by_ends.items()]


#: Where the ways from one framework to another lead.
_TARGETS = {TO_TENSORFLOW.name: "tensorflow", "torch.from_dlpack(tf.Tensor)": "torch"}
