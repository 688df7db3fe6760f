"""The joint between pytest, pytest-benchmark and the measuring."""

from __future__ import annotations

import argparse
import os
import re
import time
from collections import Counter
from typing import Any

import pytest

from .. import options
from ..noticed import is_within
from ..promises import EntryPoint
from ..run.subjects import SubjectError, installed
from .cells import SIZES, Cell, cells, label, limits
from .measure import Effort, Timing, measure, start

_CELLS = pytest.StashKey[tuple[list[tuple[EntryPoint, list[Cell]]], list[Cell]]]()
_MEASURED = pytest.StashKey[dict[str, Any]]()
#: Memory that a run needs, in sizes of its largest array: each process keeps one, and makes others of it.
_NEEDED_BY_PROCESS, _NEEDED_BESIDE = 2, 6


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    option = parser.getgroup("conformance-benchmarks", "benchmarks of tensor conformance").addoption
    option("--largest", metavar="SIZE", default=label(SIZES[-1]), help=f"largest array (default: {label(SIZES[-1])}), say 1GiB")
    option("--processes", type=int, metavar="N", default=Effort().processes, help="processes per framework (default: 2)")
    option("--visits", type=int, metavar="N", default=Effort().visits, help="visits of each process to each cell (default: 3)")
    if not pluginmanager.hasplugin("benchmark"):  # Its options are known nevertheless, so that it can be said.
        option("--benchmark-json", "--benchmark-quiet", nargs="?", dest="unserved", help=argparse.SUPPRESS)


def size(text: str) -> int:
    """Bytes of a size such as "64 MiB"; raises pytest.UsageError."""
    found = re.fullmatch(r"(\d+) ?([KMG])iB", text.strip())
    nbytes = int(found[1]) << {"K": 10, "M": 20, "G": 30}[found[2]] if found else 0
    if nbytes <= SIZES[2]:
        raise pytest.UsageError(f"--largest: {text!r} is no size above {label(SIZES[2])}; write it as '64MiB' or '1GiB'")
    return nbytes


def available() -> int:
    """Bytes of memory that are free to use."""
    try:
        with open("/proc/meminfo") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def check_memory(largest: int, processes: int, free: int) -> None:
    """Raise pytest.UsageError where the arrays would not fit."""
    needed = largest * (_NEEDED_BY_PROCESS * processes + _NEEDED_BESIDE)
    if needed > free:
        have = f"{free / (1 << 30):.1f} GiB are free"
        raise pytest.UsageError(f"--largest {label(largest)} needs about {needed / (1 << 30):.1f} GiB of memory; {have}")


def pytest_configure(config: pytest.Config) -> None:
    if not any(is_within(argument, "benchmarks") for argument in config.args):
        return  # Other tests: nothing is timed.
    if not config.pluginmanager.hasplugin("benchmark"):
        raise pytest.UsageError("benchmarks need pytest-benchmark: python -m pip install 'tensor-conformance[benchmark]'")
    option = config.option
    if option.processes < 1 or option.visits < 1:
        raise pytest.UsageError("--processes and --visits must be at least 1")
    largest = size(option.largest)
    entries = options.selected(option, None)
    releases, missing = installed(options.frameworks(option), options.plan(option).subjects)
    entries = [entry for entry in entries if entry.framework not in missing]
    if not entries:
        raise pytest.UsageError(f"nothing to time: {'; '.join(missing.values())}")
    devices = _devices(config)
    processes = option.processes * len({entry.framework for entry in entries})
    check_memory(largest, processes * (3 if devices else 1), available())  # Raw copies keep memory of every size and kind.
    unbeaten = list(limits(largest, devices))
    config.stash[_CELLS] = [(entry, list(cells(entry, releases, largest))) for entry in entries], unbeaten


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if not {"cell", "priced"} & set(metafunc.fixturenames):
        return
    by_entry, unbeaten = metafunc.config.stash[_CELLS]
    if "cell" in metafunc.fixturenames:
        chosen = [*unbeaten, *(cell for _, timed in by_entry for cell in timed)]
        metafunc.parametrize("cell", chosen, ids=[cell.name for cell in chosen])
    else:
        named = [entry for entry, timed in by_entry if timed]
        metafunc.parametrize("priced", named, ids=[entry.name for entry in named])


