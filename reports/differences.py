"""Differences between two environments for people and for machines: text, Markdown, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from .changes import BREAKING, KINDS
from .folders import writable
from .results import Results, Row

FORMATS = ("text", "markdown", "json")
#: Entry points that one line names.
NAMED = 4


class Report(NamedTuple):
    """What is rendered: releases before and after, rows of kind "difference", and what to know beside them."""

    before: dict[str, str]
    after: dict[str, str]
    rows: list[Row]
    notes: list[str]


def of_results(results: Results) -> Report:
    """The report of a run that compared."""
    header = results.header
    before, after = header.get("against", {}), header["environment"]
    notes = [f"not run: {row['entry']}: {row['reason']}" for row in results.of("not_run")][:5]
    differing = sorted(name for name in set(before) & set(after) if before[name] != after[name] and name != "python")
    if len(differing) > 1:
        notes.append(f"{' and '.join(differing)} differ: a change may come from either")
    if results.interrupted:
        notes.append("INTERRUPTED: the run ended before its footer; what is shown is all that was written")
    compared = list(results.of("comparison"))
    notes.append(f"{len(compared)} entry points, {sum(row['compared'] for row in compared):,} conversions compared")
    skipped = sum(row["not_compared"] for row in compared)
    if skipped:
        notes.append(f"{skipped:,} inputs did not run on one side, or not twice the same: not compared")
    return Report(before, after, list(results.of("difference")), notes)


def render(form: str, report: Report) -> str:
    """The report in one of `FORMATS`. JSON rows are those of the results file: `schema.json` says what they hold."""
    before, after, rows, notes = report
    if form == "json":
        return json.dumps({"schema": 1, "before": before, "after": after, "notes": notes, "differences": rows}, indent=1)
    return (_markdown if form == "markdown" else _text)(f"{releases(before)} -> {releases(after)}", rows, notes)


def alike(rows: list[Row]) -> list[list[Row]]:
    """Rows that say the same of several entry points, together; the worst first."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        key = tuple(str(row[field]) for field in ("change", "standing", "topic", "before", "after", "where"))
        groups.setdefault((row["change"], row["topic"]) if row["change"] == "message only" else key, []).append(row)
    return sorted(groups.values(), key=lambda group: (KINDS.index(group[0]["change"]), -len(group)))


def is_breaking(rows: Iterable[Row]) -> bool:
    """Whether any difference breaks what worked."""
    return any(row["change"] in BREAKING for row in rows)


def write_scripts(rows: Iterable[Row], folder: Path) -> None:
    """A reproducer for each difference, by id."""
    writable(folder)
    for row in rows:
        (folder / f"{row['id']}.py").write_text(row["script"])


def counted(rows: list[Row]) -> str:
    """How many differences there are, how many blocks say them, and how many do what."""
    groups = len(alike(rows))
    kinds = "" if groups == len(rows) else f" ({groups} {'kind' if groups == 1 else 'kinds'})"
    counts = Counter(row["change"] for row in rows)
    each = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]) or "no difference"
    return f"{len(rows)} {'difference' if len(rows) == 1 else 'differences'}{kinds}: {each}"


def releases(environment: dict[str, str]) -> str:
    """An environment in a few words."""
    return ", ".join(f"{name} {release}" for name, release in sorted(environment.items()) if name != "python")


def _names(group: list[Row], mark: str = "") -> str:
    names = list(dict.fromkeys(f"{mark}{row['entry']}{mark}" for row in group))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


#: What was seen of values, for people.
_VALUES = {
    "bit for bit": "values bit for bit",
    "as promised": "values as promised, but other bits",
    "wrong": "wrong values",
    "unspecified": "values of which nothing is promised",
    "unread": "values that could not be read",
}
#: Topics whose values speak for themselves.
_PLAIN = ("call", "ending", "message", "memory", "type")


def sides(row: Row) -> tuple[str, str]:
    """What was seen before and after, for people."""
    topic, before, after = str(row["topic"]), str(row["before"]), str(row["after"])
    if topic == "values":
        return _VALUES.get(before, before), _VALUES.get(after, after)
    if topic in _PLAIN:
        return before, after
    empty = "as the source's" if topic == "shape" else "none"
    return f"{topic}: {before or empty}", f"{topic}: {after or empty}"


def plainest(group: list[Row]) -> Row:
    """The row with the shortest script."""
    return min(group, key=lambda row: (not row["shrunk"], len(row["script"])))


def _text(title: str, rows: list[Row], notes: list[str]) -> str:
    lines = [title, ""]
    for group in alike(rows):
        row = plainest(group)
        if row["change"] == "message only":
            lines.append(f"MESSAGE ONLY  {_names(group)}: other words in a {'warning' if row['topic'] == 'told' else 'refusal'}")
            continue
        before, after = sides(row)
        lines += [
            f"{row['change'].upper()}  {_names(group)}",
            f"    before   {before}",
            f"    after    {after}",
            f"    where    {row['where']} ({sum(one['count'] for one in group)} inputs)",
            f"    laws     {_laws(row)}",
            f"    promise  {row['promise'] or 'none'}",
            f"    see      {row['id']}: {_short(row['spec'])}",
        ]
    return "\n".join([*lines, "", counted(rows), *notes])


def _laws(row: Row) -> str:
    was, now = (", ".join(row[side]) or "none" for side in ("broken_before", "broken_after"))
    return f"{row['standing']} (broken before: {was}; after: {now})"


def _short(spec: dict[str, Any]) -> str:
    usual = {"offset": 0, "address": 0, "memory": "plain", "container": "ndarray", "state": "plain", "seed": 0, "planted": []}
    shown = {name: value for name, value in spec.items() if usual.get(name, spec) != value and name != "nbytes"}
    return ", ".join(f"{name}={value}" for name, value in shown.items())[:160]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _markdown(title: str, rows: list[Row], notes: list[str]) -> str:
    lines = [f"### {title}", "", counted(rows), ""]
    if rows:
        lines += ["| | entry points | before | after | where | promise |", "|---|---|---|---|---|---|"]
    for group in alike(rows):
        row = plainest(group)
        if row["change"] == "message only":
            cells = [row["change"], _names(group, "`"), "", "", "other words in messages", ""]
        else:
            standing = f" ({row['standing']})" if row["standing"] != row["change"] else ""
            cells = [
                f"**{row['change']}**{standing}",
                _names(group, "`"),
                *sides(row),
                row["where"],
                row["promise"],
            ]
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    for group in [group for group in alike(rows) if group[0]["change"] in BREAKING][:10]:
        row = plainest(group)
        summary = f"{row['entry']}: {' -> '.join(sides(row))}"
        lines += [
            "",
            f"<details><summary>{_cell(summary)}</summary>",
            "",
            "```python",
            row["script"].rstrip(),
            "```",
            "</details>",
        ]
    return "\n".join([*lines, "", *(f"- {note}" for note in notes)])
