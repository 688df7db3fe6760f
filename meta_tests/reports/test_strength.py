"""The strength table: what it says of a file, and of one that holds something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from meta_tests.faults import faults
from meta_tests.helpers import write_lines
from tensor_conformance.conformance.cli import main
from tensor_conformance.reports.results import ResultsError
from tensor_conformance.reports.strength import STRENGTH, by_law, read_strength, strength

HEADER = {
    "kind": "header", "schema": 1, "environment": {"numpy": "2.4.6"}, "seeds": 2, "examples": 60, "peers": ["round trip"],
}  # fmt: skip


def tries(*caught: bool, examples: int = 5) -> dict[str, Any]:
    return {"caught": list(caught), "examples": [examples] * len(caught), "seconds": [0.25] * len(caught)}


def fault(grid: dict[str, Any], search: dict[str, Any], law: str = "values", peer: str = "missed") -> dict[str, Any]:
    row = {"kind": "fault", "fault": "last bit lost", "entry": "fake.convert", "law": law, "framework": "fake", "direction": "in"}
    return row | {"grid": grid, "search": search, "peers": {"round trip": peer}}


SURE = fault(tries(True, True), tries(False, False))
LUCKY = fault(tries(False, False), tries(True, False))
LATE = fault(tries(False, False), tries(True, True, examples=61))
CONTROL = {"kind": "control", "entry": "fake.convert", "findings": [], "conversions": 1234}


@pytest.mark.parametrize(
    ("row", "words"),
    [(SURE, "1 caught with every seed"), (LUCKY, "0 caught with every seed, 1 with some"), (LATE, "1 missed")],
)
def test_a_fault_counts_as_caught_when_every_seed_of_a_default_run_does(row: dict[str, Any], words: str) -> None:
    assert words in strength([HEADER, row])


def test_peers_are_counted_by_law() -> None:
    rows = [HEADER, SURE, fault(tries(True, True), tries(True, True), "shape", "caught")]
    assert list(by_law(rows))[1:] == [("shape", "1", "1", "1"), ("values", "1", "1", "0"), ("all", "2", "2", "1")]


def test_findings_without_a_fault_are_told() -> None:
    assert "without a fault: 0 findings in 1,234 conversions of 1 entry points" in strength([HEADER, SURE, CONTROL])


@pytest.mark.parametrize("lines", [(), ("{",), (SURE,), (HEADER, HEADER), (HEADER, SURE | {"law": 1}), (HEADER,)])
def test_what_is_no_strength_file_is_refused_in_a_line(tmp_path: Path, lines: tuple[Any, ...]) -> None:
    with pytest.raises(ResultsError, match=r"^[^\n]+$"):
        read_strength(write_lines(tmp_path / "some.jsonl", *lines))


def test_the_verb_ends_with_2_where_there_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["strength", str(tmp_path / "none.jsonl")]) == 2
    assert "cannot read" in capsys.readouterr().err


def test_the_published_file_misses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["strength"]) == 0
    assert " 0 with some, 0 missed" in capsys.readouterr().out
    assert STRENGTH.stat().st_size < 200_000


def test_the_published_file_knows_every_fault() -> None:
    published = {(row["law"], row["entry"], row["fault"]) for row in read_strength(STRENGTH)[1:] if row["kind"] == "fault"}
    assert published == {(fault.law, fault.entry, fault.name) for fault in faults().values()}
