"""What a benchmark run means: the law of cost, comparisons, and files that are none. No framework is timed here."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meta_tests.helpers import write_lines
from meta_tests.site import ROWS, whole_site
from meta_tests.timings import SIZES, Row, call, copying, fresh, limits, row, saved, sharing
from tensor_conformance.conformance.cli import main
from tensor_conformance.reports.benchmark.compare import compare, t_quantile
from tensor_conformance.reports.benchmark.cost import Cost, law_of_cost
from tensor_conformance.reports.benchmark.runs import read_run, run_of
from tensor_conformance.reports.benchmark.site import cost
from tensor_conformance.reports.benchmark.tables import as_markdown, as_text, compared, seconds, tables
from tensor_conformance.reports.html.sections import Block
from tensor_conformance.reports.results import ResultsError


def rows(seed: int = 0) -> list[Row]:
    """A run of two hundred calls."""
    shared = [r for i in range(100) for r in call(f"share {i}", sharing, seed, "shares")]
    return limits(seed) + shared + [r for i in range(100) for r in call(f"copy {i}", fresh, seed, "copies")]


def cost_of(cost: Callable[[int], float], promise: str, **fields: Any) -> Cost:
    """The law's answer for a call of this cost that promises so."""
    found = law_of_cost(run_of(limits() + call("call", cost, promise=promise, **fields)), "call")
    assert found is not None
    return found


def test_a_call_that_shares_as_it_promises_keeps_the_law() -> None:
    cost = cost_of(sharing, "shares")
    assert (cost.order, cost.verdict) == ("O(1)", "keeps")


def test_a_copy_where_sharing_is_promised_breaks_the_law() -> None:
    cost = cost_of(lambda n: sharing(n) + copying(n), "shares")
    assert (cost.order, cost.verdict) == ("O(n)", "breach")
    assert "memcpys" in cost.sentence


def test_a_recorded_break_of_sharing_deviates() -> None:
    assert cost_of(copying, "shares", deviations=["known-one"]).verdict == "deviates"


def test_a_recorded_cost_deviates() -> None:
    assert cost_of(lambda n: 5 * fresh(n), "copies", costly=["known-one"]).verdict == "deviates"


def test_what_is_recorded_of_sharing_excuses_no_cost() -> None:
    assert cost_of(lambda n: 8 * fresh(n), "copies", deviations=["known-one"]).verdict == "breach"


def test_a_plain_copy_keeps_the_law() -> None:
    assert cost_of(fresh, "copies").verdict == "keeps"


def test_a_copy_made_eight_times_breaks_the_law() -> None:
    assert cost_of(lambda n: 8 * fresh(n), "copies").verdict == "breach"


def test_what_one_machine_calls_several_copies_and_another_does_not_is_near_the_limit() -> None:
    cost = cost_of(lambda n: 5 * fresh(n), "copies")
    assert cost.verdict == "near the limit"
    assert re.search(r"costs [\d.]+ \([\d.]+ to [\d.]+\) copies into fresh memory, near the limit of 3$", cost.reason)
    assert cost_of(lambda n: 2 * fresh(n), "copies").verdict == "keeps"


def test_a_copy_that_costs_nothing_breaks_the_law() -> None:
    cost = cost_of(sharing, "copies")
    assert cost.verdict == "breach"
    assert "nothing can have been copied" in cost.reason


def test_converting_may_cost_more_than_copying() -> None:
    assert cost_of(lambda n: 5 * fresh(n), "copies", converts=True).verdict == "keeps"


def test_no_promise_is_no_verdict() -> None:
    assert cost_of(copying, "may share").verdict == ""


def test_the_cost_is_told_in_copies_of_the_same_run() -> None:
    cost = cost_of(lambda n: 2 * copying(n), "copies")
    assert cost.memcpys == pytest.approx(2, rel=0.15)


