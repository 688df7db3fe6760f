"""The stateful phase of a run: which frameworks are asked together, and the rows that say what their programs showed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from conformance.laws import LAWS
from conformance.promises import EntryPoint
from conformance.stateful.known import KnownProgram
from conformance.stateful.machine import ProgramFinding, Searched, search
from conformance.stateful.model import MUST
from conformance.stateful.play import Play, broken
from conformance.stateful.program import Program, known_ways, replay_id, script
from conformance.stateful.ways import ways
from conformance.subjects import Subject

#: The law that programs are held to beside those of each conversion.
LAW = "stateful"


def combinations(entries: Iterable[EntryPoint]) -> list[str]:
    """The frameworks that programs can be written for with these entry points: each alone, and all at once."""
    frameworks = tuple(dict.fromkeys(entry.framework for entry in entries))
    return [*frameworks, *(["+".join(frameworks)] if len(frameworks) > 1 else [])]


def frameworks_of(combination: str) -> tuple[str, ...]:
    """ "torch+tensorflow" taken apart."""
    return tuple(combination.split("+"))


def ask(
    subject: Subject, combination: str, names: Iterable[str] | None, examples: int, only: Program | None = None
) -> list[dict[str, Any]]:
    """Rows of the results file: how the programs went, and what they found.

    names  of the entry points that they may use, None for all
    only   the one program to replay
    """
    started = time.monotonic()
    frameworks = frameworks_of(combination)
    if only is None:
        searched = search(subject, frameworks, ways(frameworks, names), examples)
    else:
        searched = _replayed(subject, frameworks, only)
    row = programs_row(combination, searched, time.monotonic() - started)
    return [row, *(program_row(combination, finding) for finding in searched.findings.values())]


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
    told = [must, f"Owed: {breach.expected}. Seen: {breach.observed}."]
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


def message(row: dict[str, Any]) -> str:
    """A finding, for people."""
    lines = "\n".join(f"    {line}" for line in row["script"].splitlines())
    return (
        f"programs of {row['combination']} break the law '{row['law']}': {row['must']}\n"
        f"  owed:     {row['expected']}\n"
        f"  promise:  {row['promise']}\n"
        f"  observed: {row['observed']}  ({row['count']}x, {len(row['program'])} steps)\n"
        f"  replay:   pytest conformance --replay {row['id']}\n"
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
        return row | {"status": "gone", "observed": "every handle shows what is promised"}
    told = [known.title, f"Owed: {breach.expected}. Seen: {breach.observed}."]
    text = script(known.frameworks, play.lines, told, breach.handle if breach.outcome == "ok" else "")
    return row | {"status": "happens", "observed": breach.observed[:4000], "script": text}
