"""The record: rows on their way from the items that made them to the results file."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import subprocess
from pathlib import Path
from typing import Any

from tensor_conformance import CHECKOUT

from ...reports import how
from ...reports.results import SCHEMA_VERSION, Row, Writer
from ...reports.visible import visible
from ..laws import LAWS
from .plan import Plan


def now() -> str:
    """The time, UTC, ISO 8601."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def suite_version() -> str:
    """This suite's version; in a checkout that was never installed its commit, and "unknown" where nobody can tell."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version("tensor-conformance")
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        ask = ("git", "-C", str(CHECKOUT or Path.cwd()), "describe", "--always", "--dirty")
        return subprocess.run(ask, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    return "unknown"


class Record:
    """The results file of one run, header to footer. Rows may come from several processes; each is written once."""

    def __init__(
        self,
        path: Path,
        plan: Plan,
        examples: int,
        environment: dict[str, str],
        missing: dict[str, str],
        against: dict[str, str],
        extrapolated: dict[str, str],
    ) -> None:
        self.path = path
        self._writer = Writer(path)
        self._seen: set[tuple[str, str]] = set()
        self.asked = 0
        self.findings = 0
        self._writer.write(
            {
                "kind": "header",
                "schema": SCHEMA_VERSION,
                "suite": suite_version(),
                "started": now(),
                "environment": environment,
                "device": ",".join(plan.devices),
                "profile": plan.profile,
                "seed": plan.seed,
                "phases": list(plan.phases),
                "examples": examples,
                "missing": missing,
                "laws": {law.id: {"must": law.must, "source": law.source} for law in LAWS.values()},
            }
            | ({"against": against} if against else {})
            | ({"extrapolated": extrapolated} if extrapolated else {})
            | ({"subjects": dict(plan.subjects)} if plan.subjects else {})
        )

    def take(self, rows: list[Row]) -> None:
        """Write what an item brought."""
        for row in rows:
            if row["kind"] in ("entry", "comparison", "not_run"):
                if (row["kind"], row["entry"]) in self._seen:
                    continue
                self._seen.add((row["kind"], row["entry"]))
                self.asked += row["kind"] != "not_run"
            self.asked += row["kind"] == "programs"
            self.findings += row["kind"] in ("finding", "program")
            self._writer.write(row)

    def close(self, stopped: str | None) -> None:
        """End the file: with a footer that says why not all was run ("" when it was), or, interrupted, with none."""
        if stopped is not None:
            self._writer.write({"kind": "footer", "finished": now(), "stopped": stopped})
        self._writer.close()


def message(row: Row, again: str = "") -> str:
    """A finding, for people: the law, the promise, the spec, what was observed, and how to see it again.

    again  options that a replay needs, beside --replay
    """
    spec: dict[str, Any] = row["spec"]
    shown = ", ".join(f"{name}={value!r}" for name, value in spec.items())
    script = "\n".join(f"    {line}" for line in row["script"].splitlines())
    return visible(
        f"{row['entry']} breaks the law '{row['law']}': {row['must']}\n"
        f"  expected: {row['expected']}\n"
        f"  promise:  {row['promise']}\n"
        f"  observed: {row['observed']}  ({row['count']}x, phase {row['phase']})\n"
        f"  spec:     {shown}\n"
        f"  replay:   {how.RUN} --replay {row['id']} {again}".rstrip()
        + "\n"
        f"  script:\n{script}"
    )
