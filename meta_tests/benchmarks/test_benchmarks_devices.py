"""Benchmarks of calls about devices, without a device: on the simulated accelerator, and over a CUDA runtime of a few lines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from meta_tests import simulated
from meta_tests.benchmarks.test_benchmarks import limits as imagined_limits
from meta_tests.benchmarks.test_benchmarks import row
from meta_tests.benchmarks.test_benchmarks_measuring import RELEASES, ROOT
from tensor_conformance.conformance.benchmarks.bench_conversions import describe
from tensor_conformance.conformance.benchmarks.cells import HOST, Cell, cells, limits, raw_copy
from tensor_conformance.conformance.benchmarks.measure import Effort, Process, Timing, measure
from tensor_conformance.conformance.frameworks.registry import entry_points, on_device
from tensor_conformance.conformance.frameworks.torch.device_clock import TorchClock
from tensor_conformance.conformance.run.subjects import installed
from tensor_conformance.reports.benchmark.compare import compare
from tensor_conformance.reports.benchmark.cost import Cost, law_of_cost
from tensor_conformance.reports.benchmark.runs import Run, read_run, run_of
from tensor_conformance.reports.benchmark.tables import as_text, tables

assert simulated
needs_torch = pytest.mark.skipif("torch" in installed(("torch",), {})[1], reason="torch is not installed")


def cell(name: str, device: str = "sim", size: str = "256 KiB") -> Cell:
    """One cell of an entry point, in its plain dtype and layout."""
    (entry,) = [entry for entry in on_device(device) if entry.name == name]
    return next(c for c in cells(entry, RELEASES) if (c.axis, c.size) == ("size", size))


# -- what is timed


def test_every_call_about_a_device_is_timed_and_named_after_it() -> None:
    for entry in on_device("cuda"):
        timed = list(cells(entry, RELEASES))
        assert timed
        assert all(c.name.endswith(f"-{entry.device}") and c.device == entry.device for c in timed)


def test_calls_of_the_host_are_timed_beside_the_copies_of_the_host() -> None:
    assert {(c.device, c.limits) for entry in entry_points() for c in cells(entry, RELEASES)} == {("", HOST)}


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("torch.Tensor.to[cuda]", raw_copy("to", "cuda", "pinned")),
        ("torch.Tensor.to[host to cuda]", raw_copy("to", "cuda", "pinned")),
        ("torch.Tensor.cpu[cuda]", raw_copy("from", "cuda", "pinned")),
        ("torch.Tensor.numpy[cuda][force=True]", raw_copy("from", "cuda", "pinned")),
        ("torch.from_dlpack[cuda, copy=True]", raw_copy("within", "cuda")),
        ("torch.Tensor.pin_memory", HOST[0]),
    ],
)
def test_a_call_stands_beside_the_raw_copy_that_goes_its_way(name: str, beside: str) -> None:
    assert cell(name, "cuda").limits[0] == beside


def test_the_limits_of_a_call_are_timed_in_its_run() -> None:
    timed = {limit.entry for limit in limits(64 << 20, ("cuda",))}
    assert {name for entry in on_device("cuda") for c in cells(entry, RELEASES) for name in c.limits} <= timed


def test_nothing_is_known_to_compare_devices_with_whose_memory_python_cannot_reach() -> None:
    assert cell("torch.Tensor.to[mps]", "mps").limits == ()


def test_who_keeps_the_device_waiting_is_not_timed() -> None:
    assert "waiting" in cell("torch.Tensor.__dlpack__[cuda, on another stream]", "cuda").spared


# -- on the simulated accelerator


@pytest.fixture(scope="module")
def sims() -> Iterator[list[Process]]:
    """Two processes with the simulated accelerator."""
    started = [Process("torch", devices=("sim",)) for _ in range(2)]
    yield started
    for process in started:
        process.close()


@needs_torch
@pytest.mark.parametrize("name", ["torch.Tensor.to[sim]", "torch.Tensor.cpu[sim]", "torch.Tensor.to[sim, pinned, non_blocking]"])
def test_a_copy_to_or_from_a_device_is_timed(sims: list[Process], name: str) -> None:
    outcome, message, memory, _, rounds, *_ = sims[0].visit(cell(name), 2, 0.01)
    assert (outcome, message, memory) == ("ok", "", "copies")
    assert all(seconds > 0 for seconds in rounds)


@needs_torch
def test_raw_copies_are_timed(sims: list[Process]) -> None:
    for limit in limits(64 << 20, ("sim",)):
        if limit.size == "4 KiB":
            assert sims[0].visit(limit, 2, 0.01)[0] == "ok", limit.name


@needs_torch
def test_a_call_on_a_device_that_is_not_here_is_not_run() -> None:
    process = Process("torch", devices=("sim",))
    wanted = [cell("torch.Tensor.to[sim:7]", "sim:7"), cell("torch.Tensor.cpu[sim:7]", "sim:7")._replace(spared="known to crash")]
    timings = measure(wanted, {"torch": [process]}, Effort(1, 1))
    process.close()
    assert [(t.outcome, t.message, t.visits) for t in timings] == [("not run", "no sim device 7 (there are 2)", [])] * 2


def runs_of(processes: list[Process], *calls: str) -> list[Run]:
    """A run of small copies to the device for each of these calls, all measured in turn: what disturbs one, disturbs all."""
    plain = [cell("torch.Tensor.to[sim]", size=size) for size in ("4 KiB", "256 KiB")]
    variants = [[c._replace(name=f"{i} {c.name}", call=call) for c in plain] for i, call in enumerate(calls)]
    timings = iter(measure([c for copies in variants for c in copies], {"torch": processes}, Effort()))
    return [run_of(as_row(c, next(timings)) for c in plain) for _ in calls]


def as_row(named: Cell, timing: Timing) -> dict[str, Any]:
    """What is said of a cell under the name of another."""
    told = {"name": named.name, "rounds": [v.rounds for v in timing.visits], "bare": [v.bare for v in timing.visits]}
    return describe(timing) | told


@needs_torch
@pytest.mark.parametrize("fault", ["time.sleep(0.0005)", "torch.from_numpy(a).to('sim').cpu()"])
def test_a_slowed_copy_to_the_device_is_flagged_and_an_unchanged_one_is_not(sims: list[Process], fault: str) -> None:
    call = "torch.from_numpy(a).to('sim')"
    before, slowed, unchanged = runs_of(sims, call, f"import time\n{fault}\n{call}", call)
    assert compare(before, slowed).slower(1.3)
    assert not compare(before, unchanged).slower(1.3)


def on_the_simulated(code: str) -> str:
    """What a process of its own prints that has a timer with the simulated accelerator."""
    head = """
