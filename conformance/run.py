"""One run of the suite: which subjects are asked, what was seen of each entry point, and the rows that say so."""

from __future__ import annotations

import sys
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from threading import RLock
from typing import Any, NamedTuple

from conformance import grid, pressing
from conformance.crew import Crew, Unable
from conformance.deviations import Deviation, known_for
from conformance.differential.find import Comparison, Finder
from conformance.differential.pair import Pair
from conformance.differential.rows import comparison_row, difference_row
from conformance.entry_points import entry_points, on_device
from conformance.judge import Verdict, judge
from conformance.laws import LAWS
from conformance.observation import Observation
from conformance.promises import EntryPoint
from conformance.reproducer import script
from conformance.search import search, shrink
from conformance.stateful import phase as stateful
from conformance.stateful.known import KnownProgram
from conformance.stateful.program import Program
from conformance.subjects import LIMIT, InProcess, Isolated, Subject, SubjectError
from conformance.tally import Finding, Tally
from strategies.spec import ArraySpec, Spec

#: Of entry points; None for all.
Names = list[str] | None
#: Entry points left to be asked for which another subject is worth its start.
WORTH_A_SUBJECT = 8

PHASES = ("pinned", "grid", "pressure", "search", "stateful")


class Share(NamedTuple):
    """What one entry point is asked: how much of the grid (a name from `grid.SIZES`), and how many Hypothesis examples."""

    grid: str
    examples: int


NOTHING = Share("", 0)


class Profile(NamedTuple):
    """How thorough a run is, in words, by what a call costs (see `pace`), and in programs."""

    text: str
    most: Share
    slow: Share
    slowest: Share
    symbolic: Share
    compiled: Share
    built: Share
    programs: int

    def share(self, entry: EntryPoint) -> Share:
        """What this entry point is asked."""
        return getattr(self, pace(entry))  # type: ignore[no-any-return]


PROFILES = {
    "quick": Profile(
        "a sample of the pairs",
        *(Share("sample", 10), Share("sample", 10), Share("few", 2), Share("each", 0), Share("some", 0), NOTHING),
        programs=30,
    ),
    "default": Profile(
        "all pairs; of slow calls a sample",
        *(Share("pairs", 60), Share("sample", 60), Share("few", 10), Share("each", 5), Share("some", 0), NOTHING),
        programs=150,
    ),
    "thorough": Profile(
        "up to 12000 of all combinations, of slow calls 3000",
        *(Share("full", 2000), Share("part", 500), Share("sample", 50), Share("sample", 100), Share("sample", 100)),
        Share("some", 0),
        programs=3000,
    ),
}

#: Calls of half a millisecond or more.
SLOW = (
    *("tf.Tensor ? ndarray", "tf.Tensor == ndarray", "ndarray ? tf.Tensor", "ndarray == tf.Tensor", "tf.add", "tf.stack"),
    *("tf.constant[list]", "tf.ensure_shape", "tf.cast[float64]"),
    *("tf.Variable*", "*(tf.Variable)*", "tf.data.*", "tf.py_function*", "tf.numpy_function*", "tf.RaggedTensor*"),
    *("tf.sparse.*", "tf.TensorArray*", "tf.transpose*", "tf.keras.*", "*dlpack*[used]", "torch.nested.*", "tf.ragged.*"),
    *("torch.jit.*", "torch.utils.data.DataLoader[IterableDataset]*", "torch.utils.data.DataLoader[pin*"),
    *("*, on another stream]", "torch.*.Stream.wait_stream*"),
)
#: Calls of 50 milliseconds or more.
SLOWEST = ("tf.data.Dataset.from_generator*", "tf.data.*[prefetch]", "tf.numpy_function[tf.function]", "*[layout=jagged]")
#: Symbolic forms of 100 ms or more; others, which are traced, take 10 or more.
COMPILED = ("tf.keras.Model.predict*", "tf.saved_model*", "torch.compile*", "torch.export*", "make_fx*")

