"""The summary says what happened, and what did not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from meta_tests.helpers import DEVIATION, ENTRY, FINDING, FOOTER, NOT_RUN, ROWS, results, write_lines
from tensor_conformance.reports.summary import memory_word, summary

FINE = ENTRY | {"entry": "fake.copy", "verdicts": {"conforms": 1000, "refuses": 24}, "laws": {}, "matrix": {}}


def line_with(word: str, text: str) -> str:
    return next(line for line in text.splitlines() if word in line)


def test_the_table_has_a_column_for_each_verdict_that_occurs() -> None:
    heading, rule, first, second, *_ = summary(results(ENTRY, FINE)).splitlines()
    assert heading.split() == ["entry", "point", "conforms", "refuses", "violates", "memory"]
    assert set(rule) == {"-"}
    assert first.split()[:4] == ["fake.convert", "90", ".", "2"]
    assert second.split() == ["fake.copy", "1000", "24", ".", "-"]


def test_columns_stand_below_each_other() -> None:
    heading, _, first, second, *_ = summary(results(ENTRY, FINE)).splitlines()
    end = heading.index("conforms") + len("conforms")
    assert (first[:end].split()[-1], second[:end].split()[-1]) == ("90", "1000")


def test_verdicts_are_added_up() -> None:
    last = summary(results(ENTRY, FINE)).splitlines()[-1]
    assert last == "2 entry points, 1,116 conversions: 1,090 conforms, 24 refuses, 2 violates"


def test_a_complete_run_has_no_warning_words() -> None:
    text = summary(results(FINE))
    assert not any(word in text for word in ("INTERRUPTED", "STOPPED", "NOT RUN", "BREAKS", "GONE", "findings"))


def test_broken_laws_are_named_beside_their_entry_point() -> None:
    assert line_with("fake.convert", summary(results(ENTRY))).endswith("BREAKS values")
    assert "dtype" not in line_with("fake.convert", summary(results(ENTRY)))


def test_a_run_without_a_footer_is_called_interrupted() -> None:
    assert summary(results(ENTRY, footer=None)).splitlines()[-1].startswith("INTERRUPTED")


def test_a_run_that_stopped_early_says_why() -> None:
    text = summary(results(ENTRY, footer=FOOTER | {"stopped": "stopping after 1 failures"}))
    assert text.splitlines()[-1] == "STOPPED: stopping after 1 failures"


def test_entry_points_that_were_not_run_are_counted_by_their_reason() -> None:
    text = summary(results(ENTRY, NOT_RUN, NOT_RUN, NOT_RUN | {"reason": "too slow"}))
    assert line_with("NOT RUN: other", text) == "NOT RUN: other is not installed (entry points: 2)"
    assert line_with("too slow", text) == "NOT RUN: too slow (entry points: 1)"


def test_frameworks_that_are_missing_are_named_with_their_reason() -> None:
    text = summary(results(ENTRY, missing={"other": "other cannot be imported"}))
    assert line_with("NOT RUN", text) == "NOT RUN: other cannot be imported"


def test_a_reason_is_given_once() -> None:
    text = summary(results(NOT_RUN, missing={"other": NOT_RUN["reason"]}))
    assert text.count(NOT_RUN["reason"]) == 1


def test_nothing_run_is_said() -> None:
    assert summary(results()).splitlines() == ["0 entry points, 0 conversions: nothing was run"]


def test_deviations_that_still_happen_are_counted() -> None:
    line = line_with("fake-nan", summary(results(ENTRY | {"deviated": {"fake-nan": 7}}, DEVIATION)))
    assert line.split()[0] == "7x"
    assert line.endswith("fake-nan: NaN loses its sign [not reported]")


def test_deviations_that_are_gone_are_said_to_be() -> None:
    line = line_with("fake-nan", summary(results(ENTRY, DEVIATION | {"status": "gone", "upstream": "https://example.org/1"})))
    assert line.split()[0] == "GONE"
    assert line.endswith("[https://example.org/1]")


def test_deviations_that_were_not_tried_are_said_to_be() -> None:
    assert line_with("fake-nan", summary(results(ENTRY, DEVIATION | {"status": "not run"}))).split()[:2] == ["not", "run"]


def test_the_gravest_deviations_come_first() -> None:
    severities = ["manners", "unheard of", "crash", "memory", "wrong data", "hang"]
    text = summary(results(*(DEVIATION | {"severity": name, "id": f"d{n}"} for n, name in enumerate(severities))))
    shown = [line.partition(":")[0].split()[-1] for line in text.splitlines() if "NaN loses its sign" in line]
    assert shown == ["d2", "d5", "d4", "d3", "d0", "d1"]


def test_findings_say_what_was_owed_and_what_was_seen() -> None:
    line = line_with("0123456789", summary(results(ENTRY, FINDING)))
    assert line == "  0123456789  wrong data: fake.convert gives 0x2, where 0x1 is expected (2x)"


def test_the_memory_word_is_what_was_seen() -> None:
    assert memory_word(FINE) == "-"
    assert memory_word(ENTRY | {"matrix": {"dtype": {"float32": {"shares": 3, "refuses": 9}}}}) == "shares"
    assert memory_word(ENTRY) == "shares 75%, copies 25%"


def reports(*arguments: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[2]
    return subprocess.run([sys.executable, "-m", "reports", *arguments], capture_output=True, text=True, cwd=root, check=False)


def test_the_summary_of_a_file_is_printed_and_findings_are_no_success(tmp_path: Path) -> None:
    done = reports("summary", str(write_lines(tmp_path / "r.jsonl", *ROWS)))
    assert (done.returncode, done.stderr) == (1, "")
    assert "fake.convert" in done.stdout


def test_a_valid_file_is_said_to_be_complete(tmp_path: Path) -> None:
    done = reports("validate", str(write_lines(tmp_path / "r.jsonl", *ROWS)))
    assert (done.returncode, done.stdout.endswith("complete\n")) == (0, True)


def test_a_broken_file_gets_one_line_and_no_traceback(tmp_path: Path) -> None:
    done = reports("summary", str(write_lines(tmp_path / "r.jsonl", "nonsense")))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "line 1: not JSON" in done.stderr
