"""One program on one subject: each step is run there and judged here, and what no promise covers is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from textwrap import indent

from ..frameworks.registry import extrapolation, known_for
from ..laws.judge import pressure_of
from ..promises import EntryPoint
from ..promises.deviations import Deviation
from ..promises.programs import Program, Step
from ..run.subjects import Subject
from .known import known_step
from .model import Broken, Held, Model
from .program import header, spelt, text


class Play:
    """A program under way.

    subject     where it runs
    frameworks  that it may name
    ways        entry points by name
    avoids      whether a step on a handle is left out, for a recorded deviation of programs covers it; None: as recorded
    counts      what became of the steps: "converted", "refused", "written", ..., "deviates" for those that a known
                deviation covers: they are left out, for what follows them is nobody's promise
    """

    def __init__(
        self,
        subject: Subject,
        frameworks: Iterable[str],
        ways: Mapping[str, EntryPoint],
        counts: Counter[str] | None = None,
        avoids: Callable[[Step, Held], bool] | None = None,
    ) -> None:
        self._subject, self._ways = subject, ways
        self._avoids = avoids or (lambda step, held: known_step(step, held, subject.versions) is not None)
        frameworks = tuple(frameworks)
        self._header: str | None = header(frameworks)
        self.model = Model(bool(extrapolation("+".join(frameworks), subject.versions)))
        self.program: list[Step] = []
        self.lines: list[str] = []
        self.counts: Counter[str] = Counter() if counts is None else counts

    def do(self, step: Step) -> Held | None:
        """Run and judge one step; the handle that it made, if any. Raises Broken where a promise is."""
        held = self.model.held.get(step.on)
        if not self.makes_sense(step):
            return None
        entry = self._way(step.how) if step.do == "convert" else None
        if self._is_known(step, held, entry):
            self.counts["deviates"] += 1
            return None
        lines = text(step, held.kind if held is not None else "", entry)
        self.program.append(step)
        self.lines.append(lines)
        if self._header is not None:
            self._subject.step(self._header, True)
            self._header = None
        report = self._subject.step(lines, False)
        if report.outcome == "raised":  # A script goes on, as the program does.
            self.lines[-1] = f"try:\n{indent(lines, '    ')}\nexcept Exception as error:\n    print(repr(error))"
        word = self.model.after(step, report, entry)
        self.counts[word] += 1
        return self.model.held.get(step.to)

    def _way(self, name: str) -> EntryPoint:
        """The entry point of this name, as it is promised in the subject."""
        return self._ways[name].under(self._subject.versions)

    def makes_sense(self, step: Step) -> bool:
        """Whether the promises say what the step does."""
        held = self.model.held.get(step.on)
        if step.to in self.model.held or (step.on and held is None):
            return False
        if held is None or step.do == "drop":
            return True
        array = held.array
        if array is None or held.kind == "other":
            return False
        if step.do == "convert":
            entry = self._way(step.how)
            if entry.lacking(self._subject.versions):
                return False
            fits = held.kind == (entry.maker or "numpy")
            return fits and self.model.takes(entry, self.model.spec(step.on, entry.direction))
        if step.do == "view":
            needed = {"rest": 2, "every other": 1, "first": 1, "swapped": 1, "reversed": 1}.get(step.how, 0)
            return step.how in spelt(held.kind).views and (not needed or array.shape[:1] >= (needed,))
        if step.do == "write":
            index = step.at[1:]
            inside = not index or (len(index) == array.ndim and all(i < n for i, n in zip(index, array.shape)))
            return held.writable is not None and inside
        if step.do == "resize":
            programs = spelt(held.kind)
            return programs.resize != "" and held.writable is True and (held.owns or programs.resizes_any)
        return held.kind == "numpy" and held.writable is (step.do == "lock")

    def _is_known(self, step: Step, held: Held | None, entry: EntryPoint | None) -> bool:
        """Whether a recorded deviation covers the step."""
        if held is None or step.do == "drop":
            return False
        if self._avoids(step, held):
            return True
        if entry is None:
            return False
        spec = self.model.spec(step.on, entry.direction)
        known = _known_for(entry, tuple(self._subject.versions.items()))
        return any(not pressure_of(deviation) and deviation.when.test(spec) for deviation in known)


@cache
def _known_for(entry: EntryPoint, versions: tuple[tuple[str, str], ...]) -> tuple[Deviation, ...]:
    return known_for(entry, dict(versions))


def broken(program: Program, play: Play) -> Broken | None:
    """How the program breaks a law, or None."""
    try:
        for step in program:
            play.do(step)
    except Broken as breach:
        return breach
    return None
