"""Profiles: how one environment answers a fixed list of inputs, compact enough to keep one for each release.

    python -m tensor_conformance.conformance.upgrade.profile PYTHON FILE

A profile is gzipped JSON Lines: a header, a line per entry point, a footer (`reports/profile_schema.json`). The inputs
are those of `reports/profiles/cells.json.gz`, the same for all profiles whatever the interpreter that asks.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from ...reports.changes import Outcome
from ...reports.profile_files import SCHEMA_VERSION, ProfileError
from ..frameworks.registry import entry_points, frameworks
from ..laws import LAWS
from ..promises import EntryPoint
from ..promises.releases import Versions
from ..run.record import now, suite_version
from ..run.subjects import Isolated, SubjectError, installed
from .inputs import STEPS, Inputs, inputs, list_of, save_whole
from .outcome import summarise

#: Seconds that one conversion may take, and deaths after which the rest of an entry point's inputs is left out.
LIMIT, PATIENCE = 4.0, 60


def promises_digest(versions: Versions) -> str:
    """A digest of the laws and promises by which the outcomes of a subject of these releases are judged."""
    told: list[tuple[str, ...]] = [(law.id, law.must) for law in LAWS.values()]
    told += [
        (entry.name, *(clause.text for clause in entry.under(versions).promise))
        for entry in entry_points()
        if entry.framework in versions and not entry.lacking(versions)
    ]
    return hashlib.blake2b(json.dumps(told).encode(), digest_size=8).hexdigest()


def name_of(environment: dict[str, str]) -> str:
    """A profile's name, such as "numpy-2.2.6+torch-2.13.0"."""
    packages = ("numpy", *frameworks())
    return "+".join(f"{p}-{environment[p].partition('+')[0]}" for p in packages if p in environment)


def profile(python: str) -> Iterator[dict[str, Any]]:
    """The lines of a profile of the interpreter's frameworks; raises SubjectError where it has none."""
    known = tuple(frameworks())
    _, missing = installed(known, dict.fromkeys(known, python))
    found = [name for name in known if name not in missing]
    if not found:
        raise SubjectError("; ".join(missing.values()))
    subject = Isolated(tuple(found), python, LIMIT)
    if subject.missing:
        subject.close()
        raise SubjectError("; ".join(f"{name} does not import: {why}" for name, why in subject.missing.items()))
    digest, lists = inputs()
    yield {
        "kind": "profile",
        "schema": SCHEMA_VERSION,
        "name": name_of(subject.versions),
        "suite": suite_version(),
        "made": now(),
        "environment": subject.versions,
        "machine": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cells": digest,
        "judged": promises_digest(subject.versions),
    }
    count = 0
    for entry in entry_points():
        if entry.framework in found and entry.pace in STEPS:
            yield outcomes_row(entry, _ask(subject, entry, lists.get(list_of(entry), Inputs((), 0, {}))))
            count += 1
    subject.close()
    yield {"kind": "end", "entries": count}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _ask(subject: Isolated, entry: EntryPoint, listed: Inputs) -> list[Outcome]:
    places = listed.of(entry)
    outcomes = [Outcome()] * len(listed.specs)
    promised = entry.under(subject.versions)
    seen = subject.observe(entry.question, entry.maker, [listed.specs[place] for place in places], patience=PATIENCE)
    for place, each in zip(places, seen):
        outcomes[place] = summarise(promised, listed.specs[place], each)
    return outcomes


def outcomes_row(entry: EntryPoint, outcomes: list[Outcome]) -> dict[str, Any]:
    """An entry point's outcomes: each distinct one once, and run lengths of their numbers in the cells' order."""
    numbers: dict[Outcome, int] = {}
    order = [numbers.setdefault(outcome, len(numbers)) for outcome in outcomes]
    return {
        "kind": "outcomes",
        "entry": entry.name,
        "framework": entry.framework,
        "list": list_of(entry),
        # What is empty at the end is left out.
        "distinct": ["\0".join(outcome).rstrip("\0").split("\0") for outcome in numbers],
        "runs": [[number, len(list(run))] for number, run in groupby(order)],
    }


def save(python: str, path: Path) -> str:
    """Build a profile and keep it; its name."""
    rows = list(profile(python))
    if path.is_dir():
        path = path / f"{rows[0]['name']}.jsonl.gz"
    save_whole(path, "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows).encode())
    return str(path)


def main(arguments: list[str]) -> int:
    """Build a profile; 0 when it went well, 2 when it could not be built."""
    if len(arguments) != 2:
        print("usage: python -m tensor_conformance.conformance.upgrade.profile PYTHON FILE", file=sys.stderr)
        return 2
    try:
        print(save(arguments[0], Path(arguments[1])))
    except (SubjectError, ProfileError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"cannot write {arguments[1]}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
