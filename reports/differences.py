"""Differences between two environments for people and for machines: text, Markdown, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from . import marked
from .causes import Cause, causes
from .changes import BREAKING, HARMS, KINDS, harm
from .folders import writable
from .results import Results, Row
from .sentences import VALUES, first_of, of_input

FORMATS = ("text", "markdown", "json")
#: Differences on which a run fails.
FAILING = ("any", "breaking", *HARMS)
#: Entry points that one line names.
NAMED = 4
#: Breaking causes shown with their script in Markdown.
SHOWN = 10


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


def fails(rows: Iterable[Row], least: str) -> bool:
    """Whether a difference is one of `FAILING` on which to fail: any, any that breaks what worked, or one that does such harm
    or worse to it."""
    if least == "any":
        return any(rows)
    worst = HARMS.index(least) if least in HARMS else len(HARMS)
    return any(row["change"] in BREAKING and harm(row["topic"], row["after"]) <= worst for row in rows)


def write_scripts(rows: Iterable[Row], folder: Path) -> None:
    """A reproducer for each difference, by id."""
    writable(folder)
    for row in rows:
        (folder / f"{row['id']}.py").write_text(row["script"])


def verdict(rows: list[Row]) -> str:
    """What an upgrade does, in a sentence: whether it breaks what worked, and what else there is."""
    found = causes(rows)
    counts = Counter(cause.plainest["change"] for cause in found)
    breaking = [cause for cause in found if cause.plainest["change"] in BREAKING]
    others = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind] and kind not in BREAKING)
    if not breaking:
        return "Nothing differs." if not found else f"Nothing that worked breaks: {others}."
    worst = breaking[0].plainest
    word = _HARMS[HARMS[harm(worst["topic"], worst["after"])]]
    number = "1 change breaks" if len(breaking) == 1 else f"{len(breaking)} changes break"
    return f"{number} what worked, {'the worst by' if len(breaking) > 1 else 'by'} {word}" + (f"; {others}." if others else ".")


#: By what a change breaks what worked.
_HARMS = {
    "crash": "a crash or a hang",
    "data": "other values",
    "dtype": "another dtype, shape or type",
    "memory": "other sharing of memory",
    "refusal": "an exception",
    "warning": "a warning",
    "message": "other words",
}


def counted(rows: list[Row]) -> str:
    """How many differences there are, in how many causes."""
    number = len(causes(rows))
    return f"{_many(len(rows), 'difference')}, {_many(number, 'cause')}" if rows else "no difference"


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def releases(environment: dict[str, str]) -> str:
    """An environment in a few words."""
    return ", ".join(f"{name} {release}" for name, release in sorted(environment.items()) if name != "python")


#: Topics whose values speak for themselves.
_PLAIN = ("call", "ending", "message", "memory", "type")


def sides(row: Row) -> tuple[str, str]:
    """What was seen before and after, for people."""
    topic, before, after = str(row["topic"]), str(row["before"]), str(row["after"])
    if topic == "values":
        return VALUES.get(before, before), VALUES.get(after, after)
    if topic in _PLAIN:
        return before, after
    empty = "as the source's" if topic == "shape" else "none"
    return f"{topic}: {before or empty}", f"{topic}: {after or empty}"


def standing(row: Row) -> str:
    """What the laws say of a difference, for people."""
    was, now = set(row["broken_before"]), set(row["broken_after"])
    told = [f"breaks {', '.join(sorted(now - was))}, which held before"] if now - was else []
    told += [f"keeps {', '.join(sorted(was - now))}, which was broken before"] if was - now else []
    return "; ".join(told) or (f"{', '.join(sorted(now))} broken in both" if now else "each release keeps its own promise")


def _text(title: str, rows: list[Row], notes: list[str]) -> str:
    lines = [title, verdict(rows), ""]
    for cause in causes(rows):
        row = cause.plainest
        if row["change"] == "message only":
            lines.append(f"MESSAGE ONLY  {_words(row)}: {_named(cause.calls)}")
            continue
        others = [name for name in cause.calls if name != row["entry"]]
        lines += [
            f"{row['change'].upper()}  {cause.sentence.replace('`', '')}",
            *([f"    also     {_named(others)}"] if others else []),
            f"    where    {cause.where} ({_many(cause.count, 'input')})",
            f"    laws     {standing(row)}",
            f"    promise  {row['promise'] or 'none'}",
            f"    see      {row['id']}: {of_input(row['spec'])}",
        ]
    return "\n".join([*lines, "", counted(rows), *notes])


def _words(row: Row) -> str:
    return f"other words in a {'warning' if row['topic'] == 'told' else 'refusal'}"


def _named(names: list[str], mark: str = "") -> str:
    return first_of([f"{mark}{name}{mark}" for name in names], NAMED)


def _markdown(title: str, rows: list[Row], notes: list[str]) -> str:
    found = causes(rows)
    breaking = [cause for cause in found if cause.plainest["change"] in BREAKING]
    lines = [f"### {'❌' if breaking else '✅'} {marked.text(verdict(rows))}", "", marked.text(title), ""]
    for cause in breaking[:SHOWN]:
        lines += marked.folded(marked.html(_heading(cause)), _details(cause))
    lines += [f"- {marked.text(_heading(cause, cause.in_full))}" for cause in breaking[SHOWN:]]
    for kind in KINDS:
        same = [cause for cause in found if cause.plainest["change"] == kind]
        if same and kind not in BREAKING:
            told = [f"- {marked.text(_heading(cause, cause.in_full))}" for cause in same]
            lines += marked.folded(f"{len(same)} {kind}", [*told, ""])
    return "\n".join([*lines, *marked.folded(counted(rows), [*(f"- {marked.text(note)}" for note in notes), ""])])


def _heading(cause: Cause, sentence: str = "") -> str:
    if cause.plainest["change"] == "message only":
        return f"{_words(cause.plainest)}: {_named(cause.calls, '`')}"
    others = len(cause.calls) - 1
    return (sentence or cause.sentence) + (f" (and {_many(others, 'other call')})" if others else "")


def _details(cause: Cause) -> list[str]:
    row = cause.plainest
    return [
        f"- where: {marked.text(cause.where)} ({_many(cause.count, 'input')})",
        f"- laws: {marked.text(standing(row))}",
        *([f"- promise: {marked.text(row['promise'])}"] if row["promise"] else []),
        *([f"- calls: {', '.join(map(marked.code, cause.calls))}"] if len(cause.calls) > 1 else []),
        "",
        *marked.fenced(row["script"]),
    ]
