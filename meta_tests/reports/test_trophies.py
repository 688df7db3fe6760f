"""The trophy case shows every known deviation, and nothing that does not happen."""

from __future__ import annotations

from pathlib import Path

from meta_tests.helpers import DEVIATION, results
from tensor_conformance.conformance.frameworks.registry import deviations, entry_points
from tensor_conformance.reports.trophies import trophies

PAGE = Path(__file__).resolve().parents[2] / "docs" / "trophies.md"


def test_the_shortest_reproducer_stands_first() -> None:
    long = DEVIATION | {"id": "long", "script": "a\nb\nc\n"}
    short = DEVIATION | {"id": "short", "script": "a\n"}
    page = trophies(results(long | {"status": "happens"}, short | {"status": "happens"}))
    assert page.index("## 1. short") < page.index("## 2. long")


def test_what_is_gone_is_no_trophy() -> None:
    assert "## 1." not in trophies(results(DEVIATION | {"status": "gone"}))


def test_the_published_page_shows_every_known_deviation() -> None:
    page = PAGE.read_text()
    host = {entry.name for entry in entry_points()}  # A machine without a device cannot show what happens there.
    known = [deviation for deviation in deviations() if deviation.shown_by in host]
    assert [deviation.id for deviation in known if f". {deviation.id}\n" not in page] == []