@pytest.mark.parametrize(("probability", "freedom", "value"), [(0.975, 1, 12.706), (0.975, 5, 2.571), (0.995, 10, 3.169)])
def test_quantiles_are_those_of_the_tables(probability: float, freedom: int, value: float) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize("seed", range(1, 4))
def test_an_unchanged_pair_shows_no_difference(seed: int) -> None:
    comparison = compare(run_of(rows()), run_of(rows(seed)))
    assert not comparison.slower()
    assert not comparison.faster()


@pytest.mark.parametrize("cost", [lambda n: sharing(n) + 2e-6, lambda n: sharing(n) + copying(n)], ids=["+2 µs", "a copy"])
def test_a_slowed_call_is_flagged(cost: Callable[[int], float]) -> None:
    slowed = run_of(rows(1) + call("share 7", cost, 1, "shares"))
    assert {change.new.entry for change in compare(run_of(rows()), slowed).slower(1.3)} == {"share 7"}


@pytest.mark.parametrize(("beyond", "word"), [(1.02, "slower"), (0.98, "no significant difference")])
def test_the_smallest_change_that_is_seen_is_known(beyond: float, word: str) -> None:
    before, after = (run_of(limits(seed) + call("call", sharing, seed)) for seed in (0, 1))
    unchanged = compare(before, after)
    least = {change.new.name: change.smallest / change.ratio for change in unchanged.changes}
    rows = limits(1) + call("call", sharing, 1)
    slowed = [{**r, "rounds": [[s * least[r["name"]] * beyond for s in v] for v in r["rounds"]]} for r in rows]
    assert {change.word for change in compare(before, run_of(slowed)).changes} == {word}
    assert (
        unchanged.seen_in(0.5) <= unchanged.seen_in(0.9) <= unchanged.seen_in(1.0) == max(c.smallest for c in unchanged.changes)
    )


def test_a_machine_that_was_slower_for_the_whole_run_slows_no_call() -> None:
    later = [{**r, "rounds": [[2 * s for s in v] for v in r["rounds"]], "bare": [2 * s for s in r["bare"]]} for r in rows(1)]
    assert not compare(run_of(rows()), run_of(later)).slower()


def test_one_visit_each_decides_nothing() -> None:
    single = [{**r, "rounds": r["rounds"][:1]} for r in call("call", sharing)]
    slowed = [{**r, "rounds": r["rounds"][:1]} for r in call("call", fresh)]
    assert not compare(run_of(single), run_of(slowed)).slower()


