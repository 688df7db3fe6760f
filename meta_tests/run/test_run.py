"""A run: what the phases find, shrink, spare and write, seen on conversions made of NumPy alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest

from tensor_conformance.conformance.promises import Clause, EntryPoint, copies, may_refuse, observed, refuses, shape, values
from tensor_conformance.conformance.promises.conditions import always, negative_stride
from tensor_conformance.conformance.promises.deviations import Deviation
from tensor_conformance.conformance.run import phases
from tensor_conformance.conformance.run import run as run_module
from tensor_conformance.conformance.run.phases import SPARED
from tensor_conformance.conformance.run.plan import Plan
from tensor_conformance.conformance.run.run import Run
from tensor_conformance.conformance.run.subjects import Isolated, SubjectError
from tensor_conformance.conformance.run.tally import Tally
from tensor_conformance.reports.results import schema
from tensor_conformance.strategies import ArraySpec

SEEN = observed("this test")
#: A promise of copies, and of nothing else.
COPIES = (
    copies(source=SEEN),
    may_refuse("Exception", source=SEEN),
    values("unspecified", source=SEEN),
    shape(lambda spec: None, source=SEEN),
)
PLAIN = ArraySpec("float32", (2,), (4,), 0, 8)
REVERSED = ArraySpec("float32", (2,), (-4,), 4, 8)
#: A conversion that promises copies and shares arrays that walk backwards.
SHARES_REVERSED = "backwards = any(s < 0 and n > 1 for s, n in zip(a.strides, a.shape))\na if backwards else a.copy()"


def entry(call: str, *promise: Clause) -> EntryPoint:
    return EntryPoint("made.up", call, "torch", "in", promise)


def deviation(**changes: Any) -> Deviation:
    fields: dict[str, Any] = {
        "id": "made-up", "title": "", "package": "numpy", "releases": ">=1", "entries": ("made.up",), "url": "", "upstream": "",
        "laws": ("memory", "follows", "leads"), "when": negative_stride, "example": REVERSED, "shown_by": "made.up",
        "severity": "memory",
    }  # fmt: skip
    return Deviation(**{**fields, **changes})


@pytest.fixture
def ask(isolated: Isolated, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def asked(made_up: EntryPoint, *known: Deviation, **plan: Any) -> tuple[Run, Tally]:
        monkeypatch.setattr(phases, "known_for", lambda *_: known)
        monkeypatch.setattr(run_module, "entry_points", lambda: (made_up,))
        run = Run(Plan(**{"profile": "quick", "examples": 0, **plan}))
        monkeypatch.setattr(run, "subject", lambda framework, helper="": nullcontext(isolated))
        return run, run.tally(made_up)

    return asked


def test_a_finding_of_the_grid_is_shrunk_to_the_plainest_array(ask: Any) -> None:
    _, tally = ask(entry(SHARES_REVERSED, *COPIES))
    (finding,) = (finding for finding in tally.findings.values() if finding.law == "memory")
    assert (finding.spec.size, finding.spec.dtype, finding.spec.seed, finding.spec.planted) == (2, "float32", 0, ())
    assert finding.count > 1


def test_the_search_alone_finds_and_shrinks_it_too(ask: Any) -> None:
    _, tally = ask(entry(SHARES_REVERSED, *COPIES), phases=("search",), examples=300)
    assert {finding.spec.size for finding in tally.findings.values() if finding.law == "memory"} == {2}


def test_every_conversion_is_counted_once(ask: Any) -> None:
    _, tally = ask(entry("np.array(a)"), phases=("grid",))
    cells = [sum(outcomes.values()) for outcomes in tally.matrix["dtype"].values()]
    assert sum(cells) + tally.verdicts["not run"] == sum(tally.verdicts.values())


def test_a_known_deviation_is_no_finding(ask: Any) -> None:
    _, tally = ask(entry(SHARES_REVERSED, *COPIES), deviation())
    assert "memory" not in {finding.law for finding in tally.findings.values()}
    assert tally.deviated["made-up"] > 1


def test_a_known_deviation_still_happens(ask: Any) -> None:
    run, _ = ask(entry(SHARES_REVERSED, *COPIES), deviation())
    assert run.deviation(deviation()) == ("happens", "shares")


def test_a_known_deviation_that_ended_is_gone(ask: Any) -> None:
    run, _ = ask(entry("a.copy()", *COPIES), deviation())
    assert run.deviation(deviation()) == ("gone", "copies")


def test_a_known_deviation_of_other_releases_is_not_run(ask: Any) -> None:
    run, _ = ask(entry("a.copy()", *COPIES), deviation(releases="<1"))
    status, reason = run.deviation(deviation(releases="<1"))
    assert status == "not run"
    assert "numpy" in reason


def test_what_is_known_to_hang_is_not_waited_for_again(ask: Any) -> None:
    hangs = entry("import time\nif a.strides and a.strides[0] < 0: time.sleep(60)\na.copy()", *COPIES)
    known = deviation(laws=("survival",), severity="hang", when=negative_stride)
    _, tally = ask(hangs, known)
    assert tally.deviated["made-up"] == 1
    assert any("known to hang" in reason for reason in tally.reasons)


def test_what_is_known_to_crash_is_tried_a_few_times(ask: Any) -> None:
    crashes = entry("import os\nif min(a.strides, default=0) < 0: os.abort()\na.copy()", *COPIES)
    known = deviation(laws=("survival",), severity="crash", when=negative_stride)
    _, tally = ask(crashes, known)
    assert 1 < tally.deviated["made-up"] <= 1 + SPARED["crash"]
    assert any("known to crash" in reason for reason in tally.reasons)


def test_a_replay_asks_one_thing(ask: Any) -> None:
    _, tally = ask(entry(SHARES_REVERSED, *COPIES), only=("made.up", REVERSED))
    assert sum(tally.verdicts.values()) == 1
    assert tally.verdicts["violates"] == 1


def test_the_rows_of_a_run_keep_to_the_schema(ask: Any) -> None:
    import jsonschema

    run, _ = ask(entry(SHARES_REVERSED, *COPIES), phases=("pinned", "grid"))
    run.deviation(deviation(when=always, example=PLAIN))
    kinds = {row["kind"] for row in run.rows}
    for row in run.rows:
        jsonschema.validate(row, schema())
    assert kinds == {"entry", "finding", "deviation"}


def test_asking_ahead_sees_what_asking_sees(ask: Any) -> None:
    run, tally = ask(entry("len(1)", refuses("TypeError", when=always, source=observed("this test"))))
    ahead = Run(run.plan)
    ahead.subject = run.subject  # type: ignore[method-assign]
    ahead.expect([tally.entry])
    assert ahead.tally(tally.entry).verdicts == tally.verdicts
    ahead.close()


def test_as_many_convert_at_the_same_time_as_there_may_be_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(Plan(processes=3))
    here: set[str] = set()
    all_here = Event()

    def wait_for_the_others(entry: EntryPoint, helper: str = "") -> str:
        here.add(helper)
        if len(here) == 3:
            all_here.set()
        assert all_here.wait(30)
        return entry.name

    monkeypatch.setattr(run, "_ask", wait_for_the_others)
    entries = [replace(entry("len(1)", *COPIES), name=f"made.up {number}") for number in range(20)]
    run.expect(entries)
    assert [run.tally(one) for one in entries] == [one.name for one in entries]
    assert here == {"", "helper 1", "helper 2"}
    run.close()


def test_rows_that_a_thread_adds_meanwhile_are_collected_the_next_time() -> None:
    run = Run(Plan())
    writer = Thread(target=lambda: [run.rows.append({"number": number}) for number in range(20_000)])
    writer.start()
    collected = run.collect()
    while writer.is_alive():
        collected += run.collect()
    collected += run.collect()
    assert [row["number"] for row in collected] == list(range(20_000))


def test_what_a_profile_leaves_out_is_said() -> None:
    run = Run(Plan(profile="quick"))
    with pytest.raises(SubjectError, match="takes seconds: left out with --profile quick"):
        run.tally(EntryPoint("made.up", "a", "torch", "in", (), cost="built"))
