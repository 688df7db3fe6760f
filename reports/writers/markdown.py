"""Markdown: what a pull request or a job's page should see of a run."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .. import how
from ..causes import Cause, causes
from ..differences import of_results, render
from ..marked import cells, code, fenced, folded, html, text
from ..merge import Merged
from ..results import Row
from ..severity import by_severity, drifts, findings, severity
from ..summary import VERDICTS
from . import add

#: Causes shown with their script; the others are listed. GitHub cuts a step summary at 1 MiB.
SHOWN = 20


def markdown(merged: list[Merged]) -> tuple[str, int]:
    """The environments one after the other, and whether some promise was broken that nobody recorded."""
    return "\n".join(_environment(each) for each in merged), int(any(findings(each.results) for each in merged))


def _environment(merged: Merged) -> str:
    results = merged.results
    if any(results.of("comparison")):
        return render("markdown", of_results(results))
    found = causes(findings(results))
    entries = [entry for entry in results.of("entry") if entry["verdicts"]]
    total: Counter[str] = Counter()
    for entry in entries:
        total.update(entry["verdicts"])
    releases = ", ".join(f"{name} {release}" for name, release in results.header["environment"].items())
    lines = [f"## {'❌' if found else '✅'} Tensor conformance: {_verdict(found, entries)}", "", text(releases), ""]
    if results.interrupted:
        lines += ["> **Interrupted**: the run ended before its footer; what is shown is all that was written.", ""]
    elif results.footer and results.footer["stopped"]:
        lines += [f"> **Stopped**: {text(results.footer['stopped'])}", ""]
    lines += [f"> {text(note)}" for note in merged.notes] + [""] * bool(merged.notes)
    shown = [verdict for verdict in VERDICTS if total[verdict]]
    if shown:
        numbers = [f"{total[verdict]:,}" for verdict in shown]
        lines += [cells(shown), cells(["---:"] * len(shown), str), cells(numbers), ""]
    for reason in results.header.get("extrapolated", {}).values():
        lines += [f"> **Extrapolated**: {text(reason)}. What was only observed in other releases is no promise of this one.", ""]
    lines += _findings(found) + _drift(causes(drifts(results)))
    lines += _deviations(list(results.of("deviation"))) + _not_run(merged)
    return "\n".join(lines)


def _verdict(found: list[Cause], entries: list[Row]) -> str:
    if found:
        return f"{len(found)} broken promise{'s' * (len(found) > 1)}"
    return f"{len(entries)} entry points, no new broken promise" if entries else "nothing was run"


def _findings(found: list[Cause]) -> list[str]:
    lines = []
    for cause in found[:SHOWN]:
        row = cause.plainest
        lines += folded(
            html(f"{severity(row)}: {cause.sentence}") + _more(cause),
            [
                text(row["must"]),
                "",
                f"- expected: {text(row['expected'])} ({text(row['promise'])})",
                f"- observed: {text(row['observed'])}, {cause.count} times",
                *([f"- calls: {', '.join(map(code, cause.calls))}"] if len(cause.calls) > 1 else []),
                f"- again: `{how.RUN} --replay {row['id']}`",
                "",
                *fenced(row["script"]),
            ],
        )
    for cause in found[SHOWN : 10 * SHOWN]:
        row = cause.plainest
        lines.append(f"- {severity(row)}: {text(cause.sentence)}{_more(cause)} (`{row['id']}`)")
    if len(found) > 10 * SHOWN:
        lines.append(f"- and {len(found) - 10 * SHOWN:,} more: `{how.TOOL} summary FILE` lists them all")
    return [*lines, ""] if lines else []


def _more(cause: Cause) -> str:
    others = len(cause.calls) - 1
    return f" and {others} other call{'s' * (others > 1)}" if others else ""


def _drift(found: list[Cause]) -> list[str]:
    if not found:
        return []
    number = f"{len(found)} difference{'s' * (len(found) > 1)}"
    told = [f"- {severity(cause.plainest)}: {text(cause.sentence)}{_more(cause)}" for cause in found]
    return folded(f"{number} from what was observed in the releases that were measured", [*told, ""])


def _deviations(rows: list[Row]) -> list[str]:
    happen = by_severity(row for row in rows if row["status"] == "happens")
    lines = []
    gone = [row for row in rows if row["status"] == "gone"]
    mended = [row for row in rows if row["status"] == "mended"]
    if mended:
        lines += [f"**Mended**: {', '.join(code(row['id']) for row in mended)}. These known deviations are gone here.", ""]
    if gone:
        lines += [f"**Gone**: {', '.join(code(row['id']) for row in gone)}. These known deviations no longer happen.", ""]
    if happen:
        table = [cells(["severity", "what", "shown by", "upstream"]), cells(["---"] * 4, str)]
        table += [cells([row["severity"], row["title"], row["entry"], row["upstream"] or "not reported"]) for row in happen]
        lines += folded(f"{len(happen)} known deviations still happen", [*table, ""])
    return lines


def _not_run(merged: Merged) -> list[str]:
    reasons = Counter(row["reason"] for row in merged.results.of("not_run"))
    for reason in merged.results.header["missing"].values():
        reasons[reason] += 0
    lines = [f"- **not run**: {text(reason)}" + (f" ({n} entry points)" if n else "") for reason, n in reasons.most_common()]
    return [*lines, ""] if lines else []


def register(verbs: Any) -> None:
    """Add the verb `markdown`."""
    add(verbs, "markdown", "write a Markdown summary, for a job's page or a pull request", markdown)
