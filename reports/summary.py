"""The summary: a table of verdicts per entry point, and what to read first, as plain text."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .causes import causes
from .differences import of_results, render
from .merge import environments
from .results import Results, Row, read
from .sentences import first_of
from .severity import drifts, findings, rank, severity

#: Verdicts as column headings, the good ones first.
VERDICTS = ("conforms", "refuses", "deviates", "drifts", "violates", "crashes", "hangs", "not run")

#: Reasons why inputs were not run that are told.
SHOWN_REASONS = 3
#: Further calls of a cause that are named.
SHOWN_CALLS = 3


def summary(results: Results) -> str:
    """The whole run in a few dozen lines."""
    entries = [entry for entry in results.of("entry") if entry["verdicts"]]
    lines = [*_table(entries), ""] if entries else []
    lines += _deviations(list(results.of("deviation")), entries)
    lines += _not_run(results, entries)
    lines += _programs(list(results.of("programs")))
    lines += [f"EXTRAPOLATED: {reason}" for reason in results.header.get("extrapolated", {}).values()]
    lines += _drift(drifts(results))
    lines += _findings(findings(results))
    total: Counter[str] = Counter()
    for entry in entries:
        total.update(entry["verdicts"])
    counts = ", ".join(f"{total[name]:,} {name}" for name in VERDICTS if total[name])
    if any(results.of("comparison")):
        return "\n".join([*lines, render("text", of_results(results))])
    points = "entry point" if len(entries) == 1 else "entry points"
    lines.append(f"{len(entries)} {points}, {sum(total.values()):,} conversions: {counts or 'nothing was run'}")
    if results.interrupted:
        lines.append("INTERRUPTED: the run ended before its footer; what is shown is all that was written")
    elif results.footer and results.footer["stopped"]:
        lines.append(f"STOPPED: {results.footer['stopped']}")
    return "\n".join(lines)


def memory_word(entry: Row) -> str:
    """How an entry point uses memory: "shares", "copies", or both with the share of each."""
    counts: Counter[str] = Counter()
    for outcomes in entry["matrix"].get("dtype", {}).values():
        counts.update({name: n for name, n in outcomes.items() if name in ("shares", "copies", "mixed")})
    if not counts:
        return "-"
    if len(counts) == 1:
        return next(iter(counts))
    total = sum(counts.values())
    return ", ".join(f"{name} {100 * n / total:.0f}%" for name, n in counts.most_common())


def _table(entries: list[Row]) -> list[str]:
    width = max(len(entry["entry"]) for entry in entries)
    shown = [name for name in VERDICTS if any(entry["verdicts"].get(name) for entry in entries)]
    lines = [f"{'entry point':{width}}  " + "  ".join(f"{name:>8}" for name in shown) + "  memory"]
    lines.append("-" * len(lines[0]))
    for entry in entries:
        cells = "  ".join(f"{entry['verdicts'].get(name) or '.':>8}" for name in shown)
        bad = [law for law, counts in entry["laws"].items() if counts.get("broken")]
        note = f"  BREAKS {', '.join(bad)}" if bad else ""
        lines.append(f"{entry['entry']:{width}}  {cells}  {memory_word(entry)}{note}")
    return lines


def _deviations(rows: list[Row], entries: list[Row]) -> list[str]:
    seen: Counter[str] = Counter()
    for entry in entries:
        seen.update(entry["deviated"])
    others = [id for id in seen if id not in {row["id"] for row in rows}]
    if not rows and not others:
        return []
    lines = ["known deviations (recorded breaks of a promise), and whether they happen here:"]
    for row in sorted(rows, key=lambda row: (rank(row), row["id"])):
        times = max(seen[row["id"]], 1)  # Its own example, where that is a program.
        status = {"happens": f"{times:>6}x", "gone": "   GONE", "mended": " MENDED", "not run": "not run"}[row["status"]]
        lines.append(f"  {status}  {row['severity']:<10}  {row['id']}: {row['title']} [{row['upstream'] or 'not reported'}]")
    lines += [f"  {seen[id]:>6}x  {id} (on other calls than the one that shows it)" for id in sorted(others)]
    return [*lines, ""]


def _not_run(results: Results, entries: list[Row]) -> list[str]:
    reasons: Counter[str] = Counter(row["reason"] for row in results.of("not_run"))
    for reason in results.header["missing"].values():
        reasons[reason] += 0
    lines = [f"NOT RUN: {reason}" + (f" (entry points: {n})" if n else "") for reason, n in reasons.items()]
    lines += _not_built(entries)
    return [*lines, ""] if lines else []


def _not_built(entries: list[Row]) -> list[str]:
    """Why inputs were not run, the most frequent reasons first."""
    reasons: Counter[str] = Counter()
    for entry in entries:
        reasons.update(entry["reasons"])
    most = [f"{n:,}x {reason}" for reason, n in reasons.most_common(SHOWN_REASONS)]
    more = [f"and {len(reasons) - SHOWN_REASONS} more reasons"] if len(reasons) > SHOWN_REASONS else []
    return [f"NOT RUN: inputs: {reasons.total():,} ({'; '.join(most + more)})"] if reasons else []


def _programs(rows: list[Row]) -> list[str]:
    lines = []
    for row in rows:
        steps = ", ".join(f"{count:,} {name}" for name, count in sorted(row["steps"].items()))
        lines.append(f"programs of {row['combination']}: {row['programs']:,}, {sum(row['steps'].values()):,} steps ({steps})")
    return [*lines, ""] if lines else []


def _drift(rows: list[Row]) -> list[str]:
    if not rows:
        return []
    return ["drift (other than what was observed in the releases that were measured; no promise):", *_causes(rows), ""]


def _findings(rows: list[Row]) -> list[str]:
    return ["findings (breaks of a promise that nobody recorded):", *_causes(rows), ""] if rows else []


def _causes(rows: list[Row]) -> Iterator[str]:
    for cause in causes(rows):
        row, calls = cause.plainest, cause.calls
        yield f"  {row['id']}  {severity(row)}: {cause.sentence.replace('`', '')} ({cause.count:,}x)"
        if len(calls) > 1:
            others = [name for name in calls if name != row["entry"]]
            yield f"              also {first_of(others, SHOWN_CALLS)}"


def register(verbs: Any) -> None:
    """Add the verb `summary`."""
    verb = verbs.add_parser(
        "summary",
        help="print the verdicts of each entry point",
        description="Print the verdicts of each entry point, and what broke.",
    )
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a results file (JSON Lines)")
    verb.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    merged = environments([read(path) for path in asked.files])
    for each in merged:
        if len(merged) > 1:
            print("== " + ", ".join(f"{name} {release}" for name, release in each.results.header["environment"].items()))
        for note in each.notes:
            print(f"NOTE: {note}")
        print(summary(each.results))
    return int(any(findings(each.results) for each in merged))
