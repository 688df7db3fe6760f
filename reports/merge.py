"""Merging: several files of one environment (shards, seeds, frameworks) become one, and what did not fit is said."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cells import Cells, Outcome, decode, encode
from .results import Results, ResultsError, Row, Writer, read


@dataclass(frozen=True)
class Merged:
    """What several files say together; `notes` are the duplicates and contradictions met, a line each."""

    results: Results
    notes: tuple[str, ...] = ()


def fits(one: Results, other: Results) -> bool:
    """Whether two files can describe one environment: same device, and no package at two releases."""
    here, there = one.header["environment"], other.header["environment"]
    return one.header["device"] == other.header["device"] and all(there.get(name, here[name]) == here[name] for name in here)


def environments(files: Sequence[Results]) -> list[Merged]:
    """Files grouped by environment, in the order in which those first came, each group merged."""
    groups: list[list[Results]] = []
    for results in files:
        home = next((group for group in groups if all(fits(each, results) for each in group)), None)
        if home is None:
            groups.append([results])
        else:
            home.append(results)
    return [merge(group) for group in groups]


def merge(files: Sequence[Results]) -> Merged:
    """One environment's files as one. Raises ResultsError where they are of several environments."""
    for results in files:
        if not all(fits(results, other) for other in files):
            raise ResultsError("these files are of different environments; merge those of one")
    notes: list[str] = []
    rows = _distinct(files, notes)
    entries = _entries([row for row in rows if row["kind"] == "entry"], notes)
    body = [
        *entries,
        *_findings([row for row in rows if row["kind"] in ("finding", "drift", "program")], notes),
        *_programs([row for row in rows if row["kind"] == "programs"]),
        *_deviations([row for row in rows if row["kind"] == "deviation"], notes),
        *_not_run([row for row in rows if row["kind"] == "not_run"], {entry["entry"] for entry in entries}, notes),
        *(row for row in rows if row["kind"] not in ("entry", "finding", "drift", "program", "programs", "deviation", "not_run")),
    ]
    return Merged(Results(_header(files, notes), tuple(body), _footer(files)), tuple(notes))


def _distinct(files: Sequence[Results], notes: list[str]) -> list[Row]:
    """All rows, of those that are the same in all their parts one."""
    seen: set[bytes] = set()
    rows, twice = [], 0
    for results in files:
        for row in results.rows:
            digest = hashlib.blake2b(json.dumps(row, sort_keys=True).encode(), digest_size=16).digest()
            if digest in seen:
                twice += 1
                continue
            seen.add(digest)
            rows.append(row)
    if twice:
        notes.append(
            f"{twice} {'row is' if twice == 1 else 'rows are'} there more than once, word for word; each was counted once"
        )
    return rows


