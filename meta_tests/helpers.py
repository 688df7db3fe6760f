"""What the tests share: Hypothesis and the plain engine asked in one line each, and results rows made by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.database import ExampleDatabase, choices_to_bytes

from tensor_conformance.conformance.frameworks.registry import entry_points, on_device
from tensor_conformance.conformance.laws import LAWS
from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.reports.results import Results, Row
from tensor_conformance.strategies import ArraySpec, chooser, draw_array_spec
from tensor_conformance.strategies.dtypes import DTYPES, available
from tensor_conformance.strategies.search import as_drawn

T = TypeVar("T")
#: The checkout.
ROOT = Path(__file__).resolve().parents[1]

#: Laws by id: on how any conversion ends, on results, and those that are judged under pressure.
ON_ENDINGS = {id: law for id, law in LAWS.items() if law.evidence == "conversions" and law.ending == "any"}
ON_RESULTS = {
    id: law for id, law in LAWS.items() if law.evidence == "conversions" and law.ending == "answers" and not law.pressure
}
UNDER_PRESSURE = {id: law for id, law in LAWS.items() if law.evidence == "conversions" and law.pressure}

#: The dtypes that this NumPy has: those that strategies and grid draw from.
NAMES = tuple(filter(available, DTYPES))
_QUIET = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False)


class _Found(Exception):
    """The condition holds."""


def assert_all_examples(strategy: st.SearchStrategy[T], claim: Callable[[T], Any], examples: int = 200) -> None:
    """Assert that the claim holds for drawn examples."""

    @seed(0)
    @settings(_QUIET, max_examples=examples)
    @given(strategy)
    def check(value: T) -> None:
        assert claim(value), f"does not hold for {value!r}"

    check()


def find_any(strategy: st.SearchStrategy[T], condition: Callable[[T], Any], seeded: int = 0) -> T:
    """Some example on which the condition holds."""
    return _search(strategy, condition, seeded, Phase.generate)


def minimal(strategy: st.SearchStrategy[T], condition: Callable[[T], Any], seeded: int = 0) -> T:
    """What an example on which the condition holds shrinks to."""
    return _search(strategy, condition, seeded, Phase.generate, Phase.shrink)


def _search(strategy: st.SearchStrategy[T], condition: Callable[[T], Any], seeded: int, *phases: Phase) -> T:
    found: list[T] = []

    @seed(seeded)
    @settings(_QUIET, max_examples=5000, phases=phases)
    @given(strategy)
    def look(value: T) -> None:
        if condition(value):
            found.append(value)
            raise _Found

    try:
        look()
    except _Found:
        return found[-1]
    raise AssertionError("no example found")


class _Choices(ExampleDatabase):
    def __init__(self, choices: Iterable[tuple[int, int]]) -> None:
        super().__init__()
        self._entry = choices_to_bytes(as_drawn(choices))

    def fetch(self, key: bytes) -> Iterable[bytes]:
        if b"." not in key[-12:]:
            yield self._entry

    def save(self, key: bytes, value: bytes) -> None:
        pass

    def delete(self, key: bytes, value: bytes) -> None:
        pass


def searched(strategy: st.SearchStrategy[T], choices: Iterable[tuple[int, int]]) -> T:
    """What Hypothesis makes of these choices."""
    seen: list[T] = []

    @settings(_QUIET, database=_Choices(choices), phases=[Phase.reuse])
    @given(strategy)
    def take(value: T) -> None:
        seen.append(value)

    take()
    assert seen, "the choices do not fit the strategy"
    return seen[0]


def drawn(count: int, seeded: int | str = 0, **pins: Any) -> Iterator[ArraySpec]:
    """Specs of the plain engine."""
    choose = chooser(seeded)
    return (draw_array_spec(choose, names=NAMES, **pins) for _ in range(count))


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and all below it, those that have ended included, read from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") + sum(cpu_of(int(child)) for child in below)


def every_entry_point() -> tuple[EntryPoint, ...]:
    """The entry points of the host, of a device of its own memory, and of a logical one."""
    return (*entry_points(), *on_device("cuda"), *on_device("cpu:1"))


HEADER: Row = {
    "kind": "header",
    "schema": 1,
    "suite": "0.1.0",
    "started": "2026-01-01T00:00:00+00:00",
    "environment": {"numpy": "2.4.6"},
    "device": "cpu",
    "profile": "quick",
    "seed": 0,
    "phases": ["grid", "search"],
    "examples": 10,
    "missing": {},
}
FOOTER: Row = {"kind": "footer", "finished": "2026-01-01T00:01:00+00:00", "stopped": ""}
ENTRY: Row = {
    "kind": "entry",
    "entry": "fake.convert",
    "framework": "fake",
    "direction": "in",
    "call": "fake.convert(a)",
    "promise": [{"topic": "memory", "text": "shares", "source": "https://example.org", "quote": "shares"}],
    "verdicts": {"conforms": 90, "violates": 2},
    "laws": {"values": {"held": 90, "broken": 2}, "dtype": {"held": 92}},
    "matrix": {"dtype": {"float32": {"shares": 60, "copies": 20}}},
    "deviated": {},
    "reasons": {},
    "seconds": 0.5,
}
FINDING: Row = {
    "kind": "finding",
    "id": "0123456789",
    "entry": "fake.convert",
    "law": "values",
    "must": "Values MUST survive.",
    "expected": "0x1",
    "observed": "0x2",
    "outcome": "ok",
    "promise": "values: bits",
    "spec": {},
    "phase": "grid",
    "count": 2,
    "script": "print(1)\n",
}
DRIFT: Row = FINDING | {"kind": "drift", "id": "1123456789", "law": "refusal"}
DEVIATION: Row = {
    "kind": "deviation",
    "id": "fake-nan",
    "title": "NaN loses its sign",
    "entry": "fake.convert",
    "laws": ["values"],
    "severity": "wrong data",
    "url": "https://example.org",
    "upstream": "",
    "status": "happens",
    "observed": "violates",
    "script": "print(1)\n",
}
PROGRAMS: Row = {"kind": "programs", "combination": "fake", "programs": 9, "steps": {"converted": 20, "made": 30}, "seconds": 0.5}
PROGRAM: Row = {
    "kind": "program",
    "id": "9876543210",
    "combination": "fake",
    "law": "stateful",
    "must": "Handles MUST show what is promised.",
    "expected": "h1 shows [1]",
    "observed": "it shows [2]",
    "outcome": "ok",
    "promise": "views: share",
    "program": [["array", "", "h0", "float32", [1]], ["view", "h0", "h1", "itself", []]],
    "phase": "stateful",
    "count": 3,
    "script": "print(1)\n",
}
NOT_RUN: Row = {"kind": "not_run", "entry": "other.convert", "framework": "other", "reason": "other is not installed"}
COMPARISON: Row = {
    "kind": "comparison",
    "entry": "torch.one",
    "framework": "torch",
    "compared": 500,
    "differing": 3,
    "not_compared": 15,
    "unsteady": 0,
    "seconds": 0.5,
}
DIFFERENCE: Row = {
    "kind": "difference",
    "id": "0123456789",
    "entry": "torch.one",
    "framework": "torch",
    "topic": "memory",
    "change": "breaking",
    "standing": "broken",
    "before": "shares",
    "after": "copies",
    "broken_before": [],
    "broken_after": ["memory"],
    "promise": "aliasing: shares (documented: https://example.org)",
    "spec": {"dtype": "float32", "shape": [2], "strides": [-4], "offset": 4, "nbytes": 8},
    "script": "print(1)\n",
    "where": "any input",
    "phase": "grid",
    "count": 3,
    "shrunk": True,
}
CLAIM: Row = {
    "kind": "claim",
    "claim": "it copies",
    "framework": "fake",
    "verdict": "false",
    "because": "it shares",
    "holds": True,
}
#: One row of every kind, as a run writes them.
ROWS = (HEADER, ENTRY, FINDING, DRIFT, PROGRAMS, PROGRAM, DEVIATION, NOT_RUN, CLAIM, COMPARISON, DIFFERENCE, FOOTER)


def results(*rows: Row, footer: Row | None = FOOTER, **header: Any) -> Results:
    """A results object made by hand."""
    return Results(HEADER | header, rows, footer)


def write_lines(path: Path, *rows: Any) -> Path:
    """A file with one line per row: text as it is, anything else as JSON."""
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8")
    return path