#: Symbolic forms for which a C++ compiler is started: seconds each, the first in a process half a minute.
BUILT = ("torch.compile[inductor]*",)
BUILT_LIMIT = 180.0


def pace(entry: EntryPoint) -> str:
    """What a call costs: a field of `Profile`."""
    if any(map(entry.matches, BUILT)):
        return "built"
    if entry.facts:
        return "compiled" if any(map(entry.matches, COMPILED)) else "symbolic"
    if any(map(entry.matches, SLOWEST)):
        return "slowest"
    return "slow" if any(map(entry.matches, SLOW)) else "most"


#: How many inputs that are known to kill or to hang are tried on one entry point, by the deviation's severity.
SPARED = {"crash": 3, "hang": 0}
#: Seconds after which what is known to hang is believed to.
HANGS_AFTER = 2.0
#: Findings of one entry point that are shrunk; more are recorded as they were drawn.
SHRUNK_FINDINGS = 8


@dataclass(frozen=True)
class Plan:
    """What to run.

    profile     a name from `PROFILES`
    seed        of the grid's specs and of the search
    examples    Hypothesis examples per entry point; None: the profile's
    phases      of `PHASES`
    subjects    framework to interpreter; None: this one
    in_process  convert in this process, for debugging
    limit       seconds that one conversion may take
    only        (entry point, spec, pressure), or (frameworks, program), to replay, instead of all phases
    against     the interpreter before an upgrade, with which the subjects are compared
    devices     of the tensors
    """

    profile: str = "default"
    seed: int = 0
    examples: int | None = None
    phases: tuple[str, ...] = PHASES
    subjects: Mapping[str, str] = field(default_factory=dict)
    in_process: bool = False
    limit: float = LIMIT
    only: tuple[str, Spec, str] | tuple[str, Program] | None = None
    against: str | None = None
    devices: tuple[str, ...] = ("cpu",)


