"""One run of the suite: which subjects are asked, what was seen of each entry point, and the rows that say so."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from threading import RLock
from typing import Any, Protocol, TypeVar

from ...strategies.spec import ArraySpec
from ..frameworks.registry import entry_points, extrapolation, on_device
from ..laws.judge import Verdict, judge, pressure_of
from ..promises import EntryPoint
from ..promises.deviations import Deviation
from .crew import Crew, Unable
from .phases import Asking, limit_of
from .plan import NOTHING, PROFILES, Plan, Share
from .progress import Progress
from .rows import deviation_row, entry_row, finding_row
from .subjects import InProcess, Isolated, Subject, SubjectError
from .tally import Tally

T = TypeVar("T")
#: Entry points left to be asked for which another subject is worth its start.
WORTH_A_SUBJECT = 8
#: Seconds between two looks at what is waited for.
_A_MOMENT = 0.2


class Watcher(Protocol):
    """Tells somebody how far a run has come, while a result is waited for, and stops when it is there."""

    def show(self) -> None: ...
    def clear(self) -> None: ...


class Run:
    """Asks subjects and keeps what they said: one tally per entry point, made when it is first wanted."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._subjects: dict[str, Subject | SubjectError] = {}
        self._tallies: dict[str, Tally] = {}
        self._coming: dict[str, Future[Tally]] = {}
        self.progress = Progress(plan)
        self.watcher: Watcher | None = None
        self._crew = Crew(WORTH_A_SUBJECT)
        self._locks: dict[str, RLock] = {}
        self._closing: list[Callable[[], None]] = []
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
            raise SubjectError(str(subject))  # A new one: each raise of the same would make its traceback longer.
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

    def start(self, frameworks: Iterable[str]) -> dict[str, str]:
        """Start the subjects of these frameworks, all at once: framework to the reason why it cannot be tested."""

        def reason(framework: str) -> str:
            try:
                with self.subject(framework):
                    return ""
            except SubjectError as error:
                return str(error)

        names = list(frameworks)
        with ThreadPoolExecutor(len(names) or 1) as threads:
            return {name: why for name, why in zip(names, threads.map(reason, names)) if why}

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

    def expect(self, entries: Iterable[EntryPoint]) -> None:
        """Start asking about these, in this order: a thread for each framework, and as many as there may be processes.

        The work is the subjects': threads wait.
        """
        jobs: dict[str, list[EntryPoint]] = {}
        entries = list(entries)
        self.progress.expect(entries)
        for entry in entries:
            jobs.setdefault(entry.framework, []).append(entry)
        for framework, asked in jobs.items():
            futures = self._crew.do(framework, *(partial(self._ask, entry) for entry in asked))
            self._coming |= zip((entry.name for entry in asked), futures)
        for number in range(len(jobs), self.plan.processes):
            self._crew.do(f"helper {number}")  # Nothing: it helps.

    def begin(self, framework: str, job: Callable[[str], T]) -> Future[T]:
        """Have something else done behind all that the framework was to be asked; the job is told who helps (see `crew`)."""
        (future,) = self._crew.do(framework, job)
        return future

    def tally(self, entry: EntryPoint) -> Tally:
        """All that was seen of the entry point; the first call converts, later ones remember."""
        if entry.name not in self._tallies:
            coming = self._coming.pop(entry.name, None)
            self._tallies[entry.name] = self._ask(entry) if coming is None else self.wait_for(coming)
        return self._tallies[entry.name]

    def wait_for(self, coming: Future[T]) -> T:
        """The result of what was begun, when it is there."""
        while not wait([coming], _A_MOMENT).done:
            if self.watcher is not None:
                self.watcher.show()
        if self.watcher is not None:
            self.watcher.clear()
        return coming.result()

    def _ask(self, entry: EntryPoint, helper: str = "") -> Tally:
        self.share(entry)
        with self.subject(entry.framework, helper) as subject:
            reason = entry.lacking(subject.versions)
            if reason:
                raise SubjectError(reason)
            started = time.monotonic()
            tally = Asking(self.plan, entry, subject).tally
            seconds = time.monotonic() - started
        self.progress.finished(tally)
        self.rows.append(entry_row(tally, seconds))
        self.rows.extend(finding_row(finding) for finding in tally.findings.values())
        return tally

    def share(self, entry: EntryPoint) -> Share:
        """What the profile asks of the entry point; raises SubjectError where that is nothing."""
        share = PROFILES[self.plan.profile].share(entry)
        if share == NOTHING and self.plan.only is None:
            raise SubjectError(f"each conversion takes seconds: left out with --profile {self.plan.profile}")
        return share

    def before(self, framework: str) -> Subject:
        """The subject before an upgrade; raises SubjectError where there is none."""
        assert self.plan.against is not None
        return self._had(f"{framework} before", framework, {self.plan.against})

    def finally_(self, close: Callable[[], None]) -> None:
        """Have this done when the run ends, before the subjects end."""
        self._closing.append(close)

    def not_run(self, entry: EntryPoint, reason: SubjectError | str) -> None:
        """Record that an entry point could not be asked."""
        self.rows.append({"kind": "not_run", "entry": entry.name, "framework": entry.framework, "reason": str(reason)[:4000]})

    def deviation(self, deviation: Deviation) -> tuple[str, str]:
        """Whether a known deviation still happens: "happens", "gone", "mended" (gone from a release that was never measured) or
        "not run", and the outcome or the reason."""
        known = (*entry_points(), *(e for device in self.plan.devices if device != "cpu" for e in on_device(device)))
        entry = next(e for e in known if e.name == deviation.shown_by)
        examples = self.tally(entry).examples if entry.name in (self._tallies.keys() | self._coming.keys()) else {}
        pressure = pressure_of(deviation)
        with self.subject(entry.framework) as subject:
            reason = self.absence(entry) or entry.lacking(subject.versions)
            if not reason and not deviation.applies_to(subject.versions):
                reason = f"this is {deviation.package} {subject.versions.get(deviation.package, '(absent)')}"
            if reason:
                self.rows.append(deviation_row(deviation, entry, "not run", reason, Verdict("not run")))
                return "not run", reason
            seen = examples.get(deviation.id)
            if seen is None:
                limit = limit_of(deviation)
                seen = subject.observe(entry.question, entry.maker, [deviation.example], pressure, limit=limit)[0]
            if seen.outcome == "unbuildable":
                reason = f"its example cannot be built: {seen.message or 'no such dtype'}"
                self.rows.append(deviation_row(deviation, entry, "not run", reason, Verdict("not run")))
                return "not run", reason
            entry = entry.under(subject.versions)
        verdict = judge(entry, deviation.example, seen, (deviation,), pressure)
        gone = "mended" if extrapolation(entry.framework, subject.versions) else "gone"
        status = "happens" if any(known is deviation for known, _, _ in verdict.deviations) else gone
        self.rows.append(deviation_row(deviation, entry, status, seen.headline, verdict))
        return status, seen.headline

    def collect(self) -> list[dict[str, Any]]:
        """The rows that nobody has collected yet; threads may go on adding."""
        return [self.rows.popleft() for _ in range(len(self.rows))]

    def close(self) -> None:
        """End the subjects, and what is still being asked of them."""
        self._crew.close()
        for close in self._closing:
            close()
        for subject in self._subjects.values():
            if not isinstance(subject, SubjectError):
                subject.close()


#: An input for questions that are not about inputs.
_ANY_ARRAY = ArraySpec("float32", (1,), (4,), 0, 4)


def absent_text(framework: str, device: str, needs: tuple[str, ...]) -> str:
    """What a subject is asked: whether the device is there (see `conformance.subject.adapter`)."""
    return f"_{framework}_devices.absent({', '.join(map(repr, (device, *needs)))})"
