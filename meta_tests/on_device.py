"""All that a machine with an accelerator is wanted for, in one command, in one folder, in less than eight minutes.

    python -m meta_tests.on_device cuda             results in on-cuda/
    python -m meta_tests.on_device sim              a rehearsal on the simulated accelerator

From a checkout, without a network: NumPy, PyTorch, pytest and Hypothesis are enough. The laws, the seeded faults and, where
pytest-benchmark is installed, the benchmark are run one after the other; each has its time, and leaves what it has when that is
over. `summary.md` names the hardware and says how each ended; this ends with 0 when all of them passed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from meta_tests import simulated  # The simulated accelerator is a device like any other.
from meta_tests.faults import Fault, device_faults
from meta_tests.faults.devices import SIMULATED
from meta_tests.strength import Watched, breaks
from tensor_conformance import CHECKOUT
from tensor_conformance.conformance.frameworks.registry import on_device
from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.run.plan import Plan
from tensor_conformance.conformance.run.subjects import Isolated

_PLUGIN = ("-p", simulated.__name__)
#: What is asked of a faulted call.
PLAN = Plan(phases=("grid", "pressure"), profile="quick", examples=0, limit=30.0)
#: What tells of the hardware.
_HARDWARE = "import torch; print(torch.__version__, torch.version.cuda or 'no CUDA', {})"
_NAMES = {"cuda": "*(torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count()))"}


class Step(NamedTuple):
    """One part of the run: its name, its command, and the seconds that it may take."""

    name: str
    command: tuple[str, ...]
    seconds: float


def steps(device: str, folder: Path) -> Iterator[Step]:
    """What is run on the device, the most telling first."""
    pytest = (
        sys.executable,
        "-m",
        "pytest",
        *_PLUGIN,
        "-p",
        "no:cacheprovider",
        "-q",
        "--device",
        device,
        "--framework",
        "torch",
    )
    results = ["--results", str(folder / "results.jsonl")]
    if importlib.util.find_spec("jsonschema"):  # Without it, `reports render` makes the report of the results elsewhere.
        results += ["--report", str(folder / "report")]
    yield Step("laws", (*pytest, "conformance", *results), 240)
    yield Step("faults", (sys.executable, "-m", __spec__.name, device, "--output", str(folder), "--faults"), 120)
    if importlib.util.find_spec("pytest_benchmark"):
        of = "conformance/benchmarks/bench_conversions.py"
        yield Step("benchmark", (*pytest, of, "--benchmark-json", str(folder / "benchmark.json")), 100)


def run(step: Step, folder: Path) -> str:
    """How it ended, in words; its output is kept."""
    with (folder / f"{step.name}.log").open("w") as log:
        try:
            ended = subprocess.run(step.command, cwd=CHECKOUT, stdout=log, stderr=log, timeout=step.seconds, check=False)
        except subprocess.TimeoutExpired:
            return f"stopped after {step.seconds:.0f} s: what it has is kept"
    return "passed" if not ended.returncode else f"failed ({ended.returncode})"


def faults(device: str, folder: Path) -> int:
    """Seed each fault in the device's own calls; 1 where one was missed."""
    subject = Isolated(("torch",), limit=30.0, devices=(device,))
    entries = {entry.name: entry for entry in on_device(device)}
    missed = 0
    with (folder / "faults.jsonl").open("w") as rows:
        for fault in device_faults().values():
            entry = entries.get(fault.entry.replace("sim", device))
            row: dict[str, Any] = {"fault": fault.id, "device": device}
            if entry is None or (fault.deed in SIMULATED and device != "sim"):
                row["caught"] = "not run: it can be seeded in the simulated accelerator alone"
            else:
                started = time.monotonic()
                row["caught"] = _is_caught(fault, entry, subject)
                row["seconds"] = round(time.monotonic() - started, 2)
                missed += not row["caught"]
            print(json.dumps(row), file=rows, flush=True)
            print(row["caught"], fault.id, flush=True)
    subject.close()
    return int(missed > 0)


def _is_caught(fault: Fault, entry: EntryPoint, subject: Isolated) -> bool:
    seeded = fault.seeded_in(entry)
    return breaks(PLAN, seeded, Watched(subject, seeded, fault.law))


def hardware(device: str) -> str:
    """The processor, PyTorch's releases and, where it has names, the device."""
    asked = subprocess.run(
        [sys.executable, "-c", _HARDWARE.format(_NAMES.get(device, repr(device)))], capture_output=True, text=True, check=False
    )
    return f"{platform.platform()}, Python {platform.python_version()}, torch {asked.stdout.strip() or 'cannot be imported'}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("device", help="cuda, cuda:1, mps, xpu, or sim, the simulated accelerator")
    parser.add_argument("--output", type=Path, metavar="DIR", help="where to leave everything (default: on-DEVICE)")
    parser.add_argument("--faults", action="store_true", help="the seeded faults alone")
    asked = parser.parse_args(arguments)
    folder = (asked.output or Path(f"on-{asked.device}")).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        print(f"cannot write {folder}: {error.strerror}", file=sys.stderr)
        return 2
    if asked.faults:
        return faults(asked.device, folder)
    lines = [f"# Run on {asked.device}", "", hardware(asked.device), "", "| | ended | seconds |", "|---|---|---:|"]
    failed = False
    for step in steps(asked.device, folder):
        print(f"{step.name}: {' '.join(step.command)}", flush=True)
        started = time.monotonic()
        ended = run(step, folder)
        lines.append(f"| {step.name} | {ended} | {time.monotonic() - started:.0f} |")
        print(f"{step.name}: {ended}", flush=True)
        failed |= ended != "passed"
        (folder / "summary.md").write_text("\n".join(lines) + "\n")
    if not importlib.util.find_spec("pytest_benchmark"):
        lines.append("| benchmark | not run: pytest-benchmark is not installed | |")
    (folder / "summary.md").write_text("\n".join(lines) + "\n")
    print(folder / "summary.md")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