def test_another_machine_is_said_loudly() -> None:
    here, there = run_of(rows(), machine={"node": "here"}), run_of(rows(1), machine={"node": "there"})
    assert "THE MACHINES DIFFER" in as_text(compared(compare(here, there), here, there))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run."""
    return saved(tmp_path_factory.mktemp("runs") / "run.json", limits() + call("a|b", sharing, promise="shares"))


def test_a_file_is_read_as_it_was_measured(good: Path) -> None:
    expected = run_of(limits() + call("a|b", sharing, promise="shares"))
    assert read_run(good).figures == expected.figures


def test_a_run_is_printed(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", str(good)]) == 0
    printed = capsys.readouterr().out
    assert "O(1)" in printed
    assert "keeps" in printed


def test_names_cannot_break_a_markdown_table(good: Path) -> None:
    assert "a\\|b" in as_markdown(tables(read_run(good)))


def test_a_slower_cell_fails_when_asked_to(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slow = saved(tmp_path / "slow.json", limits(1) + call("a|b", lambda n: sharing(n) + 2e-6, 1, "shares"))
    assert main(["benchmark", str(good), str(slow)]) == 0
    assert main(["benchmark", str(good), str(slow), "--fail-slower", "1.3"]) == 1
    assert main(["benchmark", str(good), str(slow), "--fail-slower", "30"]) == 0
    assert main(["benchmark", str(slow), str(good), "--fail-slower", "1.3"]) == 0
    assert "a|b-64 MiB" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["--fail-slower", "1.3"], ["{run}", "--fail-slower", "0"], ["{run}", "{run}"], ["{run}", "--fail-slower", "nan"]],
)
def test_what_cannot_be_asked_is_refused_in_a_line(good: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", str(good), *(text.format(run=good) for text in arguments)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


FOREIGN = {
    "empty": b"",
    "cut off": b'{"benchmarks": [',
    "not JSON": b"\xff\xfe",
    "deep": b"[" * 100_000,
    "a list": b"[]",
    "no benchmarks": b"{}",
    "another suite's": b'{"benchmarks": [], "machine_info": {}}',
    "nothing timed": b'{"benchmarks": [], "machine_info": {}, "conformance": {"format": 1, "not_timed": []}}',
    "a newer format": b'{"benchmarks": [{}], "machine_info": {}, "conformance": {"format": 2, "not_timed": []}}',
    "no numbers": b'{"benchmarks": [NaN]}',
}


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN)
def test_a_file_that_is_no_run_is_refused_in_a_line(data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.json").write_bytes(data)
    assert main(["benchmark", str(tmp_path / "run.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_file_that_is_not_there_is_refused_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", str(tmp_path / "none.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def _places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return (
        [path, *(place for key, value in inside for place in _places(value, (*path, key)))]
        if path
        else [place for key, value in inside for place in _places(value, (key,))]
    )


_PROPERTY = settings(
    max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_PROPERTY
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(good: Path, tmp_path: Path, data: st.DataObject) -> None:
    whole = json.loads(good.read_text())
    whole["benchmarks"] = whole["benchmarks"][:3] + whole["benchmarks"][-2:]
    place = data.draw(st.sampled_from(_places(whole)))
    inside = whole
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = data.draw(_JSON)
    _read_or_refuse(tmp_path / "damaged.json", json.dumps(whole).encode())


@_PROPERTY
@given(end=st.integers(0, 1 << 20), junk=st.binary(max_size=8))
def test_a_cut_file_is_refused(good: Path, tmp_path: Path, end: int, junk: bytes) -> None:
    whole = good.read_bytes()
    _read_or_refuse(tmp_path / "cut.json", whole[: end % len(whole)] + junk)


def _read_or_refuse(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    refusal = ""
    try:
        run = read_run(path)
        assert as_text(tables(run))
        assert all(cost(run, entry) for entry in run.entries)
        assert as_markdown(compared(compare(run, run), run, run))
    except ResultsError as error:
        refusal = str(error)
    assert "\n" not in refusal


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0123, "12.3 ms"), (1.5e-6, "1.50 µs"), (47e-9, "47.0 ns"), (2.0, "2.00 s"), (3e-10, "0.30 ns"), (9.99999e-8, "100 ns")],
)
def test_times_are_told_in_their_unit(value: float, text: str) -> None:
    assert seconds(value) == text


def test_a_run_has_its_page_on_the_site(good: Path, tmp_path: Path) -> None:
    results = write_lines(tmp_path / "results.jsonl", *ROWS)
    assert main(["html", str(results), "--benchmark", str(good), "-o", str(tmp_path / "site")]) == 0
    page = (tmp_path / "site" / "benchmarks.html").read_text()
    assert "The law of cost" in page
    assert "a|b" in page


def block_of(*cells: Row, entry: str = "call", **more: Any) -> Block:
    """The last thing that the site says of an entry point's cost."""
    return cost(run_of([*limits(), *cells], **more), entry)[-1]


def places(figure: str, which: str) -> list[tuple[int, int]]:
    """The points of a line of the picture: of a limit by its dashes, of a call by its class."""
    found = re.search(rf'{which}.*? d="M([\d L]+)"', figure)
    assert found is not None
    return [tuple(map(int, point.split())) for point in found[1].split("L")]  # type: ignore[misc]


def test_a_call_that_shares_is_a_level_line_over_the_bare_call() -> None:
    figure = block_of(*call("call", sharing, noise=0.0)).figure
    heights = {y for _, y in places(figure, '</path><path(?= d="M[^H]*"></path><text)')}
    assert len(heights) == 1
    assert "a bare call" in figure


