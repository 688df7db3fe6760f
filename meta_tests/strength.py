"""How strong the suite is: every seeded fault, how soon it is caught under its law, and whether the peers catch it.

    python -m meta_tests.strength --jobs 2        writes reports/strength.jsonl
    python -m reports strength                    shows it

Each fault is seeded in its entry point and the suite's own machinery is asked about it, grid and search apart, until the
law that the fault is written under is broken. Seconds are CPU time, of the driver and of the subject's process tree.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import hypothesis.core

from meta_tests.faults import Fault, Rewritten, faults
from meta_tests.faults.endings import it_hangs
from meta_tests.helpers import cpu_of
from meta_tests.peers import PEERS, verdicts
from tensor_conformance.conformance.frameworks.registry import entry_points, known_for
from tensor_conformance.conformance.laws.judge import judge
from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.run.phases import Asking
from tensor_conformance.conformance.run.plan import PROFILES, Plan
from tensor_conformance.conformance.run.subjects import Isolated, Subject
from tensor_conformance.conformance.run.tally import Tally
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.strategies import ArraySpec

SEEDS = 5
#: Examples after which a search counts as blind; the default run's are fewer, see `conformance.run.plan`.
EXAMPLES = 1000
#: Seconds after which a conversion counts as hung; on a busy machine, a framework's first use of some module takes many.
LIMIT = 30.0
#: The same for what is known to hang.
HANG = 2.0


#: The grid and what is put under pressure of all that it showed: the same inputs with the same seed.
GRID = ("grid", "pressure")
#: In the place of a law: whichever is broken.
ANY = "any"


class Caught(BaseException):
    """The law was broken. No `Exception`, so that a search stops at once instead of shrinking."""


class Watched:
    """A subject that counts what it is asked, and stops the run at the first breach of a law.

    asked  conversions so far, the one that broke the law included
    """

    def __init__(self, subject: Subject, entry: EntryPoint, law: str) -> None:
        self.versions, self.missing, self.asked = subject.versions, subject.missing, 0
        self._subject, self._entry, self._law = subject, entry.under(subject.versions), law
        self._known = known_for(entry, subject.versions)

    def observe(self, call: str, maker: str, specs: list[Any], pressure: str = "", **_: Any) -> list[Observation]:
        seen: list[Observation] = []
        step = 1  # The batches grow: early catches are cheap, late ones cost few messages.
        while len(seen) < len(specs):
            batch = specs[len(seen) : len(seen) + step]
            step = min(2 * step, 8 if self._law == "survival" else 64)  # Every death costs a fork.
            for spec, observation in zip(batch, self._subject.observe(call, maker, batch, pressure)):
                self.asked += 1
                breaches = judge(self._entry, spec, observation, self._known, pressure).breaches
                if any(self._law in (law, ANY) for law, _ in breaches):
                    raise Caught
                seen.append(observation)
        return seen

    def close(self) -> None:
        pass


def breaks(plan: Plan, entry: EntryPoint, watched: Watched) -> bool:
    """Whether a run breaks what is watched for."""
    try:
        Asking(plan, entry, watched)
    except Caught:
        return True
    return False


@cache
def subject(framework: str, limit: float = LIMIT) -> Isolated:
    """The subject that has the framework, started once per process."""
    return Isolated((framework,), limit=limit)


@cache
def entry_of(name: str) -> EntryPoint:
    return next(entry for entry in entry_points() if entry.name == name)


def catch(fault: Fault | Rewritten, phase: str, seed: int, plan: Plan) -> dict[str, Any]:
    """One run of a phase on a faulted entry point: whether it was caught, after how many examples and CPU seconds."""
    entry = fault.seeded_in(entry_of(fault.entry), f"{phase} {seed} {time.time_ns()}")
    asked = subject(entry.framework, HANG if fault.deed is it_hangs else LIMIT)
    if fault.law == "traces":  # What an earlier run has left in this process is no trace of this one.
        asked.observe("__import__('os').abort()", "", [ArraySpec("float32", (), (), 0, 4)])
    watched = Watched(asked, entry, fault.law)
    hypothesis.core.global_force_seed = seed  # As pytest's --hypothesis-seed sets it.
    started = time.process_time() + cpu_of(asked.pid)
    caught = breaks(plan, entry, watched)
    seconds = time.process_time() + cpu_of(asked.pid) - started
    return {"caught": caught, "examples": watched.asked, "seconds": round(max(seconds, 0.0), 3)}


def strength_row(fault: Fault | Rewritten, seeds: int, examples: int) -> dict[str, Any]:
    """What became of one fault: with the default profile's grid, with a search alone, and with the peers."""
    row: dict[str, Any] = {"kind": "fault", "fault": fault.name, "entry": fault.entry, "law": fault.law}
    entry = entry_of(fault.entry)
    row |= {"framework": entry.framework, "direction": entry.direction}
    for phase, phases in (("grid", GRID), ("search", ("search",))):
        plan = Plan(phases=phases, examples=examples, limit=LIMIT)
        tries = [catch(fault, phase, seed, Plan(**vars(plan) | {"seed": seed})) for seed in range(seeds)]
        row[phase] = {name: [attempt[name] for attempt in tries] for name in ("caught", "examples", "seconds")}
    return row | {"peers": verdicts(subject(entry.framework), entry, fault)}


