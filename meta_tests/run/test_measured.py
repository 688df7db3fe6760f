"""A run becomes a measurement where it tested everything, and everything was as promised or recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meta_tests.helpers import CLAIM, DEVIATION, DRIFT, ENTRY, FINDING, FOOTER, HEADER, write_lines
from tensor_conformance.conformance.cli import main
from tensor_conformance.conformance.frameworks.registry import entry_points, frameworks
from tensor_conformance.conformance.promises.releases import measured

FRAMEWORK = next(iter(frameworks()))
ENVIRONMENT = HEADER | {"environment": {FRAMEWORK: "9.8.7", "numpy": "2.4.6"}}
WHOLE = [ENTRY | {"entry": entry.name, "framework": FRAMEWORK} for entry in entry_points() if entry.framework == FRAMEWORK]

Measure = Callable[..., int]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "measured.jsonl"


@pytest.fixture
def measure(tmp_path: Path, table: Path) -> Measure:
    """The exit code of the verb, for a results file of these rows."""

    def run(*rows: dict[str, Any], header: dict[str, Any] = ENVIRONMENT) -> int:
        path = write_lines(tmp_path / "results.jsonl", header, *rows)
        return main(["measured", str(path), "--table", str(table)])

    return run


def test_a_whole_run_is_a_line_of_the_table(measure: Measure, table: Path) -> None:
    assert measure(*WHOLE, FOOTER) == 0
    (row,) = map(json.loads, table.read_text().splitlines())
    assert (row["entry_points"], row["conversions"]) == (len(WHOLE), 92 * len(WHOLE))
    assert measured(table)[FRAMEWORK] == ("9.8",)


def test_a_newer_run_of_the_same_environment_takes_the_place_of_the_older(measure: Measure, table: Path) -> None:
    assert measure(*WHOLE, FOOTER) == measure(*WHOLE, FOOTER, header=ENVIRONMENT | {"seed": 1}) == 0
    (row,) = map(json.loads, table.read_text().splitlines())
    assert row["seed"] == 1


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ((*WHOLE,), "it was interrupted"),
        ((*WHOLE[1:], FOOTER), f"it left out {WHOLE[0]['entry']}"),
        ((*WHOLE, FINDING, FOOTER), "1 findings are not recorded"),
        ((*WHOLE, DRIFT, FOOTER), "1 clauses are not as observed"),
        ((*WHOLE, DEVIATION | {"status": "mended"}, FOOTER), "fake-nan no longer happens"),
        ((*WHOLE, CLAIM | {"holds": False}, FOOTER), "this is not as true as was found: it copies"),
    ],
)
def test_what_does_not_say_that_all_is_as_promised_is_no_measurement(
    rows: tuple[dict[str, Any], ...], reason: str, measure: Measure, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure(*rows) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"is no measurement: {reason}" in line
    assert not table.exists()


@pytest.mark.parametrize("name", frameworks())
def test_our_promises_were_measured_with_the_pinned_releases(name: str) -> None:
    pins = (Path(__file__).resolve().parents[2] / "requirements" / "frameworks.txt").read_text()
    assert any(f"=={series}." in pins for series in frameworks()[name].measured[name])