def test_a_call_that_copies_lies_on_the_limit_that_it_copies_at() -> None:
    figure = block_of(*call("call", fresh, noise=0.0)).figure
    line, limit = places(figure, '</path><path(?= d="M[^H]*"></path><text)'), places(figure, 'stroke-dasharray="6 3"')
    assert [x for x, _ in line] == [x for x, _ in limit]
    assert all(abs(y - other) <= 3 for (_, y), (_, other) in zip(line, limit))


def test_larger_inputs_lie_to_the_right_and_longer_times_above() -> None:
    limit = places(block_of(*call("call", sharing)).figure, 'stroke-dasharray="none"')
    assert [x for x, _ in limit] == sorted({x for x, _ in limit})
    assert [y for _, y in limit] == sorted((y for _, y in limit), reverse=True)


def test_what_a_curve_shows_stands_in_a_table() -> None:
    table = block_of(*call("call", copying, noise=0.0)).table
    assert [row[0] for row in table[1:]] == list(SIZES)
    assert "406 ns" in table[2][1]
    assert [float(ratio.removesuffix("x")) for ratio in table[-1][4:]] == pytest.approx([1, 0.4], rel=0.1)


@pytest.mark.parametrize(
    ("time", "promise", "words"),
    [
        (
            sharing,
            "shares",
            "O(1): 900 ns for 16 elements; 64 MiB cost no more. It promises that it shares, and costs what that allows.",
        ),
        (copying, "shares", "memcpys above its fixed cost: it reads or copies all."),
        (fresh, "may share", "O(n)"),
    ],
)
def test_the_law_is_told_in_a_sentence(time: Callable[[int], float], promise: str, words: str) -> None:
    assert words in cost(run_of([*limits(), *call("call", time, promise=promise, noise=0.0)]), "call")[0].text


def test_one_size_makes_no_curve() -> None:
    block = block_of(row("call", "4 KiB", 1e-6))
    assert not block.figure
    assert block.table


def test_a_call_that_was_not_timed_says_why() -> None:
    refused = row("call", "4 KiB", 1e-6) | {"outcome": "raised", "message": "TypeError: no"}
    assert block_of(not_timed=(refused,)).text == "Not measured: TypeError: no."
    assert "--entry-point 'call'" in block_of().text


@pytest.mark.parametrize("time", [1e-12, 1e-6, 1e9])
def test_a_picture_of_one_time_has_a_scale(time: float) -> None:
    cells = [{**r, "rounds": [[time]], "bare": [time]} for r in call("call", sharing)]
    assert "<svg" in cost(run_of(cells), "call")[-1].figure


def test_calls_that_the_results_know_lead_to_their_pages(tmp_path: Path) -> None:
    page = (whole_site(tmp_path) / "benchmarks.html").read_text()
    assert re.search(r"<a href=entry/fake-convert-\w+.html>fake.convert</a>", page)
    assert "</b> fake.other\n" in page or "</b> fake.other</ul>" in page


def test_a_broken_run_makes_no_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = write_lines(tmp_path / "results.jsonl", *ROWS)
    assert main(["html", str(results), "--benchmark", str(results), "-o", str(tmp_path / "site")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_our_own_speed_is_printed_as_ratios(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "speed.json").write_text('{"benchmarks": [], "ratios": ["search: ours 3.1x theirs"]}')
    assert main(["benchmark", "--self", str(tmp_path / "speed.json")]) == 0
    assert "ours 3.1x theirs" in capsys.readouterr().out


def test_a_run_of_conversions_has_no_ratios(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "--self", str(good)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_plots_are_drawn(good: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert main(["benchmark", str(good), str(good), "--plots", str(tmp_path / "plots")]) == 0
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"size-torch-in.svg", "fixed-torch-in.svg", "ratio.svg"}


def test_without_matplotlib_plots_are_refused_in_a_line(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["benchmark", str(good), "--plots", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