@pytest.fixture(scope="session")
def measured(request: pytest.FixtureRequest) -> dict[str, Timing]:
    """Every selected cell's timing, by name."""
    config = request.config
    wanted: list[Cell] = [_params(item)["cell"] for item in request.session.items if "cell" in _params(item)]
    frameworks = sorted({cell.framework for cell in wanted if cell.framework})
    if not frameworks:
        pytest.skip("limits alone are measured in no subject: name an entry point")
    effort = Effort(config.option.processes, config.option.visits)
    say = _Progress(request)
    began = time.monotonic()
    try:
        clocks = start(frameworks, options.plan(config.option).subjects, effort.processes, _devices(config))
    except SubjectError as reason:
        pytest.exit(f"nothing was timed: {reason}", 1)
    try:
        timings = measure(wanted, clocks, effort, config.option.conformance_seed, say)
        about = {name: [clock.about for clock in several] for name, several in clocks.items()}
    finally:
        for several in clocks.values():
            for clock in several:
                clock.close()
    config.stash[_MEASURED] = {
        "format": 1,
        "seed": config.option.conformance_seed,
        "effort": effort._asdict(),
        "seconds": round(time.monotonic() - began, 1),
        "subjects": about,
        "timed": sum(timing.outcome == "ok" and timing.cell.framework != "" for timing in timings),
        "not_timed": [
            describe(timing) | {"outcome": timing.outcome, "message": timing.message}
            for timing in timings
            if timing.outcome != "ok"
        ],
    }
    return {timing.cell.name: timing for timing in timings}


def describe(timing: Timing) -> dict[str, Any]:
    """What the file keeps of a cell, beside its rounds."""
    cell = timing.cell
    return {
        "name": cell.name,
        "entry": cell.entry,
        "framework": cell.framework,
        "direction": cell.direction,
        "axis": cell.axis,
        "dtype": cell.spec.dtype,
        "layout": cell.layout,
        "size": cell.size,
        "nbytes": cell.spec.size * cell.spec.itemsize,
        "temperature": "cold" if cell.cold else "warm",
        "promise": cell.promise,
        "source": cell.source,
        "memory": timing.memory,
        "converts": cell.converts,
        "symbolic": cell.symbolic,
        "deviations": list(cell.deviations),
        "costly": list(cell.costly),
        "device": cell.device,
        "limits": list(cell.limits),
    }


def _devices(config: pytest.Config) -> tuple[str, ...]:
    return tuple(device for device in options.plan(config.option).devices if device != "cpu")


def _params(item: Any) -> dict[str, Any]:
    return getattr(getattr(item, "callspec", None), "params", {})


class _Progress:
    """A line on the terminal that says how far the measuring has come."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._reporter: Any = request.config.pluginmanager.get_plugin("terminalreporter")
        self._said = 0.0

    def __call__(self, done: int, of: int) -> None:
        if self._reporter is None or not self._reporter.isatty or (time.monotonic() - self._said < 1 and done < of):
            return
        self._said = time.monotonic()
        self._reporter.rewrite(f"measuring: {done:,} of {of:,} visits ", erase=True)


def _not_run(config: pytest.Config) -> dict[str, int]:
    """Why cells were not run, and how many."""
    rows = config.stash[_MEASURED]["not_timed"] if _MEASURED in config.stash else []
    return Counter(row["message"] for row in rows if row["outcome"] == "not run")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for reason, number in _not_run(config).items():
        terminalreporter.write_line(f"NOT RUN: {reason} (cells: {number:,})")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.OK and _not_run(session.config) and not session.config.stash[_MEASURED]["timed"]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED  # Only limits were timed: that is no success.


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    run = config.stash.get(_MEASURED, None)
    if run:
        abouts = [about for several in run["subjects"].values() for about in several]
        machine_info["releases"] = {name: release for about in abouts for name, release in about["versions"].items()}
        machine_info["threads"] = {name: number for about in abouts for name, number in about["threads"].items()}
        machine_info["cores"] = os.cpu_count()


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(config: pytest.Config, benchmarks: Any, output_json: dict[str, Any]) -> None:
    if _MEASURED in config.stash:
        output_json["conformance"] = config.stash[_MEASURED]
