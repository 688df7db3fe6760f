"""The suite's own speed, as ratios of one run. Nothing here fails for being slow: read the ratios.

    python -m pytest meta_tests/benchmarks/bench_speed.py --benchmark-only

Rates are per second of CPU time, children included where there are any, so that a busy machine disturbs them less.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import hypothesis.extra.numpy as extra
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tensor_conformance.conformance.frameworks.registry import entry_points
from tensor_conformance.conformance.laws.judge import judge
from tensor_conformance.conformance.run.subjects import InProcess, Isolated
from tensor_conformance.conformance.run.tally import Tally
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.strategies import ArraySpec, array_specs, arrays, build, chooser, draw_array_spec
from tensor_conformance.strategies.draw import draw_shape

Say = Callable[[str], None]
ROUNDS = 5


def cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def examples_per_second(strategy: st.SearchStrategy[Any], body: Callable[[Any], Any] = id, examples: int = 500) -> float:
    """Examples that a @given test of the strategy runs in a second of CPU."""
    count = 0

    @settings(
        max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
    )
    @given(strategy)
    def test(value: Any) -> None:
        nonlocal count
        count += 1
        body(value)

    started = time.process_time()
    test()
    return count / (time.process_time() - started)


def interleaved(rates: dict[str, Callable[[], float]]) -> dict[str, float]:
    """The median of each rate over several rounds in which all take their turn."""
    seen: dict[str, list[float]] = {name: [] for name in rates}
    for _ in range(ROUNDS):
        for name, rate in rates.items():
            seen[name].append(rate())
    return {name: statistics.median(values) for name, values in seen.items()}


@st.composite
def our_shapes(draw: st.DrawFn) -> tuple[int, ...]:
    """The shapes that `arrays` draws, without anything else."""
    return draw_shape(lambda n: draw(st.integers(0, n - 1)))


def test_search(benchmark: Any, say: Say) -> None:
    """Examples per second: ours against hypothesis.extra.numpy.arrays (float32, its default shapes) and a no-op."""
    rates: dict[str, Callable[[], float]] = {
        "no-op": lambda: examples_per_second(st.integers(0, 1 << 30)),
        "extra": lambda: examples_per_second(extra.arrays(np.float32, extra.array_shapes())),
        "extra, our shapes": lambda: examples_per_second(extra.arrays(np.float32, our_shapes())),
        "ours": lambda: examples_per_second(arrays("float32")),
        "ours, C": lambda: examples_per_second(arrays("float32", layout="c")),
        "specs": lambda: examples_per_second(array_specs()),
    }
    found = benchmark.pedantic(interleaved, args=(rates,), rounds=1)
    same = found["ours"] / found["extra, our shapes"]
    say(f"search: arrays('float32') {same:.1f}x hypothesis.extra.numpy.arrays with shapes of the same distribution (aim: 4x)")
    say(f"search: arrays('float32') {found['ours'] / found['extra']:.1f}x the same with its default array_shapes()")
    say(f"search: arrays('float32', layout='c') {found['ours, C'] / found['extra']:.1f}x")
    say(f"search: array_specs() {found['specs'] / found['extra']:.1f}x")
    say(f"search: arrays('float32') {found['ours'] / found['no-op']:.2f} of a no-op @given (aim: 0.5)")


def flags_class(array: np.ndarray) -> tuple[Any, ...]:
    """What tells arrays apart for a conversion: dtype, rank, NumPy's flags, and whether strides are negative or zero."""
    strides = array.strides
    flags = (array.flags[name] for name in ("C", "F", "W", "A"))
    return (array.dtype.str, array.dtype.char, array.ndim, *flags, any(s < 0 for s in strides), 0 in strides)


def test_diversity(benchmark: Any, say: Say) -> None:
    """Distinct (dtype, rank, flags) classes in 10,000 examples."""

    def classes(strategy: st.SearchStrategy[np.ndarray]) -> int:
        found: set[Any] = set()
        examples_per_second(strategy, lambda array: found.add(flags_class(array)), 10_000)
        return len(found)

    def count() -> tuple[int, int, int]:
        theirs = extra.arrays(extra.scalar_dtypes(), extra.array_shapes())
        return classes(arrays(memory=None)), classes(theirs), classes(extra.arrays(np.float32, extra.array_shapes()))

    ours, theirs, plain = benchmark.pedantic(count, rounds=1)
    say(f"diversity: {ours} classes, {ours / theirs:.1f}x arrays(scalar_dtypes(), array_shapes()) (aim: 10x)")
    say(f"diversity: {ours / plain:.0f}x arrays(float32, array_shapes())")


@pytest.fixture(scope="module")
def torch() -> Iterator[Isolated]:
    subject = Isolated(("torch",))
    if subject.missing:
        pytest.skip(subject.missing["torch"])
    yield subject
    subject.close()


@pytest.fixture(scope="module")
def tensorflow() -> Iterator[Isolated]:
    subject = Isolated(("tensorflow",))
    if subject.missing:
        pytest.skip(subject.missing["tensorflow"])
    yield subject
    subject.close()