def _by(rows: Iterable[Row], *names: str) -> list[list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return list(groups.values())


def _entries(rows: list[Row], notes: list[str]) -> list[Row]:
    return [group[0] if len(group) == 1 else _added(group, notes) for group in _by(rows, "entry")]


def _added(group: list[Row], notes: list[str]) -> Row:
    """Rows of one entry point, counts added up; the promise is the last one's."""
    last = group[-1]
    if any((row["call"], row["promise"]) != (last["call"], last["promise"]) for row in group):
        notes.append(f"contradiction: {last['entry']} has different calls or promises; those of the last file are shown")
    added = {name: _sum([row[name] for row in group]) for name in ("verdicts", "laws", "matrix", "deviated", "reasons")}
    seconds = round(sum(row["seconds"] for row in group), 3)
    if all("cells" in row for row in group):
        added["cells"] = encode(sum((_under(row, last["promise"]) for row in group), Counter()))
    else:
        last = {name: value for name, value in last.items() if name != "cells"}
    return last | added | {"seconds": seconds}


def _under(row: Row, promise: list[Row]) -> Cells:
    """A row's cells, with the clauses counted as those of another promise."""
    if row["promise"] == promise:
        return decode(row)
    places = {clause["text"]: index for index, clause in enumerate(promise)}
    moved = [places.get(clause["text"], -1) for clause in row["promise"]] + [-1]
    cells: Cells = Counter()
    for (dtype, layout, outcome), count in decode(row).items():
        cells[dtype, layout, Outcome(outcome.verdict, outcome.headline, moved[outcome.clause], outcome.home)] += count
    return cells


def _sum(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Nested counts, added up."""
    added: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            if isinstance(value, dict):
                added[name] = _sum([added.get(name, {}), value])
            else:
                added[name] = added.get(name, 0) + value
    return added


def _findings(rows: list[Row], notes: list[str]) -> list[Row]:
    found = []
    for group in _by(rows, "kind", "id", "law"):
        if len({row["observed"] for row in group}) > 1:
            id, law = group[0]["id"], group[0]["law"]
            notes.append(f"contradiction: finding {id} ({law}) was observed in different ways")
        found.append(group[0] | {"count": sum(row["count"] for row in group)} if len(group) > 1 else group[0])
    return found


def _programs(rows: list[Row]) -> list[Row]:
    counts = ("programs", "steps", "seconds")
    return [group[0] | _sum([{name: row[name] for name in counts} for row in group]) for group in _by(rows, "combination")]


def _deviations(rows: list[Row], notes: list[str]) -> list[Row]:
    kept = []
    for group in _by(rows, "id"):
        status = {row["status"] for row in group}
        if "happens" in status and status & {"gone", "mended"}:
            notes.append(
                f"contradiction: deviation {group[0]['id']} happens in one file and is gone in another; shown as happening"
            )
        kept.append(next(row for word in ("happens", "gone", "mended", "not run") for row in group if row["status"] == word))
    return kept


def _not_run(rows: list[Row], run: set[str], notes: list[str]) -> list[Row]:
    elsewhere = sorted({row["entry"] for row in rows if row["entry"] in run})
    if elsewhere:
        notes.append(f"not run in one file but run in another: {', '.join(elsewhere[:5])}{', ...' * (len(elsewhere) > 5)}")
    return [row for row in rows if row["entry"] not in run]


def _header(files: Sequence[Results], notes: list[str]) -> Row:
    headers = [results.header for results in files]
    if len(headers) == 1:
        return headers[0]
    for name in ("suite", "profile", "seed"):
        values = list(dict.fromkeys(str(header[name]) for header in headers))
        if len(values) > 1:
            notes.append(f"the files differ in {name}: {', '.join(values)}")
    merged: Row = dict(headers[0])
    merged["environment"] = {name: release for header in headers for name, release in header["environment"].items()}
    merged["started"] = min(header["started"] for header in headers)
    merged["profile"] = " + ".join(dict.fromkeys(header["profile"] for header in headers))
    phases = {phase for header in headers for phase in header["phases"]}
    merged["phases"] = [phase for phase in ("pinned", "grid", "pressure", "search", "stateful") if phase in phases]
    merged["examples"] = max(header["examples"] for header in headers)
    missing = {name: reason for header in headers for name, reason in header["missing"].items()}
    merged["missing"] = {name: reason for name, reason in missing.items() if name not in merged["environment"]}
    against = {name: release for header in headers for name, release in header.get("against", {}).items()}
    if against:
        merged["against"] = against
    laws = {name: law for header in headers for name, law in header.get("laws", {}).items()}
    if laws:
        merged["laws"] = laws
    merged["merged"] = sum(header.get("merged", 1) for header in headers)
    return merged


def _footer(files: Sequence[Results]) -> Row | None:
    footers = [results.footer for results in files if results.footer is not None]
    if len(footers) < len(files):
        return None
    stopped = "; ".join(dict.fromkeys(footer["stopped"] for footer in footers if footer["stopped"]))
    return {"kind": "footer", "finished": max(footer["finished"] for footer in footers), "stopped": stopped[:4000]}


def register(verbs: Any) -> None:
    """Add the verb `merge`."""
    verb = verbs.add_parser(
        "merge",
        help="make one file of several of one environment",
        description="Make one results file of several (shards, seeds).",
    )
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a results file (JSON Lines)")
    verb.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where to write")
    verb.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    merged = merge([read(path) for path in asked.files])
    writer = Writer(asked.output)
    for row in (merged.results.header, *merged.results.rows, *filter(None, [merged.results.footer])):
        writer.write(row)
    writer.close()
    for note in merged.notes:
        print(f"note: {note}")
    state = "interrupted: one of them has no footer" if merged.results.interrupted else "complete"
    print(f"{asked.output}: {len(merged.results.rows)} rows of {len(asked.files)} files, {state}")
    return 0
