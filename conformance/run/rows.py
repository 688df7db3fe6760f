"""What a run has seen, as rows of the results file."""

from __future__ import annotations

from typing import Any

from ..laws import LAWS
from ..laws.judge import Verdict
from ..promises import Clause, EntryPoint
from ..promises.claims import Claim
from ..promises.deviations import Deviation
from .reproducer import script
from .tally import Finding, Tally


def entry_row(tally: Tally, seconds: float) -> dict[str, Any]:
    """A tally as a row of the results file."""
    entry = tally.entry
    return {
        "kind": "entry",
        "entry": entry.name,
        "framework": entry.framework,
        "direction": entry.direction,
        "call": entry.call,
        "form": entry.is_form,
        "promise": [_clause_row(clause) for clause in entry.promise],
        "verdicts": dict(tally.verdicts),
        "laws": {law: dict(counts) for law, counts in tally.laws.items()},
        "matrix": {axis: {value: dict(counts) for value, counts in cells.items()} for axis, cells in tally.matrix.items()},
        "cells": tally.cells,
        "deviated": dict(tally.deviated),
        "reasons": dict(tally.reasons),
        "seconds": round(seconds, 3),
    }


def _clause_row(clause: Clause) -> dict[str, Any]:
    source = clause.source
    return {
        "topic": clause.topic,
        "says": clause.says,
        "when": clause.condition,
        "releases": list(clause.releases),
        "url": source.url,
        "observed": source.observed,
        "quote": source.quote,
        "text": clause.text,
        "source": source.text,
    }


def promise_of(finding: Finding) -> str:
    """The clause that was broken and where it is written; the law's own source where no clause decides."""
    law = LAWS[finding.law]
    topic = finding.breach.topic or law.topic
    clause = finding.entry.clause(topic, finding.spec)
    return f"{clause.text} ({clause.source.text})" if clause is not None else law.source


def finding_row(finding: Finding) -> dict[str, Any]:
    """A finding as a row of the results file."""
    return {
        "kind": "drift" if finding.drift else "finding",
        "id": finding.id,
        "entry": finding.entry.name,
        "law": finding.law,
        "must": LAWS[finding.law].must,
        "severity": LAWS[finding.law].severity,
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
        "releases": f"{deviation.package} {deviation.releases}".strip(),
        "spec": deviation.example.to_json(),
        "itemsize": deviation.example.itemsize,
        "script": script(entry, deviation.example, law, breach) if breach is not None else "",
    }


def claim_row(claim: Claim, holds: bool) -> dict[str, Any]:
    """A claim as a row of the results file."""
    return {
        "kind": "claim",
        "claim": claim.says,
        "framework": claim.framework,
        "verdict": claim.verdict,
        "because": claim.because,
        "holds": holds,
    }
