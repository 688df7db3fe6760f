"""The trophy case shows every known deviation, and nothing that does not happen."""

from __future__ import annotations

from pathlib import Path

from meta_tests.helpers import DEVIATION, results
from tensor_conformance.conformance.frameworks.registry import deviations, entry_points
from tensor_conformance.reports.trophies import trophies

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "trophies.md"


def test_the_worst_stands_first_then_the_shortest_reproducer() -> None:
    long = DEVIATION | {"id": "long", "script": "a\nb\nc\n", "status": "happens"}
    short = DEVIATION | {"id": "short", "script": "a\n", "status": "happens"}
    worst = long | {"id": "worst", "severity": "crash"}
    page = trophies([results(long, short, worst)])
    assert page.index("## 1. worst") < page.index("## 2. short") < page.index("## 3. long")


def test_what_is_gone_is_no_trophy() -> None:
    assert "## 1." not in trophies([results(DEVIATION | {"status": "gone"})])


def test_a_trophy_says_in_which_releases_it_happens() -> None:
    row = DEVIATION | {"status": "happens"}
    runs = [results(row, environment={"torch": torch, "numpy": "2.4.6"}) for torch in ("2.10.0", "2.9.1+cpu")]
    page = trophies([*runs, results(environment={"torch": "2.13.0", "numpy": "2.4.6"})])
    assert "Happens in torch 2.9.1 to 2.10.0." in page
    assert "on numpy 2.4.6, torch 2.9.1 to 2.13.0." in page


def test_the_published_page_shows_every_known_deviation_of_every_release() -> None:
    page = PAGE.read_text()
    host = {entry.name for entry in entry_points()}  # A machine without a device cannot show what happens there.
    known = [deviation for deviation in deviations() if deviation.shown_by in host]
    assert [deviation.id for deviation in known if f". {deviation.id}\n" not in page] == []
