"""SARIF 2.1.0: findings as code-scanning services read them.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from typing import Any

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
    found = findings(results)
    deviations = by_severity(row for row in results.of("deviation") if row["status"] == "happens")
    laws = {law: text["must"] for law, text in results.header.get("laws", {}).items()}
    laws |= {row["law"]: row["must"] for row in found}
    for row in deviations:
        laws.setdefault(_law(row), _law(row))
    rules = [{"id": law, "shortDescription": {"text": must}} for law, must in laws.items()]
    places = {law: place for place, law in enumerate(laws)}
    return {
        "tool": {"driver": {"name": "tensor-conformance", "version": results.header["suite"], "rules": rules}},
        "properties": {"environment": results.header["environment"]},
        "invocations": [{"executionSuccessful": not results.interrupted}],
        "results": [_finding(row, places) for row in found] + [_deviation(row, places) for row in deviations],
    }


def _law(row: Row) -> str:
    return str(row["laws"][0]) if row["laws"] else "unknown"


def _located(row: Row) -> dict[str, Any]:
    # A finding lies in a framework, not in a file; services show none without a file, so the entry points' folder it is.
    return {
        "physicalLocation": {"artifactLocation": {"uri": "conformance/entry_points/__init__.py"}, "region": {"startLine": 1}},
        "logicalLocations": [{"fullyQualifiedName": row["entry"], "kind": "function"}],
    }


def _finding(row: Row, places: dict[str, int]) -> dict[str, Any]:
    return {
        "ruleId": row["law"],
        "ruleIndex": places[row["law"]],
        "level": "warning" if severity(row) == "manners" else "error",
        "message": {"text": f"{row['entry']}: owed {row['expected']}; observed {row['observed']}\n\n{row['script']}"},
        "locations": [_located(row)],
        "partialFingerprints": {"replay/v1": f"{row['id']}/{row['law']}"},
        "properties": {"severity": severity(row), "promise": row["promise"], "count": row["count"]},
    }


def _deviation(row: Row, places: dict[str, int]) -> dict[str, Any]:
    return {
        "ruleId": _law(row),
        "ruleIndex": places[_law(row)],
        "level": "note",
        "message": {"text": f"{row['title']}: observed {row['observed']}\n\n{row['script']}"},
        "locations": [_located(row)],
        "partialFingerprints": {"deviation/v1": row["id"]},
        "suppressions": [{"kind": "external", "justification": row["upstream"] or "a known deviation, not reported upstream"}],
        "properties": {"severity": severity(row)},
    }


def register(verbs: Any) -> None:
    """Add the verb `sarif`."""
    add(verbs, "sarif", "write findings as SARIF, for code scanning", sarif)
