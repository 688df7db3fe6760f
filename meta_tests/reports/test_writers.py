"""One results file, many writers; broken, foreign and hostile files are rendered or refused in a line."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import html5lib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meta_tests.helpers import DEVIATION, ENTRY, FINDING, FOOTER, HEADER, NOT_RUN, results, write_lines
from meta_tests.site import BROKEN, CALL, CELLS, FINE, KNOWN, PROGRAM, PROGRAMS, PROMISE, ROWS, entry, pages
from tensor_conformance.conformance.cli import VERBS, main
from tensor_conformance.reports.cells import Cells, decode
from tensor_conformance.reports.merge import Merged, environments, merge
from tensor_conformance.reports.replay import command
from tensor_conformance.reports.results import Row, read
from tensor_conformance.reports.writers import badge, sarif
from tensor_conformance.reports.writers.csv import matrix
from tensor_conformance.reports.writers.markdown import markdown

ALL = Merged(results(*ROWS[1:-1]))


def ran(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line in which a verb refuses its file."""
    assert ran(*arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "results.jsonl", *ROWS)


# -- the command -----------------------------------------------------------------------------------------------------------


def test_help_lists_every_verb_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    text = capsys.readouterr().out
    for verb in ("html", "summary", "replay", "merge", "validate", "markdown", "csv", "sarif", "badge"):
        assert f"\n    {verb} " in text
    assert "exit codes" in text
    assert len(VERBS) >= 9


@pytest.mark.parametrize("verb", ["summary", "validate", "markdown", "csv", "sarif"])
def test_a_file_that_is_not_there_is_refused_in_a_line(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere.jsonl" in refused(capsys, verb, "nowhere.jsonl")


def test_a_file_of_a_newer_suite_is_refused_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_lines(tmp_path / "new.jsonl", HEADER | {"schema": 2, "unheard": "of"})
    assert "format 2; this one reads format 1" in refused(capsys, "html", path, "-o", tmp_path / "site")


def test_a_row_of_an_unknown_kind_is_refused_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_lines(tmp_path / "odd.jsonl", HEADER, {"kind": "surprise"})
    assert "line 2: rows of kind 'surprise' are unknown" in refused(capsys, "summary", path)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_what_is_no_number_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], number: str) -> None:
    path = write_lines(tmp_path / "odd.jsonl", HEADER, json.dumps(ENTRY).replace('"seconds": 0.5', f'"seconds": {number}'))
    assert "line 2" in refused(capsys, "summary", path)