class Run:
    """Asks subjects and keeps what they said: one tally per entry point, made when it is first wanted."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._subjects: dict[str, Subject | SubjectError] = {}
        self._tallies: dict[str, Tally] = {}
        self._coming: dict[str, Future[Tally]] = {}
        self._programs: dict[str, Future[list[dict[str, Any]]]] = {}
        self._crew = Crew(WORTH_A_SUBJECT)
        self._locks: dict[str, RLock] = {}
        self._pairs: dict[str, Pair] = {}
        self._absent: dict[tuple[str, str, tuple[str, ...]], str] = {}
        #: Rows that nobody has collected yet.
        self.rows: deque[dict[str, Any]] = deque()

    @contextmanager
    def subject(self, framework: str, helper: str = "") -> Iterator[Subject]:
        """The subject that has the framework, or "torch+tensorflow", for us alone; raises SubjectError where none has.

        helper  has a subject of its own: each answers one question at a time
        """
        pythons = {self.plan.subjects.get(name, sys.executable) for name in framework.split("+")}
        name = f"{framework} for {helper}" if helper else framework
        with self._locks.setdefault(name, RLock()):
            try:
                subject = self._had(name, framework, pythons)
            except SubjectError as error:
                if helper:
                    raise Unable from error
                raise
            yield subject

    def _had(self, name: str, framework: str, pythons: set[str]) -> Subject:
        if name not in self._subjects:
            self._subjects[name] = self._start(framework, pythons)
        subject = self._subjects[name]
        if isinstance(subject, SubjectError):
            raise subject
        return subject

    def _start(self, framework: str, pythons: set[str]) -> Subject | SubjectError:
        names = tuple(framework.split("+"))
        if len(pythons) > 1:
            return SubjectError(f"{' and '.join(names)} are in different environments")
        (python,) = pythons
        try:
            devices = tuple(device for device in self.plan.devices if device != "cpu")
            subject: Subject = (
                InProcess(names, devices) if self.plan.in_process else Isolated(names, python, self.plan.limit, devices)
            )
        except SubjectError as error:
            return error
        for name in names:
            if name in subject.missing:
                subject.close()
                return SubjectError(f"{name} is not installed or does not import: {subject.missing[name]}")
        return subject

    def absence(self, entry: EntryPoint) -> str:
        """Why the entry point's device, or what it needs there, is not here; "" where it is."""
        wanted = entry.framework, entry.device, entry.needs
        if not entry.device:
            return ""
        if wanted not in self._absent:
            facts = (("static.absent", absent_text(*wanted)),)
            question = EntryPoint("", "a", entry.framework, "in", (), facts=facts).question
            try:
                with self.subject(entry.framework) as subject:
                    told = subject.observe(question, "", [_ANY_ARRAY])[0]
                self._absent[wanted] = told.message if told.outcome != "ok" else told.fact("static.absent")
            except SubjectError as reason:
                self._absent[wanted] = str(reason)
        return self._absent[wanted]

    def expect(self, entries: Iterable[EntryPoint], combinations: Iterable[str] = (), using: Names = None) -> None:
        """Start asking about these, in this order, each framework in a thread of its own: the work is the subjects'.

        combinations  of frameworks for which programs are written, `using` entry points by name (None: all)
        """
        jobs: dict[str, list[EntryPoint]] = {}
        for entry in entries:
            jobs.setdefault(entry.framework, []).append(entry)
        for framework, asked in jobs.items():
            futures = self._crew.do(framework, *(partial(self._ask, entry) for entry in asked))
            self._coming |= zip((entry.name for entry in asked), futures)
        for combination in combinations:
            first = combination.partition("+")[0]
            (self._programs[combination],) = self._crew.do(first, partial(self._ask_programs, combination, using))

    def tally(self, entry: EntryPoint) -> Tally:
        """All that was seen of the entry point; the first call converts, later ones remember."""
        if entry.name not in self._tallies:
            coming = self._coming.pop(entry.name, None)
            self._tallies[entry.name] = self._ask(entry) if coming is None else coming.result()
        return self._tallies[entry.name]

    def _ask(self, entry: EntryPoint, helper: str = "") -> Tally:
        self._share(entry)
        with self.subject(entry.framework, helper) as subject:
            started = time.monotonic()
            tally = _Asking(self.plan, entry, subject).tally
            seconds = time.monotonic() - started
        self.rows.append(entry_row(tally, seconds))
        self.rows.extend(finding_row(finding) for finding in tally.findings.values())
        return tally

    def _share(self, entry: EntryPoint) -> Share:
        """What the profile asks of the entry point; raises SubjectError where that is nothing."""
        share = PROFILES[self.plan.profile].share(entry)
        if share == NOTHING and self.plan.only is None:
            raise SubjectError(f"each conversion takes seconds: left out with --profile {self.plan.profile}")
        return share

    def comparison(self, entry: EntryPoint) -> Comparison:
        """What differs from the interpreter that the run is against; raises SubjectError where a side cannot be asked."""
        assert self.plan.against is not None
        framework = entry.framework
        if framework not in self._pairs:
            before = self._had(f"{framework} before", framework, {self.plan.against})
            with self.subject(framework) as after:
                self._pairs[framework] = Pair(before, after)
        size, examples = self._share(entry)
        examples = examples if self.plan.examples is None else self.plan.examples
        size, examples = size if "grid" in self.plan.phases else "", examples if "search" in self.plan.phases else 0
        found = Finder(self._pairs[framework], entry, self.plan.seed, size, examples).comparison
        self.rows += [comparison_row(found), *map(difference_row, found.differences)]
        return found

    def not_run(self, entry: EntryPoint, reason: SubjectError | str) -> None:
        """Record that an entry point could not be asked."""
        self.rows.append({"kind": "not_run", "entry": entry.name, "framework": entry.framework, "reason": str(reason)[:4000]})

    def deviation(self, deviation: Deviation) -> tuple[str, str]:
        """Whether a known deviation still happens: "happens", "gone" or "not run", and the outcome or the reason."""
        known = (*entry_points(), *(e for device in self.plan.devices if device != "cpu" for e in on_device(device)))
        entry = next(e for e in known if e.name == deviation.shown_by)
        examples = self.tally(entry).examples if entry.name in (self._tallies.keys() | self._coming.keys()) else {}
        pressure = deviation.pressure
        with self.subject(entry.framework) as subject:
            reason = self.absence(entry)
            if not reason and not deviation.applies_to(subject.versions):
                reason = f"this is {deviation.package} {subject.versions.get(deviation.package, '(absent)')}"
            if reason:
                self.rows.append(deviation_row(deviation, entry, "not run", reason, Verdict("not run")))
                return "not run", reason
            seen = examples.get(deviation.id)
            if seen is None:
                limit = _limit(deviation)
                seen = subject.observe(entry.question, entry.maker, [deviation.example], pressure, limit=limit)[0]
        verdict = judge(entry, deviation.example, seen, (deviation,), pressure)
        status = "happens" if any(known is deviation for known, _, _ in verdict.deviations) else "gone"
        self.rows.append(deviation_row(deviation, entry, status, seen.headline, verdict))
        return status, seen.headline

    def programs(self, combination: str, using: Names) -> list[dict[str, Any]]:
        """Findings of programs for these frameworks, as rows, from the entry points of these names (None: all)."""
        coming = self._programs.pop(combination, None)
        rows = self._ask_programs(combination, using) if coming is None else coming.result()
        return [row for row in rows if row["kind"] == "program"]

    def _ask_programs(self, combination: str, using: Names, helper: str = "") -> list[dict[str, Any]]:
        examples = PROFILES[self.plan.profile].programs if self.plan.examples is None else self.plan.examples
        only: Any = None if self.plan.only is None else self.plan.only[1]
        with self.subject(combination, helper) as subject:
            rows = stateful.ask(subject, combination, using, examples, only, self.plan.seed)
        self.rows.extend(rows)
        return rows

    def known_program(self, known: KnownProgram) -> tuple[str, str]:
        """Whether a known deviation of programs still happens; as `deviation`."""
        with self.subject("+".join(known.frameworks)) as subject:
            row = stateful.known_happens(known, subject)
        self.rows.append(row)
        return row["status"], row["observed"]

    def collect(self) -> list[dict[str, Any]]:
        """The rows that nobody has collected yet; threads may go on adding."""
        return [self.rows.popleft() for _ in range(len(self.rows))]

    def close(self) -> None:
        """End the subjects, and what is still being asked of them."""
        self._crew.close()
        for pair in self._pairs.values():
            pair.close()
        for subject in self._subjects.values():
            if not isinstance(subject, SubjectError):
                subject.close()