from tensor_conformance.conformance.run.subjects import adapters
from tensor_conformance.conformance.subject.timing import Timer
timer = Timer(adapters(('torch',)), {'sim': 'meta_tests.accelerator'})
"""
    done = subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


_QUEUED = """
from tensor_conformance.strategies.spec import ArraySpec
def visit(call):
    spec = ArraySpec("float32", (1024,), (4,), 0, 4096)
    return timer.visit(call, call, False, "", tuple(spec), False, 2, 0.01, "sim")[:2]
late = "torch.from_numpy(a).pin_memory().to('sim', non_blocking=True)"
"""


@needs_torch
def test_a_queued_copy_is_waited_for() -> None:
    assert on_the_simulated(f"{_QUEUED}print(visit(late))") == "('ok', '')"


@needs_torch
def test_a_clock_that_stops_before_a_queued_copy_is_done_is_noticed() -> None:
    seeded = "visit('torch.from_numpy(a).to(\"sim\")')\ntimer._devices['sim'].wait = int\n"
    assert "the clock stopped before the device was done" in on_the_simulated(f"{_QUEUED}{seeded}print(visit(late))")


@needs_torch
@pytest.mark.parametrize("host", ["pageable", "pinned"])
def test_raw_copies_really_copy(host: str) -> None:
    code = f"""