def test_replay_prints_the_command_and_the_script(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("replay", "0123456789", path) == 0
    text = capsys.readouterr().out
    assert f"pytest conformance --replay 0123456789 --results {path}" in text
    assert BROKEN["script"] in text


def test_a_replay_asks_the_interpreter_that_the_run_asked() -> None:
    told = command({"id": "0123456789"}, {"subjects": {"torch": "/a folder/python"}}, "a.jsonl")
    assert told == "pytest conformance --replay 0123456789 --results a.jsonl --subject 'torch=/a folder/python'"


def test_a_deviation_is_replayed_by_its_script(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("replay", "fake-nan", path) == 0
    assert "print(1)" in capsys.readouterr().out


def test_an_id_that_is_not_there_is_refused(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no finding or deviation 'x'" in refused(capsys, "replay", "x", path)


def test_a_writer_writes_to_a_file_when_asked(path: Path, tmp_path: Path) -> None:
    assert ran("csv", path, "-o", tmp_path / "new" / "matrix.csv") == 0
    assert (tmp_path / "new" / "matrix.csv").read_text().startswith("environment,")


# -- Markdown ----------------------------------------------------------------------------------------------------------------


def test_markdown_shows_findings_with_their_scripts_and_fails() -> None:
    text, code = markdown([ALL])
    assert code == 1
    assert "## ❌ Tensor conformance: 1 broken promise\n" in text
    for part in (
        "Values MUST survive.",
        "```python\nimport numpy as np\nprint('<b>' & 1)\n```",
        "NaN loses its sign",
        "**not run**",
    ):
        assert part in text, part


def lettered(number: int) -> str:
    """A word for each number: findings that differ in numbers alone are one."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def test_markdown_of_a_clean_run_says_so() -> None:
    text, code = markdown([Merged(results(FINE))])
    assert (code, "✅ Tensor conformance: 1 entry points, no new broken promise" in text) == (0, True)


def test_markup_in_a_file_stays_text_in_markdown() -> None:
    text = "</summary><script>|`*_[x](javascript:y) @all"
    finding = FINDING | {"entry": text, "must": text, "script": "````\n" + text}
    written, _ = markdown([Merged(results(finding, DEVIATION | {"title": text}, NOT_RUN | {"reason": text}))])
    before, _, after = written.split("`````")
    outside = before + after
    assert "<script>" not in outside
    assert "@all" not in outside
    assert "](" not in outside.replace("\\]", "")


def test_markdown_stays_below_what_a_job_summary_may_hold() -> None:
    many = [FINDING | {"id": f"{n:010x}", "observed": lettered(n), "script": "x" * 10_000} for n in range(20_000)]
    text, _ = markdown([Merged(results(*many))])
    assert len(text.encode()) < 1 << 20
    assert "and 19,800 more" in text


# -- SARIF, CSV, badge -------------------------------------------------------------------------------------------------------


def test_sarif_has_findings_as_errors_and_known_deviations_suppressed() -> None:
    (run,) = json.loads(sarif.sarif([ALL])[0])["runs"]
    finding, deviation = run["results"]
    assert (finding["ruleId"], finding["level"]) == ("values", "error")
    assert finding["partialFingerprints"] == {"replay/v1": "0123456789/values"}
    assert deviation["suppressions"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_csv_has_a_line_per_cell() -> None:
    rows = list(csv.DictReader(io.StringIO(matrix([ALL])[0])))
    assert len(rows) == len({cell[:2] for cell in CELLS}) + 1
    wrong = next(row for row in rows if (row["dtype"], row["layout"]) == ("float64", "holes"))
    assert (wrong["answer"], wrong["troubles"], wrong["conversions"]) == ("copies", "wrong", "2")


def test_a_spreadsheet_does_not_run_what_csv_holds() -> None:
    text, _ = matrix([Merged(results(entry("=HYPERLINK(1)")))])
    assert ",'=HYPERLINK" in text


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((CALL, BROKEN, KNOWN), "1 broken"),
        ((FINE, KNOWN), "1 calls conform, 1 known deviations"),
        ((), "nothing run"),
    ],
)
def test_the_badge_says_how_it_went(rows: tuple[Row, ...], message: str) -> None:
    merged = [Merged(results(*rows))]
    assert json.loads(badge.endpoint(merged))["message"] == message
    assert message in (ElementTree.fromstring(badge.svg(merged)).get("aria-label") or "")


def test_the_badge_of_an_interrupted_run_claims_nothing() -> None:
    assert badge.verdict([Merged(results(FINE, footer=None))]) == ("interrupted", "yellow")


# -- merging -------------------------------------------------------------------------------------------------------------------


def test_shards_are_added_up() -> None:
    other = CALL | {"verdicts": {"conforms": 10}, "seconds": 1.5}
    (added,) = merge([results(CALL), results(other)]).results.rows
    assert added["verdicts"] == {"conforms": 100, "violates": 2}
    assert added["seconds"] == 2.0
    assert decode(added) == Cells({cell: 2 * n for cell, n in CELLS.items()})


def test_a_file_given_twice_is_counted_once_and_that_is_said() -> None:
    merged = merge([results(CALL, BROKEN), results(CALL, BROKEN)])
    assert merged.results.rows == (CALL, BROKEN)
    assert "2 rows are there more than once" in merged.notes[0]


def test_a_finding_of_two_shards_is_one() -> None:
    (found,) = merge([results(FINDING), results(FINDING | {"count": 5})]).results.rows
    assert found["count"] == 7


@pytest.mark.parametrize(
    ("one", "other", "note"),
    [
        (FINDING, FINDING | {"observed": "0x3"}, "observed in different ways"),
        (PROGRAM, PROGRAM | {"observed": "0x3"}, "observed in different ways"),
        (DEVIATION, DEVIATION | {"status": "gone"}, "happens in one file and is gone in another"),
        (CALL, CALL | {"call": "fake.other(a)"}, "different calls or promises"),
        (ENTRY, NOT_RUN | {"entry": ENTRY["entry"]}, "not run in one file but run in another"),
    ],
)
def test_contradictions_are_said(one: Row, other: Row, note: str) -> None:
    assert note in " ".join(merge([results(one), results(other)]).notes)


def test_clauses_are_told_by_their_text_when_promises_differ() -> None:
    cells = Cells({(dtype, layout, how._replace(clause=2 - how.clause)): n for (dtype, layout, how), n in CELLS.items()})
    turned = entry(CALL["entry"], cells, promise=PROMISE[::-1])
    (added,) = merge([results(turned), results(CALL)]).results.rows
    assert decode(added) == Cells({cell: 2 * n for cell, n in CELLS.items()})


def test_one_interrupted_shard_makes_the_whole_interrupted() -> None:
    assert merge([results(CALL), results(FINE, footer=None)]).results.interrupted


def test_runs_of_two_frameworks_are_one_environment_and_of_two_releases_are_two() -> None:
    torch, older, tensorflow = (
        results(environment={"numpy": "2"} | framework)
        for framework in ({"torch": "2.13"}, {"torch": "2.12"}, {"tensorflow": "2.21"})
    )
    found = [each.results.header["environment"] for each in environments([torch, older, tensorflow])]
    assert found == [{"numpy": "2", "torch": "2.13", "tensorflow": "2.21"}, {"numpy": "2", "torch": "2.12"}]


def test_a_merged_file_is_a_results_file(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = write_lines(tmp_path / "other.jsonl", HEADER | {"seed": 1}, FINE | {"seconds": 9}, FOOTER)
    assert ran("merge", path, other, "-o", tmp_path / "all.jsonl") == 0
    assert "note: the files differ in seed: 0, 1" in capsys.readouterr().out
    assert read(tmp_path / "all.jsonl").header["merged"] == 2


def test_different_environments_are_not_merged(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = write_lines(tmp_path / "other.jsonl", HEADER | {"environment": {"numpy": "1.26"}}, FOOTER)
    assert "different environments" in refused(capsys, "merge", path, other, "-o", tmp_path / "all.jsonl")
    assert not (tmp_path / "all.jsonl").exists()


# -- broken files ----------------------------------------------------------------------------------------------------------------

_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["<b>&\"'{{7}}", "\ud800", "\x00", "\u202e", "../..", "", "x" * 5000, "__proto__", "javascript:x", "|`"]),
)
_ODD: st.SearchStrategy[Any] = _TEXTS | st.sampled_from([None, True, -1, 0, 1 << 70, 1e308, [], {}, {"": ""}, [[]]])


_EVERY = (*ROWS[:-1], PROGRAM, PROGRAMS, FOOTER)


@st.composite
def _broken(draw: st.DrawFn) -> list[Row]:
    """Rows in which up to four values or names were replaced, dropped or doubled, and whole rows moved."""
    rows = draw(st.one_of(st.just(list(_EVERY)), st.lists(st.sampled_from(_EVERY), max_size=7)))
    rows = json.loads(json.dumps(rows))
    for _ in range(draw(st.integers(0, 4)) if rows else 0):
        here: Any = draw(st.sampled_from(rows))
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(here[key], dict | list) and draw(st.booleans()):
                here = here[key]
                continue
            change = draw(st.sampled_from(["replace", "same kind", "rename", "drop"]))
            if change == "same kind" and isinstance(here[key], str):
                here[key] = draw(_TEXTS)
            elif change == "rename" and isinstance(here, dict):
                here[draw(_TEXTS)] = here.pop(key)
            elif change == "drop":
                del here[key]
            else:
                here[key] = draw(_ODD)
            break
    return rows


_SLOWLY = settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


@_SLOWLY
@given(
    rows=_broken(),
    cut=st.integers(0, 200),
    verb=st.sampled_from(["html", "html", "summary", "markdown", "csv", "sarif", "badge", "merge"]),
)
def test_broken_files_are_rendered_or_refused_in_a_line(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], rows: list[Row], cut: int, verb: str
) -> None:
    folder = tmp_path_factory.mktemp("broken")
    path = write_lines(folder / "results.jsonl", *rows)
    if cut > 100:
        path.write_bytes(path.read_bytes()[: -(cut - 100)])
    output = folder / ("site" if verb in ("html", "badge") else "out")
    code = ran(verb, path, *(() if verb == "summary" else ("-o", output)))
    complaint = capsys.readouterr().err
    assert code in (0, 1, 2)
    assert len(complaint.splitlines()) == (code == 2), complaint
    if verb == "html" and code == 0:
        for page in pages(output):
            html5lib.HTMLParser(strict=True).parse(page.read_text(encoding="utf-8"))


@_SLOWLY
@given(noise=st.binary(max_size=300))
def test_files_of_noise_are_refused_in_a_line(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], noise: bytes
) -> None:
    path = tmp_path_factory.mktemp("noise") / "results.jsonl"
    path.write_bytes(noise)
    refused(capsys, "html", path, "-o", path.parent / "site")


def test_a_hundred_thousand_rows_are_rendered(tmp_path: Path) -> None:
    rows = [json.dumps(FINDING | {"id": f"{n:010x}", "observed": lettered(n)}) for n in range(50_000)]
    rows += [json.dumps(NOT_RUN | {"entry": f"other.{n}"}) for n in range(50_000)]
    path = write_lines(tmp_path / "results.jsonl", HEADER, *rows, FOOTER)
    assert ran("html", path, "-o", tmp_path / "site") == 0
    size = sum(page.stat().st_size for page in pages(tmp_path / "site"))
    assert size < 10_000_000
    assert "50,000 broken promises" in (tmp_path / "site" / "index.html").read_text()