def plain_specs(number: int) -> list[ArraySpec]:
    """Accepted float32 arrays of every layout and address, as the grid draws them."""
    choose = chooser("speed")
    drawn = (draw_array_spec(choose, dtype="float32", memory="plain", container="ndarray") for _ in range(100 * number))
    wanted = (spec for spec in drawn if not spec.has_negative_stride and not spec.has_partial_stride)
    return [spec for spec, _ in zip(wanted, range(number))]


def child_cpu(subject: Isolated) -> float:
    """CPU seconds of the subject's process tree, read from /proc."""
    total = 0.0
    root = subject.pid
    for pid in (root, *descendants(root)):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / 100
    return total


def descendants(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [below for child in children for below in descendants(child)]


@pytest.mark.parametrize(
    ("framework", "name", "aim"), [("torch", "torch.from_numpy", 10_000), ("tensorflow", "tf.constant", 3_000)]
)
def test_volume_with_isolation(
    benchmark: Any, say: Say, request: pytest.FixtureRequest, framework: str, name: str, aim: int
) -> None:
    """Conversions drawn, built, converted, observed, judged and counted per second and core, in children that may die."""
    subject: Isolated = request.getfixturevalue(framework)
    entry = next(entry for entry in entry_points() if entry.name == name).under(subject.versions)
    number = 20_000

    def run() -> float:
        tally = Tally(entry)
        before = time.process_time() + child_cpu(subject)
        specs = plain_specs(number)
        for spec, seen in zip(specs, subject.observe(entry.call, "", specs)):
            tally.add(spec, seen, judge(entry, spec, seen), "grid")
        assert sum(tally.verdicts.values()) == number
        return number / (time.process_time() + child_cpu(subject) - before)

    run()
    rate = statistics.median(benchmark.pedantic(lambda: [run() for _ in range(3)], rounds=1))
    say(f"volume: {name} {rate:,.0f} judged conversions per CPU second with isolation (aim: {aim:,}): {rate / aim:.2f}")


def test_volume_against_given(benchmark: Any, say: Say) -> None:
    """The plain engine in process against @given with hypothesis.extra.numpy.arrays, same observation, same judge."""
    subject = InProcess(("torch",))
    if subject.missing:
        pytest.skip(subject.missing["torch"])
    entry = next(entry for entry in entry_points() if entry.name == "torch.from_numpy").under(subject.versions)
    specs = plain_specs(5_000)

    def check(spec: ArraySpec, seen: Observation) -> None:
        assert judge(entry, spec, seen).name in ("conforms", "violates")

    def ours() -> float:
        started = time.process_time()
        drawn = plain_specs(5_000)
        for spec, seen in zip(drawn, subject.observe(entry.call, "", drawn)):
            check(spec, seen)
        return len(drawn) / (time.process_time() - started)

    def theirs() -> float:
        others = cycle(specs)  # Their array is drawn and thrown away; a spec of ours goes through the same trial.
        strategy = extra.arrays(np.float32, extra.array_shapes())

        def body(_: Any) -> None:
            spec = next(others)
            check(spec, subject.observe(entry.call, "", [spec])[0])

        return examples_per_second(strategy, body, 500)

    found = benchmark.pedantic(interleaved, args=({"ours": ours, "theirs": theirs},), rounds=1)
    ratio = found["ours"] / found["theirs"]
    say(f"volume: the plain engine in process {ratio:.0f}x @given(arrays()) with the same judge (aim: 100x)")


def test_engine(benchmark: Any, say: Say) -> None:
    """Specs drawn, and arrays built, by the plain engine."""
    specs = plain_specs(5_000)

    def run() -> tuple[float, float]:
        choose = chooser("speed")
        started = time.process_time()
        for _ in range(5_000):
            draw_array_spec(choose)
        drawn = time.process_time()
        for spec in specs:
            build(spec)
        return 5_000 / (drawn - started), 5_000 / (time.process_time() - drawn)

    draws, builds = benchmark.pedantic(run, rounds=1)
    say(f"engine: {draws:,.0f} specs drawn and {builds:,.0f} plain arrays built per CPU second")


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_cost_of_a_crash(benchmark: Any, say: Say, request: pytest.FixtureRequest, framework: str) -> None:
    """Wall-clock time that a crash adds before the next conversion runs."""
    subject: Isolated = request.getfixturevalue(framework)
    call = "import os, signal\nif a.flat[0] != 0: os.kill(os.getpid(), signal.SIGSEGV)\na.copy()"
    good = ArraySpec("int32", (4,), (4,), 0, 16)
    bad = good._replace(planted=((0, 1),))

    def run() -> float:
        started = time.perf_counter()
        subject.observe(call, "", [good, good])
        between = time.perf_counter()
        subject.observe(call, "", [bad, good])
        return (time.perf_counter() - between) - (between - started)

    subject.observe(call, "", [good])
    cost = benchmark.pedantic(lambda: statistics.median(run() for _ in range(9)), rounds=1)
    say(f"crash: {1000 * cost:.0f} ms before the next conversion runs ({framework}; aim for torch: under 100 ms)")