from tensor_conformance.conformance.subject import device_memory, raw_copies
import ctypes
raw, room = device_memory.of("sim"), raw_copies.device_room("sim", 4096)
here = raw_copies.host_room("sim", 4096, {host == "pinned"})
raw_copies.copier("sim", "to", {host!r}, 4096)()
print(raw.read(room, 4096) == bytes([1]) * 4096)
raw.write(room, bytes([7]) * 4096)
raw_copies.copier("sim", "from", {host!r}, 4096)()
print(ctypes.string_at(here, 4096) == bytes([7]) * 4096)
raw_copies.copier("sim", "within", "", 4096)()
print(raw.read(raw_copies.device_room("sim", 4096, 1), 4096) == bytes([7]) * 4096)
"""
    assert on_the_simulated(code).split() == ["True"] * 3


def benchmarked(device: str, run: Path, head: str = "") -> subprocess.CompletedProcess[str]:
    """A whole benchmark of one call about the device, in an interpreter that runs `head` first."""
    asked = ["conformance/benchmarks/bench_conversions.py", "-q", "-p", "benchmark", "-p", "meta_tests.simulated"]
    asked += ["--device", device, "--framework", "torch", "--entry-point", f"torch.Tensor.cpu[{device}]", "--processes", "1"]
    code = f"import os, sys, pytest\n{head}\nsys.exit(pytest.main({[*asked, '--benchmark-json', str(run)]!r}))"
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    alone["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120, env=alone)


@needs_torch
def test_a_run_needs_pytest_benchmark_and_nothing_more(tmp_path: Path) -> None:
    bare = "sys.modules.update(dict.fromkeys(['execnet', 'fastjsonschema', 'jsonschema']))"
    done = benchmarked("sim", tmp_path / "run.json", bare)
    assert done.returncode == 0, done.stdout
    assert "torch on sim: tensors to arrays" in as_text(tables(read_run(tmp_path / "run.json")))


@needs_torch
def test_without_a_device_the_run_says_so_and_fails(tmp_path: Path) -> None:
    done = benchmarked("cuda:9", tmp_path / "run.json")
    assert done.returncode == 1
    assert "NOT RUN: no CUDA device" in done.stdout


# -- what a run means


def on_a_device(cost: float, beside: tuple[str, ...] = ("limit: fast", "limit: plain", HOST[1]), **fields: Any) -> list[Any]:
    """A call that copies to a device, whose own copies make 50 and 10 GB/s."""
    sizes = {"16 elements": 64, "4 MiB": 4 << 20, "64 MiB": 64 << 20}
    rows = [r for r in imagined_limits() if r["size"] in sizes]
    for name, rate in (("limit: fast", 50e9), ("limit: plain", 10e9)):
        rows += [row(name, size, 5e-6 + nbytes / rate) for size, nbytes in sizes.items()]
    about = {"promise": "copies", "device": "cuda", "limits": list(beside)} | fields
    return rows + [row("call", size, 2e-5 + nbytes * cost, **about) for size, nbytes in sizes.items()]


def judged(rows: list[Any]) -> Cost:
    cost = law_of_cost(run_of(rows), "call")
    assert cost is not None
    return cost


def test_a_copy_as_fast_as_the_device_keeps_the_law() -> None:
    assert judged(on_a_device(1 / 50e9)).verdict == "keeps"


def test_beside_the_copies_of_the_host_it_would_seem_to_copy_nothing() -> None:
    assert judged(on_a_device(1 / 50e9, HOST)).verdict == "breach"


def test_a_time_in_which_no_device_can_have_copied_breaks_the_law() -> None:
    assert "nothing can have been copied" in judged(on_a_device(1 / 500e9)).reason


def test_a_copy_may_be_staged_on_the_host_but_not_many_times() -> None:
    staged = 1 / 10e9 + 1 / 4e9
    assert judged(on_a_device(2 * staged)).verdict == "keeps"
    assert judged(on_a_device(4 * staged)).verdict == "near the limit"
    assert judged(on_a_device(8 * staged)).verdict == "breach"


def test_tables_tell_the_device_and_whose_the_time_is() -> None:
    rows = on_a_device(1 / 10e9)
    for r in rows:
        r["busy"] = [r["rounds"][0][0] / 2] * 6
    text = as_text(tables(run_of(rows)))
    assert "torch on cuda: arrays to tensors" in text
    assert "x raw copy, pinned" in text
    assert "the host alone" in text


def test_without_events_the_report_says_so() -> None:
    text = as_text(tables(run_of(on_a_device(1 / 10e9))))
    assert "Of cuda no events are read" in text
    assert "the host alone" not in text


# -- CUDA's side, as far as it goes without CUDA


class Recorded:
    """A torch.cuda that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        told = self.told

        class Event:
            def __init__(self, enable_timing: bool) -> None:
                assert enable_timing

            def record(self) -> None:
                told.append("record")

            def synchronize(self) -> None:
                told.append("synchronize")

            def elapsed_time(self, end: Event) -> float:
                return 3.0

        self.Event = Event

    def _sleep(self, cycles: int) -> None:
        assert type(cycles) is int
        self.told.append("sleep")

    def synchronize(self, device: str = "") -> None:
        self.told.append(f"wait {device}".strip())


