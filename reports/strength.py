"""The strength table: which seeded faults are caught, by which phase, how soon, and which of them the peers catch."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from .results import ResultsError, Row

#: Where `python -m meta_tests.strength` writes.
STRENGTH = Path(__file__).with_name("strength.jsonl")


def register(verbs: Any) -> None:
    """Add the verb `strength`."""
    verb = verbs.add_parser(
        "strength", help="print which seeded faults are caught", description="Which seeded faults are caught."
    )
    verb.add_argument("file", type=Path, nargs="?", default=STRENGTH, help="a strength file (default: the published one)")
    verb.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    print(strength(read_strength(asked.file)))
    return 0


@cache
def strength_schema() -> dict[str, Any]:
    """The published JSON Schema of one line."""
    return json.loads(Path(__file__).with_name("strength-schema.json").read_text())  # type: ignore[no-any-return]


def read_strength(path: Path) -> list[Row]:
    """The rows of a strength file, the header first. Raises ResultsError, in a line, for anything else."""
    import jsonschema

    check = jsonschema.Draft202012Validator(strength_schema())
    rows: list[Row] = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise ResultsError(f"cannot read {path}: {error.strerror}") from None
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line.decode())
        except (ValueError, RecursionError):
            raise ResultsError(f"{path}, line {number}: not JSON") from None
        problem = jsonschema.exceptions.best_match(check.iter_errors(row))
        if problem is not None or (row["kind"] == "header") != (number == 1):
            raise ResultsError(
                f"{path}, line {number}: {problem.message[:120] if problem else 'a header, and only one, comes first'}"
            )
        rows.append(row)
    if len(rows) < 2:
        raise ResultsError(f"{path} holds no faults")
    return rows


def strength(rows: list[Row]) -> str:
    """The table, a line per fault, then counts by law and a summary."""
    header = rows[0]
    faults = sorted((row for row in rows if row["kind"] == "fault"), key=lambda row: (row["law"], row["entry"], row["fault"]))
    lines = [
        "\t".join(
            ("law", "entry point", "fault", "grid", "examples", "seconds", "search", "examples", "seconds", *header["peers"])
        )
    ]
    lines += ["\t".join(_cells(row, header)) for row in faults]
    return "\n".join((*_aligned(lines), "", *_aligned(["\t".join(line) for line in by_law(rows)]), "", *_closing(rows, faults)))


def by_law(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    """Heading and rows of the short table: how many faults of each law are caught, by the suite and by each peer."""
    header, faults = rows[0], [row for row in rows if row["kind"] == "fault"]
    yield ("law", "faults", "this suite", *header["peers"])
    laws = Counter(row["law"] for row in faults)
    for law in (*sorted(laws), "all"):
        chosen = [row for row in faults if law in (row["law"], "all")]
        ours = sum(all(caught_by_default(row, header)) for row in chosen)
        theirs = (sum(row["peers"].get(peer) == "caught" for row in chosen) for peer in header["peers"])
        yield (law, str(len(chosen)), str(ours), *map(str, theirs))


def caught_by_default(row: Row, header: Row) -> list[bool]:
    """By seed: whether a run with default settings, grid then search, catches the fault."""
    search = row["search"]
    soon = [caught and count <= header["examples"] for caught, count in zip(search["caught"], search["examples"])]
    return [grid or late for grid, late in zip(row["grid"]["caught"], soon)]


def _cells(row: Row, header: Row) -> Iterator[str]:
    yield from (row["law"], row["entry"], row["fault"])
    for phase in ("grid", "search"):
        tries = row[phase]
        yield f"{sum(tries['caught'])}/{len(tries['caught'])}"
        yield from (_median(tries, "examples", ".0f"), _median(tries, "seconds", ".2f"))
    yield from ({"caught": "yes", "missed": "no"}.get(row["peers"].get(peer, ""), "-") for peer in header["peers"])


def _median(tries: Row, what: str, form: str) -> str:
    """Of the tries that caught it."""
    values = [value for value, caught in zip(tries[what], tries["caught"]) if caught]
    return format(median(values), form) if values else "-"


def _aligned(lines: list[str]) -> list[str]:
    cells = [line.split("\t") for line in lines]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(line, widths)).rstrip() for line in cells]


def _closing(rows: list[Row], faults: list[Row]) -> Iterator[str]:
    header = rows[0]
    always = sum(all(caught_by_default(row, header)) for row in faults)
    never = [row for row in faults if not any(caught_by_default(row, header))]
    yield (
        f"{len(faults)} faults, {header['seeds']} seeds: {always} caught with every seed, "
        f"{len(faults) - always - len(never)} with some, {len(never)} missed"
    )
    for phase in ("grid", "search"):
        times = [seconds for row in faults for seconds, caught in zip(row[phase]["seconds"], row[phase]["caught"]) if caught]
        tries = sum(len(row[phase]["caught"]) for row in faults)
        if times:
            yield f"{phase} alone: catches in {len(times)} of {tries} runs, after {median(times):.2f} CPU seconds in the median"
    for peer in header["peers"]:
        verdicts = Counter(row["peers"].get(peer) for row in faults)
        yield f"{peer}: {verdicts['caught']} caught, {verdicts['missed']} missed, {verdicts['not applicable']} not applicable"
    controls = [row for row in rows if row["kind"] == "control"]
    if controls:
        findings, conversions = sum(len(row["findings"]) for row in controls), sum(row["conversions"] for row in controls)
        yield f"without a fault: {findings} findings in {conversions:,} conversions of {len(controls)} entry points"