class _Asking:
    """The phases of one entry point."""

    def __init__(self, plan: Plan, entry: EntryPoint, subject: Subject) -> None:
        self._plan, self._entry, self._subject = plan, entry, subject
        self._known = known_for(entry, subject.versions)
        self._phase = "pinned"
        self._met: Counter[str] = Counter()
        self._size, self._examples = PROFILES[plan.profile].share(entry)
        self._limit = BUILT_LIMIT if pace(entry) == "built" else None
        #: What the grid has shown, where the next phase wants to know.
        self._shown: list[tuple[Spec, Observation]] = []
        self.tally = Tally(entry)
        if plan.only is not None:
            self._attempt(*plan.only[1:])
            return
        phases = {"pinned": self._pins, "grid": self._grid, "pressure": self._pressure, "search": self._search}
        for phase, go in phases.items():
            if phase in plan.phases:
                self._phase = phase
                go()

    def _pins(self) -> None:
        for deviation in self._known:
            if deviation.shown_by == self._entry.name:
                example = self._ask([deviation.example], deviation.pressure, _limit(deviation))
                self.tally.examples[deviation.id] = example[0]

    def _grid(self) -> None:
        asked = [spec for spec in self._specs(self._size) if not self._is_left_out(spec)]
        seen = self._ask(asked)
        if "pressure" in self._plan.phases:
            self._shown = list(zip(asked, seen))
        self._shrink_findings()

    def _pressure(self) -> None:
        if not self._shown:  # The grid was left out of this run: look, without judging, at what it would have shown.
            size = "sample" if self._size == "pairs" else self._size
            specs = [spec for spec in self._specs(size) if not self._is_left_out(spec)]
            self._shown = list(zip(specs, self._subject.observe(self._entry.call, self._entry.maker, specs)))
        large = not any(map(self._entry.matches, pressing.ONE_BY_ONE))
        for pressure, specs in pressing.chosen(self._shown, self._plan.profile, pace(self._entry), large):
            self._ask([spec for spec in specs if self._deadly(spec, pressure) is None], pressure)

    def _search(self) -> None:
        examples = self._examples if self._plan.examples is None else self._plan.examples
        if examples:
            search(self._attempt, self._entry.maker, self._entry.states, examples)

    def _specs(self, size: str) -> tuple[Spec, ...]:
        return grid.grid(self._entry.maker, self._entry.states, self._plan.seed, size)

    def _ask(self, specs: list[Spec], pressure: str = "", limit: float | None = None) -> list[Observation]:
        """Observe, judge and count."""
        observed = self._subject.observe(self._entry.question, self._entry.maker, specs, pressure, limit=limit or self._limit)
        for spec, seen in zip(specs, observed):
            self._judged(spec, seen, pressure)
        return observed

    def _judged(self, spec: Any, seen: Observation, pressure: str = "") -> Verdict:
        verdict = judge(self._entry, spec, seen, self._known, pressure)
        self.tally.add(spec, seen, verdict, self._phase, pressure)
        return verdict

    def _attempt(self, spec: Any, pressure: str = "") -> tuple[Verdict, str]:
        if self._is_left_out(spec):
            return Verdict("not run"), "not run"
        seen = self._subject.observe(self._entry.question, self._entry.maker, [spec], pressure)[0]
        return self._judged(spec, seen, pressure), seen.headline

    def _deadly(self, spec: Any, pressure: str = "") -> Deviation | None:
        """The first recorded deviation by which this spec kills or hangs, as it is or under the pressure, if any does."""
        deadly = (known for known in self._known if known.severity in SPARED and known.pressure in ("", pressure))
        return next((known for known in deadly if known.when(spec)), None)

    def _is_left_out(self, spec: Any) -> bool:
        return not self._entry.takes(spec) or self._is_spared(spec)

    def _is_spared(self, spec: Any) -> bool:
        """Whether to leave the spec out: it is known to kill or to hang, and has been seen to often enough.

        Each such costs a fork or the whole time limit, and says nothing new.
        """
        deadly = self._deadly(spec)
        if deadly is None:
            return False
        self._met[deadly.id] += 1
        patient = self._plan.profile == "thorough" and deadly.severity != "hang"
        if patient or self._met[deadly.id] <= SPARED[deadly.severity]:
            return False
        self._judged(spec, Observation("unbuildable", message=f"known to {deadly.severity}, and seen often enough: {deadly.id}"))
        return True

    def _shrink_findings(self) -> None:
        """Hand the grid's findings, the plainest of each law, to Hypothesis."""
        self._phase = "search"
        findings = sorted((f for f in self.tally.findings.values() if f.phase == "grid"), key=lambda finding: finding.law)
        plainest = [(law, next(group).spec) for law, group in groupby(findings, key=lambda finding: finding.law)]
        maker, states = self._entry.maker, self._entry.states
        for law, spec in plainest[:SHRUNK_FINDINGS]:
            choices = grid.choices_of(maker, states, self._plan.seed, self._size, spec)
            shrink(self._attempt, maker, states, choices, law)