def control_row(name: str, seeds: int) -> dict[str, Any]:
    """The same entry point without a fault: how many findings a default run has."""
    entry, findings, conversions = entry_of(name), [], 0
    for seed in range(seeds):
        hypothesis.core.global_force_seed = seed
        tally: Tally = Asking(Plan(seed=seed, limit=LIMIT), entry, subject(entry.framework)).tally
        findings += [f"{finding.law}: {finding.spec}" for finding in tally.findings.values()]
        conversions += sum(tally.verdicts.values())
    return {"kind": "control", "entry": name, "findings": findings, "conversions": conversions}


def _row(job: tuple[str, str, int, int]) -> dict[str, Any]:
    kind, id, seeds, examples = job
    return strength_row(faults()[id], seeds, examples) if kind == "fault" else control_row(id, seeds)


def main() -> None:
    """Measure, and write a row per fault as it is known."""
    parser = argparse.ArgumentParser(prog="python -m meta_tests.strength", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("reports/strength.jsonl"), help="default: %(default)s")
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="TEXT", help="faults whose law, entry point or name holds one of these"
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, help="default: %(default)s")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="of a search, at most (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="default: %(default)s")
    parser.add_argument("--no-controls", action="store_true", help="leave out the entry points without a fault")
    asked = parser.parse_args()
    chosen = [fault for fault in faults().values() if any(text in fault.id for text in asked.only)]
    jobs = [("fault", fault.id, asked.seeds, asked.examples) for fault in chosen]
    if not asked.no_controls:
        jobs += [("control", name, asked.seeds, 0) for name in dict.fromkeys(fault.entry for fault in chosen)]
    if not jobs:
        parser.error(f"no fault holds the text {' or '.join(asked.only)!r}")
    versions = {name: release for fault in chosen for name, release in _releases(entry_of(fault.entry).framework).items()}
    header = {
        "kind": "header",
        "schema": 1,
        "environment": versions,
        "seeds": asked.seeds,
        "examples": PROFILES["default"].usual.examples,
        "peers": PEERS,
    }
    with asked.output.open("w") as file, multiprocessing.get_context("spawn").Pool(asked.jobs) as pool:
        for row in chain([header], _shown(pool.imap_unordered(_row, jobs), len(jobs))):
            file.write(json.dumps(row, separators=(",", ":")) + "\n")
            file.flush()


@cache
def _releases(framework: str) -> dict[str, str]:
    from tensor_conformance.conformance.run.subjects import installed

    return installed((framework,), {})[0]


def _shown(rows: Iterator[dict[str, Any]], total: int) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows, 1):
        if row["kind"] == "fault":
            words = [f"{phase} {sum(row[phase]['caught'])}/{len(row[phase]['caught'])}" for phase in ("grid", "search")]
            words.append(f"{statistics.median(row['search']['seconds']):.2f} s")
            words += [name for name, verdict in row["peers"].items() if verdict == "caught"]
            print(f"{number}/{total}  {row['law']}: {row['entry']}: {row['fault']}: {', '.join(words)}", flush=True)
        else:
            print(f"{number}/{total}  control {row['entry']}: {len(row['findings'])} findings", flush=True)
        yield row


if __name__ == "__main__":
    main()
