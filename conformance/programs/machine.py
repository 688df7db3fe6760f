"""The rule-based machine: weighted rules draw the steps of programs; one that breaks a law is shortened.

Hypothesis' machine (https://hypothesis.readthedocs.io/en/latest/stateful.html) is not used: of 150 programs, three quarters
are slight changes of earlier ones, and each goes without half of the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import TypeVar

from ..promises import EntryPoint
from ..promises.programs import Program, Step
from ..run.subjects import Subject
from .model import Broken
from .play import Play, broken
from .program import DTYPES, VIEWS, spelt
from .shorten import shortest

T = TypeVar("T")
#: Steps that a program draws; to drop all handles but the newest is one of them.
STEPS = 20
#: Live handles at most: each is looked at after every step.
MOST_HANDLES = 10
#: Arrays that a program makes at most: programs are about what is made of them.
MOST_ARRAYS = 3
#: Broken programs after which no more are tried.
ENOUGH = 8

#: Steps; those that come more often several times.
_STEPS = ("convert",) * 8 + ("view",) * 4 + ("write",) * 4 + ("flag",) * 2 + ("drop", "keep", "array", "resize", "resize")
#: How many handles are passed over on the way to the one that a step is done to: what a chain made last breaks first.
_PASSED = (0, 0, 0, 0, 0, 1, 1, 2, 3, 5)
_SHAPES = ((2, 3), (3, 2), (2, 2, 2), (2, 1, 3), (3, 3), (4,), (2,), (1, 3), (1,), ())


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


def search(
    subject: Subject, frameworks: tuple[str, ...], ways: Mapping[str, EntryPoint], examples: int, seed: int = 0
) -> Searched:
    """Try `examples` programs, fewer where many break laws, and shorten those that do. The same seed draws the same programs."""
    searched = Searched()
    routes = _routes(frameworks, ways)
    for number in range(examples):
        play = Play(subject, frameworks, ways, searched.counts)
        searched.programs += 1
        try:
            _draw(play, routes, Random(f"{seed}, {number}"))
        except Broken as breach:
            searched.add(breach, play)
            if sum(found.count for found in searched.findings.values()) == ENOUGH:
                break
    for kind, found in list(searched.findings.items()):

        def attempt(program: Program, kind: tuple[str, ...] = kind) -> Program | None:
            play = Play(subject, frameworks, ways)
            breach = broken(program, play)
            return tuple(play.program) if breach is not None and searched.add(breach, play) == kind else None

        shortest(found.program, attempt)
    return searched


def _draw(play: Play, routes: Mapping[str, list[list[str]]], random: Random) -> None:
    """Do steps of every kind, mostly to the newest handles."""
    play.do(_array(play, random))
    for _ in range(STEPS - 1):
        do, held = random.choice(_STEPS), list(play.model.held)
        if do == "keep" or len(held) == MOST_HANDLES:
            for name in held[:-1]:
                play.do(Step("drop", name))
        elif do == "array":
            if sum(step.do == "array" for step in play.program) < MOST_ARRAYS:
                play.do(_array(play, random))
        else:
            names = held if do == "drop" else reversed(held)  # The oldest is whose memory others use.
            firsts = (next(filter(play.makes_sense, _steps(do, name, play, routes, random)), None) for name in names)
            for step in list(islice(filter(None, firsts), random.choice(_PASSED) + 1))[-1:]:
                play.do(step)


def _array(play: Play, random: Random) -> Step:
    """The step that makes an array."""
    return Step("array", to=_name(play), how=random.choice(DTYPES), at=random.choice(_SHAPES))


def _name(play: Play) -> str:
    """A name for the next handle."""
    return f"h{sum(bool(step.to) for step in play.program)}"


def _steps(do: str, name: str, play: Play, routes: Mapping[str, list[list[str]]], random: Random) -> Iterator[Step]:
    """Steps of a kind that might be done to a handle, in a random order."""
    held = play.model.held[name]
    if do == "convert":
        for names in _shuffled(routes.get(held.kind, []), random):
            for way in _shuffled(names, random):
                yield Step("convert", name, _name(play), way)
    elif do == "view":
        for view in _shuffled(VIEWS, random):
            yield Step("view", name, _name(play), view)
    elif do == "write" and held.array is not None:
        number = len(play.program) % 2 if held.array.dtype == bool else 50 + len(play.program)
        everything = random.random() < 0.25 or spelt(held.kind).replaces
        yield Step("write", name, at=(number, *(() if everything else map(random.randrange, held.array.shape))))
    elif do == "flag":
        yield Step("lock" if held.writable else "unlock", name)
    elif do == "resize":
        yield Step("resize", name, at=(1000,))
    elif do == "drop":
        yield Step("drop", name)


def _shuffled(things: Iterable[T], random: Random) -> list[T]:
    listed = list(things)
    return random.sample(listed, len(listed))


def _routes(frameworks: tuple[str, ...], ways: Mapping[str, EntryPoint]) -> dict[str, list[list[str]]]:
    """Kind of handle to the names of its ways, by where they lead."""
    by_ends: dict[tuple[str, str], list[str]] = {}
    for name, entry in ways.items():
        source = entry.maker or "numpy"
        target = entry.framework if entry.direction == "in" else next(iter(entry.others), "numpy")
        if {source, target} <= {"numpy", *frameworks}:
            by_ends.setdefault((source, target), []).append(name)
    return {kind: [names for (source, _), names in by_ends.items() if source == kind] for kind, _ in by_ends}
