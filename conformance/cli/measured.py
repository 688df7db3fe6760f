"""The verb `measured`: a run becomes a line of the table that says which releases promises were measured with."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from ...reports.results import Results, ResultsError, Row, read
from ...reports.severity import drifts, findings
from ..frameworks.registry import entry_points, frameworks

#: Where the table of a framework lies, from the folder of its own.
TABLE = "measured.jsonl"


def register(verbs: Any) -> None:
    """Declare the verb."""
    text = "record that promises were measured with the releases of a run"
    verb = verbs.add_parser("measured", help=text, description=f"{text.capitalize()}: what they promise is then judged there.")
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a results file of a whole run")
    verb.add_argument("--table", type=Path, required=True, metavar="FILE", help=f"the framework's {TABLE}")
    verb.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    for path in asked.files:
        row = measurement(read(path), path)
        kept = [line for line in _lines(asked.table) if json.loads(line)["environment"] != row["environment"]]
        asked.table.write_text("".join(f"{line}\n" for line in [*kept, json.dumps(row)]), encoding="utf-8")
        print(f"{asked.table}: {', '.join(f'{name} {release}' for name, release in row['environment'].items())}")
    return 0


def _lines(table: Path) -> list[str]:
    return table.read_text(encoding="utf-8").splitlines() if table.exists() else []


def measurement(results: Results, path: Path) -> Row:
    """The line that a run makes; raises ResultsError where it does not say that every promise was kept."""
    asked = [entry for entry in results.of("entry") if entry["verdicts"]]
    names = {entry["entry"] for entry in asked} | {row["entry"] for row in results.of("not_run")}
    here = [name for name in results.header["environment"] if name in frameworks()]
    lacking = [entry.name for entry in entry_points() if entry.framework in here and entry.name not in names]
    broken, drifting = findings(results), drifts(results)
    untrue = [row["claim"] for row in results.of("claim") if not row["holds"]]
    gone = [row["id"] for row in results.of("deviation") if row["status"] in ("gone", "mended")]
    reasons = {
        "it was interrupted": results.interrupted,
        f"it left out {', '.join(lacking[:3])}{', ...' * (len(lacking) > 3)}": lacking,
        f"{len(broken)} findings are not recorded": broken,
        f"{len(drifting)} clauses are not as observed": drifting,
        f"{', '.join(gone)} no longer happens": gone,
        f"this is not as true as was found: {', '.join(untrue)}": untrue,
    }
    reason = next((reason for reason, is_so in reasons.items() if is_so), "")
    if reason:
        raise ResultsError(f"{path} is no measurement: {reason}")
    conversions: Counter[str] = sum((Counter(entry["verdicts"]) for entry in asked), Counter())
    header = results.header
    return {
        "environment": header["environment"],
        "entry_points": len(asked),
        "conversions": conversions.total(),
        "deviations": sum(row["status"] == "happens" for row in results.of("deviation")),
        "profile": header["profile"],
        "seed": header["seed"],
        "phases": header["phases"],
        "run": header["started"][:10],
        "suite": header["suite"],
    }
