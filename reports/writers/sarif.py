"""SARIF 2.1.0: findings as code-scanning services read them.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..causes import Cause, causes
from ..merge import Merged
from ..results import Row
from ..severity import by_severity, findings, severity
from . import add

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(merged: list[Merged]) -> tuple[str, int]:
    """One run per environment; known deviations are results that are suppressed."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(each) for each in merged]}
    return json.dumps(log, indent=1) + "\n", 0


def _run(merged: Merged) -> dict[str, Any]:
    results = merged.results
    found = causes(findings(results))
    deviations = by_severity(row for row in results.of("deviation") if row["status"] == "happens")
    laws = {law: text["must"] for law, text in results.header.get("laws", {}).items()}
    laws |= {cause.plainest["law"]: cause.plainest["must"] for cause in found}
    for row in deviations:
        laws.setdefault(_law(row), _law(row))
    rules = [{"id": law, "shortDescription": {"text": must}} for law, must in laws.items()]
    places = {law: place for place, law in enumerate(laws)}
    return {
        "tool": {"driver": {"name": "tensor-conformance", "version": results.header["suite"], "rules": rules}},
        "properties": {"environment": results.header["environment"]},
        "invocations": [{"executionSuccessful": not results.interrupted}],
        "results": [_finding(cause, places) for cause in found] + [_deviation(row, places) for row in deviations],
    }


def _law(row: Row) -> str:
    return str(row["laws"][0]) if row["laws"] else "unknown"


def _located(row: Row, calls: Iterable[str]) -> dict[str, Any]:
    # A finding lies in a framework, not in a file; services show none without a file, so it is where the promises are.
    file = f"conformance/frameworks/{row.get('framework', '')}".rstrip("/") + "/__init__.py"
    return {
        "physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": 1}},
        "logicalLocations": [{"fullyQualifiedName": name, "kind": "function"} for name in calls],
    }


def _finding(cause: Cause, places: dict[str, int]) -> dict[str, Any]:
    row = cause.plainest
    return {
        "ruleId": row["law"],
        "ruleIndex": places[row["law"]],
        "level": "warning" if severity(row) == "manners" else "error",
        "message": {"text": f"{cause.sentence}\n\nCalls: {', '.join(cause.calls)}\n\n{row['script']}"},
        "locations": [_located(row, cause.calls)],
        "partialFingerprints": {"replay/v1": f"{row['id']}/{row['law']}"},
        "properties": {"severity": severity(row), "promise": row["promise"], "count": cause.count},
    }


def _deviation(row: Row, places: dict[str, int]) -> dict[str, Any]:
    return {
        "ruleId": _law(row),
        "ruleIndex": places[_law(row)],
        "level": "note",
        "message": {"text": f"{row['title']}: observed {row['observed']}\n\n{row['script']}"},
        "locations": [_located(row, [row["entry"]])],
        "partialFingerprints": {"deviation/v1": row["id"]},
        "suppressions": [{"kind": "external", "justification": row["upstream"] or "a known deviation, not reported upstream"}],
        "properties": {"severity": severity(row)},
    }


def register(verbs: Any) -> None:
    """Add the verb `sarif`."""
    add(verbs, "sarif", "write findings as SARIF, for code scanning", sarif)