def test_a_device_is_kept_waiting_while_the_host_prepares_what_events_then_time() -> None:
    cuda = Recorded()
    clock = TorchClock("cuda", cuda)
    assert clock.busy(lambda: cuda.told.append("call"), 1e-3) == 3e-3
    assert cuda.told == ["sleep", "record", "call", "record", "synchronize"]


def test_of_two_devices_both_are_waited_for() -> None:
    cuda = Recorded()
    TorchClock("cuda:1", cuda).wait()
    assert cuda.told == ["wait", "wait cuda:1"]


_RUNTIME = """
#include <stdlib.h>
#include <string.h>
typedef int cudaError_t;
struct attributes { int type; int device; void *device_pointer, *host_pointer; long reserved[8]; };
static int current;
static char *there[8]; static size_t sizes[8]; static int made;
cudaError_t cudaGetDevice(int *device) { *device = current; return 0; }
cudaError_t cudaSetDevice(int device) { if (device > 1) return 101; current = device; return 0; }
cudaError_t cudaDeviceSynchronize(void) { return 0; }
cudaError_t cudaMalloc(void **p, size_t n) { *p = there[made] = malloc(n); sizes[made++] = n; return 0; }
cudaError_t cudaHostAlloc(void **p, size_t n, unsigned flags) { if (flags != 1) return 1; *p = malloc(n); return 0; }
static int on_device(const void *p) {
    for (int i = 0; i < made; i++) if ((char *)p >= there[i] && (char *)p < there[i] + sizes[i]) return 1;
    return 0;
}
cudaError_t cudaMemcpy(void *to, const void *from, size_t n, int kind) {
    if (kind != 4 && kind != 2 * on_device(from) + on_device(to)) return 21;
    memcpy(to, from, n);
    return 0;
}
cudaError_t cudaPointerGetAttributes(struct attributes *a, const void *p) {
    a->type = 2 * on_device(p), a->device = 0;
    return 0;
}
const char *cudaGetErrorString(cudaError_t e) { return e == 101 ? "invalid device ordinal" : "invalid"; }
"""

_THROUGH_IT = """
import ctypes, sys
ctypes.CDLL(sys.argv[1])
from tensor_conformance.conformance.benchmarks import cells
from tensor_conformance.conformance.subject import device_memory, on_cuda, raw_copies
raw = device_memory.of("cuda")
for way, host in cells._RAW:
    raw_copies.copier("cuda", way, host, 4096)()
raw.finish()
room = raw_copies.device_room("cuda", 4096)
print(raw.home(room), raw.read(room, 4096) == bytes([1]) * 4096)
for wrong in (lambda: raw.copy(room, room, 1, "to"), lambda: raw.allocate("cuda:2", 1)):
    try:
        wrong()
    except RuntimeError as error:
        print(error)
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_the_cuda_runtime_is_called_as_its_signatures_say(tmp_path: Path) -> None:
    (tmp_path / "runtime.c").write_text(_RUNTIME)
    library = tmp_path / "libcudart.so.13"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(tmp_path / "runtime.c")], check=True)
    python = [sys.executable, "-c", _THROUGH_IT, str(library)]
    done = subprocess.run(python, capture_output=True, text=True, cwd=ROOT, timeout=60)
    says = "the CUDA runtime says: invalid"
    assert done.stdout.splitlines() == ["cuda:0 True", says, f"{says} device ordinal"], done.stderr
