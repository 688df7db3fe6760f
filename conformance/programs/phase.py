"""The stateful phase of a run: which frameworks are asked together, and the rows that say what their programs showed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Future
from functools import partial
from itertools import combinations as combinations_of
from typing import Any

from ...reports import how
from ...reports.visible import visible
from ..frameworks.registry import extrapolation, framework
from ..laws import LAWS
from ..promises import EntryPoint
from ..promises.programs import KnownProgram, Program
from ..run.plan import PROFILES
from ..run.run import Run
from ..run.subjects import Subject
from .machine import ProgramFinding, Searched, search
from .model import MUST
from .play import Play, broken
from .program import known_ways, replay_id, script
from .ways import ways

#: The law that programs are held to beside those of each conversion.
LAW = "stateful"


def combinations(entries: Iterable[EntryPoint]) -> list[str]:
    """The frameworks that programs can be written for with these entry points: each alone, and every two."""
    found = [name for name in dict.fromkeys(entry.framework for entry in entries) if framework(name).programs is not None]
    crossing = [name for name in found if framework(name).exchange is not None]
    return [*found, *("+".join(pair) for pair in combinations_of(crossing, 2))]


def frameworks_of(combination: str) -> tuple[str, ...]:
    """ "torch+tensorflow" taken apart."""
    return tuple(combination.split("+"))


class ProgramsPhase:
    """The programs of a run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._coming: dict[str, Future[list[dict[str, Any]]]] = {}

    def expect(self, combinations: Iterable[str], using: list[str] | None) -> None:
        """Start on the programs of these frameworks, from the entry points of these names (None: all)."""
        for combination in combinations:
            first = combination.partition("+")[0]
            self._coming[combination] = self._run.begin(first, partial(self._ask, combination, using))

    def findings(self, combination: str, using: list[str] | None) -> list[dict[str, Any]]:
        """Findings of programs for these frameworks, as rows; raises SubjectError where they cannot be asked together."""
        coming = self._coming.pop(combination, None)
        rows = self._ask(combination, using) if coming is None else self._run.wait_for(coming)
        return [row for row in rows if row["kind"] == "program"]

    def _ask(self, combination: str, using: list[str] | None, helper: str = "") -> list[dict[str, Any]]:
        plan = self._run.plan
        examples = PROFILES[plan.profile].programs if plan.examples is None else plan.examples
        only: Any = None if plan.only is None else plan.only[1]
        started = time.monotonic()
        frameworks = frameworks_of(combination)
        with self._run.subject(combination, helper) as subject:
            if only is None:
                searched = search(subject, frameworks, ways(frameworks, using), examples, plan.seed)
            else:
                searched = _replayed(subject, frameworks, only)
        row = programs_row(combination, searched, time.monotonic() - started)
        rows = [row, *(program_row(combination, finding) for finding in searched.findings.values())]
        self._run.rows.extend(rows)
        return rows

    def known(self, known: KnownProgram) -> tuple[str, str]:
        """Whether a known deviation of programs still happens: "happens", "gone" or "not run", and what was seen or why."""
        with self._run.subject("+".join(known.frameworks)) as subject:
            row = known_happens(known, subject)
        self._run.rows.append(row)
        return row["status"], row["observed"]


def programs_row(combination: str, searched: Searched, seconds: float) -> dict[str, Any]:
    """What was tried, as a row of the results file."""
    return {
        "kind": "programs",
        "combination": combination,
        "programs": searched.programs,
        "steps": dict(searched.counts),
        "seconds": round(seconds, 3),
    }


def _replayed(subject: Subject, frameworks: tuple[str, ...], program: Program) -> Searched:
    searched = Searched(1)
    play = Play(subject, frameworks, known_ways(), searched.counts)
    breach = broken(program, play)
    if breach is not None:
        searched.add(breach, play)
    return searched


def program_row(combination: str, finding: ProgramFinding) -> dict[str, Any]:
    """A finding as a row of the results file."""
    breach = finding.breach
    must = LAWS[breach.law].must if breach.law in LAWS else MUST
    told = [must, f"Expected: {breach.expected}. Observed: {breach.observed}."]
    if finding.program[-1].do in ("drop", "resize"):
        told.append("With MALLOC_PERTURB_=165 in the environment, memory that was freed shows at once.")
    shown = breach.handle if breach.outcome == "ok" else ""
    return {
        "kind": "program",
        "id": replay_id(combination, finding.program),
        "combination": combination,
        "law": breach.law,
        "must": must,
        "expected": breach.expected[:4000],
        "observed": breach.observed[:4000],
        "outcome": breach.outcome,
        "promise": breach.promise[:4000],
        "program": [list(step) for step in finding.program],
        "phase": "stateful",
        "count": finding.count,
        "script": script(frameworks_of(combination), finding.lines, told, shown),
    }


def message(row: dict[str, Any], again: str = "") -> str:
    """A finding, for people; see `conformance.run.record.message`."""
    lines = "\n".join(f"    {line}" for line in row["script"].splitlines())
    return visible(
        f"programs of {row['combination']} break the law '{row['law']}': {row['must']}\n"
        f"  expected: {row['expected']}\n"
        f"  promise:  {row['promise']}\n"
        f"  observed: {row['observed']}  ({row['count']}x, {len(row['program'])} steps)\n"
        f"  replay:   {how.RUN} --replay {row['id']} {again}".rstrip()
        + "\n"
        f"  script:\n{lines}"
    )


def known_happens(known: KnownProgram, subject: Subject) -> dict[str, Any]:
    """The row that says whether a known deviation of programs still happens; its status is "happens", "gone" or "not run"."""
    row = {
        "kind": "deviation",
        "id": known.id,
        "title": known.title,
        "entry": f"programs of {'+'.join(known.frameworks)}",
        "laws": [LAW],
        "severity": known.severity,
        "url": known.url,
        "upstream": known.upstream,
        "script": "",
    }
    if not known.applies_to(subject.versions):
        return row | {
            "status": "not run",
            "observed": f"this is {known.package} {subject.versions.get(known.package, '(absent)')}",
        }
    play = Play(subject, known.frameworks, known_ways(), avoids=lambda step, held: False)
    breach = broken(known.program, play)
    if breach is None:
        gone = "mended" if extrapolation("+".join(known.frameworks), subject.versions) else "gone"
        return row | {"status": gone, "observed": "every handle shows what is promised"}
    told = [known.title, f"Expected: {breach.expected}. Observed: {breach.observed}."]
    text = script(known.frameworks, play.lines, told, breach.handle if breach.outcome == "ok" else "")
    return row | {"status": "happens", "observed": breach.observed[:4000], "script": text}