def _limit(deviation: Deviation) -> float | None:
    """Seconds after which its example counts as hung; None for the usual ones."""
    return HANGS_AFTER if deviation.severity == "hang" else None


#: An input for questions that are not about inputs.
_ANY_ARRAY = ArraySpec("float32", (1,), (4,), 0, 4)


def absent_text(framework: str, device: str, needs: tuple[str, ...]) -> str:
    """What a subject is asked: whether the device is there (see `conformance.subject.on_torch_devices`)."""
    return f"_{framework}_devices.absent({', '.join(map(repr, (device, *needs)))})"


def entry_row(tally: Tally, seconds: float) -> dict[str, Any]:
    """A tally as a row of the results file."""
    entry = tally.entry
    return {
        "kind": "entry",
        "entry": entry.name,
        "framework": entry.framework,
        "direction": entry.direction,
        "call": entry.call,
        "promise": [{"topic": c.topic, "text": c.text, "source": c.source.text, "quote": c.source.quote} for c in entry.promise],
        "verdicts": dict(tally.verdicts),
        "laws": {law: dict(counts) for law, counts in tally.laws.items()},
        "matrix": {axis: {value: dict(counts) for value, counts in cells.items()} for axis, cells in tally.matrix.items()},
        "cells": tally.cells,
        "deviated": dict(tally.deviated),
        "reasons": dict(tally.reasons),
        "seconds": round(seconds, 3),
    }


