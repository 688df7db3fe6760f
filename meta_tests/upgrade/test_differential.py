"""Differences that were put there are found, shrunk, told apart; where nothing differs, nothing is found."""

from __future__ import annotations

from threading import Lock
from typing import Any

import pytest

from tensor_conformance.conformance.promises import EntryPoint, accepts, fact, observed, shares
from tensor_conformance.conformance.promises.conditions import always
from tensor_conformance.conformance.run.subjects import Isolated
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.conformance.upgrade.find import Comparison, Finder
from tensor_conformance.conformance.upgrade.outcome import plain
from tensor_conformance.conformance.upgrade.pair import Pair
from tensor_conformance.conformance.upgrade.rows import comparison_row, difference_row
from tensor_conformance.reports.changes import changes
from tensor_conformance.reports.results import schema
from tensor_conformance.strategies.spec import ArraySpec

CALL = "np.asarray(a)"
ENTRY = EntryPoint("fake.asarray", CALL, "torch", "in", (accepts(always, source=observed("now")), shares(source=observed("now"))))
PLAINEST = ArraySpec("float32", (1,), (4,), 0, 4)
ONE_AT_A_TIME = Lock()


class Upgraded:
    """A subject whose release runs other lines for the same call."""

    missing: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, subject: Isolated, *lines: str) -> None:
        self._subject, self._lines, self.versions = subject, "\n".join(lines), subject.versions

    def observe(self, call: str, maker: str, specs: list[Any], pressure: str = "", **limits: Any) -> list[Observation]:
        with ONE_AT_A_TIME:  # Both sides are the same process here.
            return self._subject.observe(self._lines or call, maker, specs, pressure, **limits)

    def close(self) -> None:
        pass


def compare(isolated: Isolated, *lines: str, size: str = "sample", examples: int = 0, seed: int = 0) -> Comparison:
    pair = Pair(Upgraded(isolated), Upgraded(isolated, *lines))
    try:
        return Finder(pair, ENTRY, seed, size, examples).comparison
    finally:
        pair.close()


@pytest.mark.parametrize("seed", range(5))
def test_a_release_does_not_differ_from_itself(isolated: Isolated, seed: int) -> None:
    same = compare(isolated, examples=20, seed=seed)
    assert same.differences == []
    assert same.compared > 300


def test_a_copy_where_memory_was_shared_is_breaking(isolated: Isolated) -> None:
    (found, *_) = compare(isolated, "np.array(np.asarray(a))").differences
    assert (found.change.topic, found.change.kind, found.change.standing) == ("memory", "breaking", "broken")
    assert (found.before.memory.split(",")[0], found.after.memory.split(",")[0]) == ("shares", "copies")


def test_the_condition_names_the_dtypes_on_which_a_difference_shows(isolated: Isolated) -> None:
    refuses = "x = np.asarray(a)", "if x.dtype.name in ('uint16', 'uint32') and x.dtype.isnative: raise TypeError('no')", "x"
    found = max(compare(isolated, *refuses).differences, key=lambda one: one.count)
    assert "dtype in {uint16, uint32}" in found.where
    assert found.change.after == "raised TypeError"


def test_a_difference_shrinks_to_the_plainest_input(isolated: Isolated) -> None:
    refuses = "x = np.asarray(a)", "if x.size and any(s < 0 and n > 1 for s, n in zip(x.strides, x.shape)): raise ValueError", "x"
    found = compare(isolated, *refuses).differences[0]
    assert found.shrunk
    # A search may leave an axis of length 1.
    assert ([n for n in found.spec.shape if n != 1], found.spec.dtype, found.spec.memory) == ([2], "float32", "plain")
    assert "negative stride" in found.where


def test_one_loud_difference_does_not_hide_a_quiet_one(isolated: Isolated) -> None:
    changed = (
        "x = np.asarray(a)",
        "if x.ndim == 2: raise TypeError('loud')",
        "if x.dtype == 'complex64' and x.dtype.isnative: raise KeyError('quiet')",
        "x",
    )
    assert {found.change.after for found in compare(isolated, *changed).differences} == {"raised TypeError", "raised KeyError"}


