"""How benchmarks are measured: which cells, in which order, by which clock. Only NumPy is timed here."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tensor_conformance.conformance.benchmarks.bench_conversions import Replay
from tensor_conformance.conformance.benchmarks.cells import BARE_CALL, MEMCPY, SIZES, Cell, cells, label, ladder, limits
from tensor_conformance.conformance.benchmarks.measure import TOO_SLOW, Effort, measure
from tensor_conformance.conformance.benchmarks.plugin import check_memory, size
from tensor_conformance.conformance.frameworks.registry import entry_points, frameworks
from tensor_conformance.conformance.subject.timing import BATCH, Answer, Timer, calibrate, compile_loops

RELEASES = {"python": "3.12.0", "numpy": "2.4.6", "torch": "2.13.0", "tensorflow": "2.21.0"}
BY_NAME = {entry.name: entry for entry in entry_points()}
ROOT = Path(__file__).resolve().parents[2]
SMALL = {cell.name: cell for cell in limits(SIZES[-1]) if cell.spec.nbytes <= SIZES[2]}


def cells_of(name: str) -> list[Cell]:
    """The cells of one entry point."""
    return list(cells(BY_NAME[name], RELEASES))


def test_every_eager_entry_point_that_takes_arrays_is_timed() -> None:
    timed = {entry.name for entry in entry_points() if any(cells(entry, RELEASES))}
    assert timed >= {entry.name for entry in entry_points() if not entry.facts and not entry.containers}


def test_names_of_cells_are_unique() -> None:
    names = [cell.name for entry in entry_points() for cell in cells(entry, RELEASES)]
    assert len(set(names)) == len(names)


def test_every_spec_that_is_timed_is_valid() -> None:
    for entry in entry_points():
        for cell in cells(entry, RELEASES):
            cell.spec.validate()


def test_sizes_reach_from_nothing_to_the_largest() -> None:
    sizes = [cell.size for cell in cells_of("torch.from_numpy") if cell.axis == "size"]
    assert sizes == ["empty", "16 elements", "4 KiB", "256 KiB", "4 MiB", "64 MiB"]


def test_dtypes_of_1_to_16_bytes_are_timed() -> None:
    assert {cell.spec.itemsize for cell in cells_of("torch.from_numpy")} == {1, 2, 4, 8, 16}


def test_layouts_that_matter_to_cost_are_timed() -> None:
    layouts = {cell.layout for cell in cells_of("torch.from_numpy")}
    assert layouts > {"contiguous", "16-aligned", "1-aligned", "F order", "stepped", "reversed", "broadcast", "byte-swapped"}


def test_a_call_is_timed_in_a_dtype_that_it_does_not_convert() -> None:
    assert {(c.spec.dtype, c.converts) for c in cells_of("torch.LongTensor") if c.axis == "size"} == {("int64", False)}


def test_calls_that_take_single_elements_alone_are_timed_too() -> None:
    assert [cell.spec.shape for cell in cells_of("torch.Tensor.item") if cell.axis == "scalar"] == [()]


def test_what_converts_is_told_apart() -> None:
    assert {cell.spec.dtype for cell in cells_of("torch.tensor[dtype=float64]") if cell.axis == "cast"} >= {"float32"}


def test_what_is_known_to_kill_is_spared() -> None:
    (reversed_,) = [cell for cell in cells_of("torch.from_dlpack") if cell.layout == "reversed"]
    assert "torch-dlpack-negative-stride" in reversed_.spared


def test_known_costs_name_entry_points_that_there_are() -> None:
    assert {name for framework in frameworks().values() for known in framework.costly for name in known.entries} <= set(BY_NAME)


def test_symbolic_forms_are_timed_where_they_are_fed() -> None:
    assert all(cell.prepared for cell in cells_of("tf.compat.v1.placeholder[shape]"))
    assert not cells_of("tf.function[tf.constant(ndarray)]")


def test_another_largest_size_ends_the_ladder() -> None:
    assert [label(n) for n in ladder(1 << 30)][-2:] == ["64 MiB", "1 GiB"]


@pytest.mark.parametrize("text", ["", "1", "64 MB", "1 KiB", "-1GiB", "GiB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(pytest.UsageError, match="--largest"):
        size(text)


def test_arrays_that_do_not_fit_into_memory_are_refused() -> None:
    check_memory(1 << 30, 4, 64 << 30)
    with pytest.raises(pytest.UsageError, match=r"needs about 14\.0 GiB"):
        check_memory(1 << 30, 4, 8 << 30)


@pytest.mark.parametrize("cost", [50e-9, 3e-6, 1e-3])
def test_a_batch_is_calibrated_to_its_target(cost: float) -> None:
    n = calibrate(lambda n: n * cost)
    assert BATCH <= n * cost < max(3 * BATCH, 2 * cost)


def test_a_disturbed_batch_does_not_end_the_calibration() -> None:
    disturbed = iter([0.0, 1.0, *[0.0] * 8])
    assert calibrate(lambda n: n * 1e-6 + next(disturbed, 0.0)) >= 200


def test_a_clock_that_stands_still_ends_the_calibration() -> None:
    assert calibrate(lambda n: 0.0) >= 1 << 20


def test_the_lines_of_a_call_run_inside_the_loop() -> None:
    seen: list[int] = []
    timed = compile_loops("a.append(1)\nlen(a)", "a", seen, prepared=False)
    timed.warm(seen, range(3), time.perf_counter, int)
    assert len(seen) == 3


def test_what_is_prepared_runs_once() -> None:
    seen: list[int] = []
    timed = compile_loops("a.append(1)\nlen(a)", "a", seen, prepared=True)
    timed.warm(seen, range(3), time.perf_counter, int)
    assert len(seen) == 1


def test_a_cold_batch_converts_every_source_and_keeps_the_results() -> None:
    kept: list[Any] = []
    compile_loops("sum(a)", "a", [], prepared=False).cold([[1], [2, 3]], time.perf_counter, int, kept.append)
    assert kept == [1, 5]


def test_the_clock_waits_until_the_data_is_there() -> None:
    timed = compile_loops("len(a)", "a", [], prepared=False)
    assert timed.warm([], range(1), time.perf_counter, lambda: time.sleep(0.02)) >= 0.02


@pytest.fixture(scope="module")
def timer() -> Timer:
    """A clock in this process, over NumPy alone."""
    return Timer({})


def visit(timer: Timer, call: str, cold: bool = False, cell: str = f"{BARE_CALL}-16 elements") -> Any:
    """A visit to a call of our own."""
    return timer.visit(call, call, False, "", tuple(SMALL[cell].spec), cold, 3, 1.0)


@pytest.mark.parametrize("cold", [False, True])
def test_a_visit_tells_rounds_and_how_memory_was_used(timer: Timer, cold: bool) -> None:
    outcome, _, memory, loops, rounds, bare, _ = visit(timer, "np.copy(a)" + " " * cold, cold)
    assert (outcome, memory, len(rounds)) == ("ok", "copies", 3)
    assert loops > 1
    assert all(seconds > bare > 0 for seconds in rounds)


def test_a_visit_tells_of_sharing(timer: Timer) -> None:
    assert visit(timer, "a[:]")[2] == "shares"


def test_a_refusal_is_no_time(timer: Timer) -> None:
    outcome, message, *_, rounds, _, _ = visit(timer, "np.frombuffer(3)")
    assert outcome == "raised"
    assert "TypeError" in message
    assert rounds == []


def test_memory_is_written_before_it_is_timed(timer: Timer) -> None:
    assert visit(timer, "assert a.view('u1').all()\na")[0] == "ok"


class Fake:
    """A clock that tells imagined times, and keeps whom it visited."""

    def __init__(self, cost: float = 0.0) -> None:
        self.cost, self.visited, self.about = cost, list[str](), dict[str, Any]()

    def visit(self, cell: Cell, rounds: int, seconds: float) -> Answer:
        self.visited.append(cell.name)
        return "ok", "", "copies", 1, [self.cost * cell.spec.nbytes + 1e-6] * rounds, 1e-8, 0.0

    def close(self) -> None: ...


def test_processes_have_orders_of_their_own() -> None:
    clocks = {"torch": [Fake(), Fake()]}
    measure(cells_of("torch.from_numpy"), clocks, Effort(2, 2, 1))
    first, second = (clock.visited for clock in clocks["torch"])
    assert sorted(first) == sorted(second)
    assert first != second


@pytest.mark.parametrize(("cost", "rounds"), [(0.1, [1, 1]), (0.0, [1, 5, 5])])
def test_a_costly_cell_is_visited_first_and_last_for_one_round_each(cost: float, rounds: list[int]) -> None:
    timings = measure(cells_of("torch.tensor"), {"torch": [Fake(cost / SIZES[-1])]}, Effort())
    (large,) = [t for t in timings if t.cell.size == "64 MiB" and t.cell.axis == "size"]
    assert [len(visit.rounds) for visit in large.visits] == rounds


def test_what_would_take_too_long_is_left_out() -> None:
    clock = Fake(2 * TOO_SLOW / SIZES[-1])
    timings = measure(cells_of("torch.tensor"), {"torch": [clock]}, Effort())
    assert [t.cell.size for t in timings if t.outcome == "too slow"] == ["64 MiB"]
    assert not [name for name in clock.visited if "64 MiB" in name]


def test_limits_are_measured_in_every_process() -> None:
    clocks = {"torch": [Fake()], "tensorflow": [Fake()]}
    measure(list(SMALL.values()), clocks, Effort(1, 1))
    assert sorted(clocks["torch"][0].visited) == sorted(clocks["tensorflow"][0].visited) == sorted(SMALL)


def test_what_was_measured_is_told_again_exactly() -> None:
    replay, rounds = Replay(), [random.Random(n).random() for n in range(9)]
    replay.load(rounds)
    assert [-replay() + replay() for _ in rounds] == rounds


def test_pytest_benchmark_reads_what_it_is_handed(tmp_path: Path) -> None:
    """A run of one refused framework's neighbour would take seconds; the limits alone need no framework at all."""
    code = f"""
import pytest
from tensor_conformance.conformance.benchmarks import bench_conversions as bench
from tensor_conformance.conformance.benchmarks.cells import limits
from tensor_conformance.conformance.benchmarks.measure import Timing, Visit

@pytest.mark.benchmark(timer=bench.replay)
@pytest.mark.parametrize("cell", [c for c in limits(64 << 20) if c.entry == {MEMCPY!r}], ids=lambda c: c.name)
def test_conversion(cell, benchmark):
    timing = Timing(cell, "ok", visits=[Visit(0.0, 0, 7, [1e-6, 3e-6, 2e-6], 5e-8)])
    bench.test_conversion(cell, {{cell.name: timing}}, benchmark)
"""
    (tmp_path / "test_replayed.py").write_text(code)
    python = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-p", "no:conformance"]
    run = tmp_path / "run.json"
    asked = [*python, str(tmp_path), "--benchmark-json", str(run)]
    # A worker of xdist measures nothing; this is none, though one may have started it.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    subprocess.run(asked, check=True, capture_output=True, timeout=60, env=alone)
    stats = json.loads(run.read_text())["benchmarks"][0]["stats"]
    assert (stats["median"], stats["data"]) == (2e-6, [1e-6, 3e-6, 2e-6])
    compare = [sys.executable, "-m", "pytest_benchmark", "compare", str(run), "--columns=median"]
    shown = subprocess.run(compare, check=True, capture_output=True, text=True, timeout=60).stdout
    assert MEMCPY in shown


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--largest", "9999GiB"], "needs about"),
        (["--largest", "big"], "is no size"),
        (["--visits", "0"], "at least 1"),
        (["-p", "no:benchmark"], "need pytest-benchmark"),
        (["-p", "no:benchmark", "--benchmark-quiet", "--benchmark-json", "run.json"], "need pytest-benchmark"),
        (["--entry-point", "nothing"], "no entry point matches"),
    ],
)
def test_what_cannot_be_timed_is_refused_in_a_line(arguments: list[str], expected: str) -> None:
    asked = [sys.executable, "-m", "pytest", "conformance/benchmarks/bench_conversions.py", *arguments]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, timeout=60)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert (done.returncode, len(lines)) == (4, 1)
    assert expected in lines[0]


def test_the_suite_is_run_without_pytest_benchmark() -> None:
    asked = [sys.executable, "-m", "pytest", "conformance", "--collect-only", "-q", "-p", "no:benchmark"]
    assert subprocess.run(asked, capture_output=True, cwd=ROOT, timeout=60).returncode == 0


def test_benchmarks_are_run_only_when_they_are_named() -> None:
    asked = [sys.executable, "-m", "pytest", "conformance/benchmarks", "--collect-only", "-q"]
    assert subprocess.run(asked, capture_output=True, cwd=ROOT, timeout=60).returncode == 5
