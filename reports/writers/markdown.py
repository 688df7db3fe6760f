"""Markdown: what a pull request or a job's page should see of a run."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from .. import how
from ..causes import Cause, causes
from ..differences import of_results, render
from ..merge import Merged
from ..results import Row
from ..severity import by_severity, drifts, findings, severity
from ..summary import VERDICTS
from . import add

#: Findings shown with their script; the others are listed. GitHub cuts a step summary at 1 MiB.
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
    lines = [f"## {'❌' if found else '✅'} Tensor conformance: {_verdict(found, entries)}", "", _text(releases), ""]
    if results.interrupted:
        lines += ["> **Interrupted**: the run ended before its footer; what is shown is all that was written.", ""]
    elif results.footer and results.footer["stopped"]:
        lines += [f"> **Stopped**: {_text(results.footer['stopped'])}", ""]
    lines += [f"> {_text(note)}" for note in merged.notes] + [""] * bool(merged.notes)
    shown = [verdict for verdict in VERDICTS if total[verdict]]
    if shown:
        lines += [_row(shown), _row(["---:"] * len(shown), str), _row([f"{total[verdict]:,}" for verdict in shown]), ""]
    for reason in results.header.get("extrapolated", {}).values():
        lines += [f"> **Extrapolated**: {_text(reason)}. What was only observed in other releases is no promise of this one.", ""]
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
        lines += [
            f"<details><summary>{_html(severity(row))}: {_code(row['entry'])}{_more(cause)} breaks "
            f"<em>{_html(row['law'])}</em></summary>",
            "",
            f"{_text(row['must'])}",
            "",
            f"- expected: {_text(row['expected'])} ({_text(row['promise'])})",
            f"- observed: {_text(row['observed'])}, {cause.count} times",
            *([f"- calls: {', '.join(map(_code, cause.calls))}"] if len(cause.calls) > 1 else []),
            f"- again: `{how.RUN} --replay {row['id']}`",
            "",
            *_fenced(row["script"]),
            "</details>",
            "",
        ]
    for cause in found[SHOWN : 10 * SHOWN]:
        row = cause.plainest
        lines.append(f"- {severity(row)}: {_code(row['entry'])}{_more(cause)} breaks {_text(row['law'])} (`{row['id']}`)")
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
    lines = [f"<details><summary>{number} from what was observed in the releases that were measured</summary>", ""]
    lines += [_row(["severity", "call", "law", "observed there", "observed here"]), _row(["---"] * 5, str)]
    for cause in found:
        row = cause.plainest
        lines.append(_row([severity(row), row["entry"] + _more(cause), row["law"], row["expected"], row["observed"]]))
    return [*lines, "", "</details>", ""]


def _deviations(rows: list[Row]) -> list[str]:
    happen = by_severity(row for row in rows if row["status"] == "happens")
    lines = []
    gone = [row for row in rows if row["status"] == "gone"]
    mended = [row for row in rows if row["status"] == "mended"]
    if mended:
        lines += [f"**Mended**: {', '.join(_code(row['id']) for row in mended)}. These known deviations are gone here.", ""]
    if gone:
        lines += [f"**Gone**: {', '.join(_code(row['id']) for row in gone)}. These known deviations no longer happen.", ""]
    if happen:
        lines += [f"<details><summary>{len(happen)} known deviations still happen</summary>", ""]
        lines += [_row(["severity", "what", "shown by", "upstream"]), _row(["---"] * 4, str)]
        lines += [_row([row["severity"], row["title"], row["entry"], row["upstream"] or "not reported"]) for row in happen]
        lines += ["", "</details>", ""]
    return lines


def _not_run(merged: Merged) -> list[str]:
    reasons = Counter(row["reason"] for row in merged.results.of("not_run"))
    for reason in merged.results.header["missing"].values():
        reasons[reason] += 0
    lines = [f"- **not run**: {_text(reason)}" + (f" ({n} entry points)" if n else "") for reason, n in reasons.most_common()]
    return [*lines, ""] if lines else []


def _fenced(code: str) -> list[str]:
    longest = max((len(ticks) for ticks in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}python", code.rstrip("\n"), fence, ""]


def _html(text: str) -> str:
    """Text within tags, where Markdown is still read: as entities, its signs are none."""
    return re.sub(r"[<>&@\"'\\`*_{}\[\]()#+!|~]", lambda found: f"&#{ord(found[0])};", " ".join(text.split()))


def _text(text: str) -> str:
    """Text that stays text: nothing in it is Markdown, markup or a mention."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", " ".join(text.split()))
    return re.sub("[<>&@]", lambda found: f"&#{ord(found[0])};", escaped)


def _code(text: str) -> str:
    return f"<code>{_html(text)}</code>"


def _row(cells: list[str], text: Any = _text) -> str:
    return "| " + " | ".join(text(cell) for cell in cells) + " |"


def register(verbs: Any) -> None:
    """Add the verb `markdown`."""
    add(verbs, "markdown", "write a Markdown summary, for a job's page or a pull request", markdown)
