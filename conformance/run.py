"""One run of the suite: which subjects are asked, what was seen of each entry point, and the rows that say so."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

from conformance import grid, pressing
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

T = TypeVar("T")

PHASES = ("pinned", "grid", "pressure", "search", "stateful")


class Share(NamedTuple):
    """What one entry point is asked: how much of the grid (a name from `grid.SIZES`), and how many Hypothesis examples."""

    grid: str
    examples: int


class Profile(NamedTuple):
    """How thorough a run is, in words, by what a call costs (see `pace`), and in programs."""

    text: str
    most: Share
    slow: Share
    slowest: Share
    symbolic: Share
    compiled: Share
    programs: int

    def share(self, entry: EntryPoint) -> Share:
        """What this entry point is asked."""
        return getattr(self, pace(entry))  # type: ignore[no-any-return]


PROFILES = {
    "quick": Profile(
        "a sample of the pairs",
        *(Share("sample", 10), Share("sample", 10), Share("few", 2), Share("each", 0), Share("some", 0)),
        programs=30,
    ),
    "default": Profile(
        "all pairs; of slow calls a sample",
        *(Share("pairs", 60), Share("sample", 60), Share("few", 10), Share("each", 5), Share("some", 0)),
        programs=150,
    ),
    "thorough": Profile(
        "up to 12000 of all combinations, of slow calls 3000",
        *(Share("full", 2000), Share("part", 500), Share("sample", 50), Share("sample", 100), Share("sample", 100)),
        programs=3000,
    ),
}

#: Calls of a millisecond or more.
SLOW = (
    *("tf.Variable*", "*(tf.Variable)*", "tf.data.*", "tf.py_function*", "tf.numpy_function*", "tf.RaggedTensor*"),
    *("tf.sparse.*", "tf.TensorArray*", "tf.transpose*", "tf.keras.*", "*dlpack*[used]", "torch.nested.*", "tf.ragged.*"),
    *("torch.jit.*", "torch.utils.data.DataLoader[pin*", "*, on another stream]", "torch.*.Stream.wait_stream*"),
)
#: Calls of 50 milliseconds or more.
SLOWEST = ("tf.data.Dataset.from_generator*", "tf.numpy_function[tf.function]", "*[layout=jagged]")
#: Symbolic forms of 100 ms or more; others, which are traced, take 10 or more.
COMPILED = ("tf.keras.Model.predict*", "tf.saved_model*", "torch.compile*", "torch.export*", "make_fx*")


def pace(entry: EntryPoint) -> str:
    """What a call costs: a field of `Profile`."""
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
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._pairs: dict[str, Pair] = {}
        self._absent: dict[tuple[str, str, tuple[str, ...]], str] = {}
        #: Rows that nobody has collected yet.
        self.rows: list[dict[str, Any]] = []

    def subject(self, framework: str) -> Subject:
        """The subject that has the framework, or "torch+tensorflow"; raises SubjectError, always the same, where none has."""
        pythons = {self.plan.subjects.get(name, sys.executable) for name in framework.split("+")}
        return self._had(framework, framework, pythons)

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
                told = self.subject(entry.framework).observe(question, "", [_ANY_ARRAY])[0]
                self._absent[wanted] = told.message if told.outcome != "ok" else told.fact("static.absent")
            except SubjectError as reason:
                self._absent[wanted] = str(reason)
        return self._absent[wanted]

    def expect(self, entries: Iterable[EntryPoint]) -> None:
        """Start asking about these, in this order, each framework in a thread of its own: the work is the subjects'."""
        for entry in entries:
            if entry.framework not in self._threads:
                self._threads[entry.framework] = ThreadPoolExecutor(1, entry.framework)
            self._coming[entry.name] = self._threads[entry.framework].submit(self._ask, entry)

    def tally(self, entry: EntryPoint) -> Tally:
        """All that was seen of the entry point; the first call converts, later ones remember."""
        if entry.name not in self._tallies:
            coming = self._coming.pop(entry.name, None)
            self._tallies[entry.name] = self._ask(entry) if coming is None else coming.result()
        return self._tallies[entry.name]

    def _ask(self, entry: EntryPoint) -> Tally:
        subject = self.subject(entry.framework)
        started = time.monotonic()
        tally = _Asking(self.plan, entry, subject).tally
        self.rows.append(entry_row(tally, time.monotonic() - started))
        self.rows.extend(finding_row(finding) for finding in tally.findings.values())
        return tally

    def comparison(self, entry: EntryPoint) -> Comparison:
        """What differs from the interpreter that the run is against; raises SubjectError where a side cannot be asked."""
        assert self.plan.against is not None
        framework = entry.framework
        if framework not in self._pairs:
            before = self._had(f"{framework} before", framework, {self.plan.against})
            self._pairs[framework] = Pair(before, self.subject(framework))
        size, examples = PROFILES[self.plan.profile].share(entry)
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
        subject = self.subject(entry.framework)
        examples = self.tally(entry).examples if entry.name in (self._tallies.keys() | self._coming.keys()) else {}
        reason = self.absence(entry)
        if not reason and not deviation.applies_to(subject.versions):
            reason = f"this is {deviation.package} {subject.versions.get(deviation.package, '(absent)')}"
        if reason:
            self.rows.append(deviation_row(deviation, entry, "not run", reason, Verdict("not run")))
            return "not run", reason
        pressure = deviation.pressure
        seen = examples.get(deviation.id) or subject.observe(entry.question, entry.maker, [deviation.example], pressure)[0]
        verdict = judge(entry, deviation.example, seen, (deviation,), pressure)
        status = "happens" if any(known is deviation for known, _, _ in verdict.deviations) else "gone"
        self.rows.append(deviation_row(deviation, entry, status, seen.headline, verdict))
        return status, seen.headline

    def programs(self, combination: str, entries: Iterable[EntryPoint] | None) -> list[dict[str, Any]]:
        """Findings of programs for these frameworks, as rows, from the entry points (None: all)."""
        subject, profile = self.subject(combination), PROFILES[self.plan.profile]
        examples = profile.programs if self.plan.examples is None else self.plan.examples
        names = None if entries is None else [entry.name for entry in entries]
        only: Any = None if self.plan.only is None else self.plan.only[1]
        rows = self._alone(combination, lambda: stateful.ask(subject, combination, names, examples, only, self.plan.seed))
        self.rows.extend(rows)
        return [row for row in rows if row["kind"] == "program"]

    def known_program(self, known: KnownProgram) -> tuple[str, str]:
        """Whether a known deviation of programs still happens; as `deviation`."""
        combination = "+".join(known.frameworks)
        subject = self.subject(combination)
        row = self._alone(combination, lambda: stateful.known_happens(known, subject))
        self.rows.append(row)
        return row["status"], row["observed"]

    def _alone(self, framework: str, work: Callable[[], T]) -> T:
        """Do it in the thread that asks the framework's subject, if there is one: a subject answers one at a time."""
        thread = self._threads.get(framework)
        return work() if thread is None else thread.submit(work).result()

    def versions(self) -> dict[str, str]:
        """Releases of everything in the subjects started so far."""
        found: dict[str, str] = {}
        for subject in self._subjects.values():
            if not isinstance(subject, SubjectError):
                found |= subject.versions
        return found

    def missing(self) -> dict[str, str]:
        """Framework to the reason why it was not run."""
        return {name: str(subject) for name, subject in self._subjects.items() if isinstance(subject, SubjectError)}

    def close(self) -> None:
        """End the subjects, and what is still being asked of them."""
        for thread in self._threads.values():
            thread.shutdown(wait=False, cancel_futures=True)
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
                limit = HANGS_AFTER if deviation.severity == "hang" else None
                self.tally.examples[deviation.id] = self._ask([deviation.example], deviation.pressure, limit)[0]

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
            self._ask([spec for spec in specs if self._deadly(spec) is None], pressure)

    def _search(self) -> None:
        examples = self._examples if self._plan.examples is None else self._plan.examples
        if examples:
            search(self._attempt, self._entry.maker, self._entry.states, examples)

    def _specs(self, size: str) -> tuple[Spec, ...]:
        return grid.grid(self._entry.maker, self._entry.states, self._plan.seed, size)

    def _ask(self, specs: list[Spec], pressure: str = "", limit: float | None = None) -> list[Observation]:
        """Observe, judge and count."""
        observed = self._subject.observe(self._entry.question, self._entry.maker, specs, pressure, limit=limit)
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

    def _deadly(self, spec: Any) -> Deviation | None:
        """The first recorded deviation by which this spec kills or hangs, if any does."""
        return next((known for known in self._known if known.severity in SPARED and known.when(spec)), None)

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