def test_the_search_finds_what_the_grid_was_not_asked(isolated: Isolated) -> None:
    refuses = "x = np.asarray(a)", "if x.ndim == 3: raise ValueError", "x"
    found = compare(isolated, *refuses, size="", examples=200).differences
    assert [(one.phase, one.change.after) for one in found] == [("search", "raised ValueError")]


def test_a_crash_that_ends_is_fixed(isolated: Isolated) -> None:
    pair = Pair(
        Upgraded(isolated, "x = np.asarray(a)", "if x.dtype == 'int8': __import__('os').abort()", "x"), Upgraded(isolated)
    )
    (found,) = Finder(pair, ENTRY, 0, "sample", 0).comparison.differences
    pair.close()
    assert (found.change.kind, found.before.ending) == ("fixed", "crashed (SIGABRT)")


def test_a_call_that_is_gone_is_one_difference(isolated: Isolated) -> None:
    (found,) = compare(isolated, "np.no_such_function(a)", examples=20).differences
    assert (found.change.topic, found.change.kind) == ("call", "removed")


def test_other_words_in_a_refusal_are_one_line(isolated: Isolated) -> None:
    pair = Pair(*(Upgraded(isolated, f'exec("raise TypeError({word!r})")') for word in ("one", "two")))
    (found,) = Finder(pair, ENTRY, 0, "sample", 20).comparison.differences
    pair.close()
    assert found.change.kind == "message only"


def test_what_a_side_answers_differently_each_time_is_no_difference(isolated: Isolated) -> None:
    random = "__import__('numpy').frombuffer(__import__('os').urandom(8), 'u1')"
    pair = Pair(Upgraded(isolated, random), Upgraded(isolated, random))
    assert Finder(pair, ENTRY, 0, "sample", 0).comparison.differences == []
    pair.close()


@pytest.mark.parametrize(("seconds", "topics"), [(60.0, ["ending"]), (0.6, [])])
def test_what_is_slow_is_hung_only_after_all_its_time(seconds: float, topics: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensor_conformance.conformance.upgrade.pair.HASTE", 0.2)
    subject = Isolated((), limit=1.5)
    pair = Pair(Upgraded(subject), Upgraded(subject, "import time", f"time.sleep({seconds})", "np.asarray(a)"))
    ((before, after),) = pair.ask_once(ENTRY, [PLAINEST])
    assert (before.ending, after.ending) == ("answers", "hung")
    ((before, after),) = pair.ask(ENTRY, [PLAINEST])
    assert [change.topic for change in changes(before, after)] == topics
    pair.close()
    subject.close()


def test_rows_are_what_the_schema_says(isolated: Isolated) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    comparison = compare(isolated, "np.array(np.asarray(a))")
    for row in (comparison_row(comparison), *map(difference_row, comparison.differences)):
        jsonschema.validate(row, schema())


def test_a_fact_that_differs_is_a_difference(isolated: Isolated) -> None:
    known = fact("static.shape", lambda spec: spec.shape, source=observed("now"))
    form = EntryPoint("fake.form", CALL, "torch", "in", (*ENTRY.promise, known), facts=(("static.shape", "a.shape"),))
    pair = Pair(Upgraded(isolated), Upgraded(isolated, CALL, "#fact static.shape: (1, *a.shape)"))
    (found,) = Finder(pair, form, 0, "sample", 0).comparison.differences
    row = difference_row(found)
    assert (row["topic"], row["standing"], row["broken_after"]) == ("static.shape", "broken", ["static"])
    assert row["before"] != row["after"]


def test_the_script_needs_no_suite(isolated: Isolated) -> None:
    row = difference_row(compare(isolated, "np.array(np.asarray(a))").differences[0])
    assert row["script"].startswith("# Run this with the Python of both environments.")
    compile(row["script"], "script", "exec")
    assert "conformance" not in row["script"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("got 3 at 0x7ffe12", "got # at ..."),
        ("in /usr/lib/x.py", "in ..."),
        ("one\ntwo", "one"),
        ("", ""),
        ("of [b=x, a=y]", "of [a=y, b=x]"),
        ("Value for attr 'T' of x", "Value for attr ... of x"),
        ("proto: goo.gle/debugstr", "proto: ..."),
    ],
)
def test_messages_are_freed_of_what_differs_from_run_to_run(text: str, expected: str) -> None:
    assert plain(text) == expected
