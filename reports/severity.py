"""Severity: what to read first."""

from __future__ import annotations

from collections.abc import Iterable

from .results import Results, Row

#: The worst first.
SEVERITIES = ("crash", "hang", "wrong data", "memory", "manners")
#: Of files whose findings do not say it.
_OF_LAWS = {
    **dict.fromkeys(("values", "shape", "dtype", "strides", "source", "immutability"), "wrong data"),
    **dict.fromkeys(("memory", "follows", "leads", "twins", "readonly", "writable"), "memory"),
}


def drifts(results: Results) -> list[Row]:
    """Where a release that was never measured does other than what was observed in others, the worst first."""
    return by_severity(results.of("drift"))


def findings(results: Results) -> list[Row]:
    """What was broken and nobody recorded, the worst first: by one conversion, or by a program of several, whose `entry`
    then says so."""
    programs = (row | {"entry": f"a program on {row['combination']}"} for row in results.of("program"))
    return by_severity([*results.of("finding"), *programs])


def severity(row: Row) -> str:
    """How bad a finding is (by how it ended and which law it broke), or a deviation (as recorded)."""
    if row["kind"] == "deviation":
        return str(row["severity"])
    ended = {"crashed": "crash", "hung": "hang"}.get(row["outcome"])
    return ended or str(row.get("severity") or _OF_LAWS.get(row["law"], "manners"))


def rank(row: Row) -> int:
    """Where a finding or a deviation stands among the severities: the worst is 0."""
    word = severity(row)
    return SEVERITIES.index(word) if word in SEVERITIES else len(SEVERITIES)


def by_severity(rows: Iterable[Row]) -> list[Row]:
    """The worst first, then by entry point."""
    return sorted(rows, key=lambda row: (rank(row), row["entry"], row["id"]))