#: The clause that a law judges, where it is not called as the law is.
_TOPICS = {
    "refusal": "refuses",
    "acceptance": "refuses",
    "memory": "aliasing",
    "follows": "aliasing",
    "leads": "aliasing",
    "twins": "aliasing",
    "immutability": "immutable",
    "readonly": "warns",
    "warnings": "warns",
    "independence": "aliasing",
    "first_warning": "warns",
}


def promise_of(finding: Finding) -> str:
    """The clause that was broken and where it is written; the law's own source where no clause decides."""
    topic = finding.breach.topic or _TOPICS.get(finding.law, finding.law)
    clause = finding.entry.clause(topic, finding.spec)
    return f"{clause.text} ({clause.source.text})" if clause is not None else LAWS[finding.law].source


def finding_row(finding: Finding) -> dict[str, Any]:
    """A finding as a row of the results file."""
    return {
        "kind": "finding",
        "id": finding.id,
        "entry": finding.entry.name,
        "law": finding.law,
        "must": LAWS[finding.law].must,
        "expected": finding.breach.expected,
        "observed": finding.breach.observed,
        "outcome": finding.seen.outcome,
        "promise": promise_of(finding),
        "spec": finding.spec.to_json(),
        "itemsize": finding.spec.itemsize,
        "phase": finding.phase,
        "pressure": finding.pressure,
        "count": finding.count,
        "script": script(finding.entry, finding.spec, finding.law, finding.breach),
    }


def deviation_row(deviation: Deviation, entry: EntryPoint, status: str, observed: str, verdict: Verdict) -> dict[str, Any]:
    """What became of a known deviation, as a row of the results file."""
    law, breach = next(((law, breach) for _, law, breach in verdict.deviations), (deviation.laws[0], None))
    return {
        "kind": "deviation",
        "id": deviation.id,
        "title": deviation.title,
        "entry": entry.name,
        "laws": list(deviation.laws),
        "severity": deviation.severity,
        "url": deviation.url,
        "upstream": deviation.upstream,
        "status": status,
        "expected": breach.expected if breach is not None else "",
        "observed": breach.observed if breach is not None else observed,
        "releases": f"{deviation.package} {deviation.releases}",
        "spec": deviation.example.to_json(),
        "itemsize": deviation.example.itemsize,
        "script": script(entry, deviation.example, law, breach) if breach is not None else "",
    }
