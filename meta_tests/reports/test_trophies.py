"""The trophy case shows every known deviation, and nothing that does not happen."""

from __future__ import annotations

from pathlib import Path

from meta_tests.helpers import DEVIATION, results
from tensor_conformance.conformance.frameworks.registry import deviations, entry_points
from tensor_conformance.reports.trophies import trophies

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "trophies.md"


def pinned() -> dict[str, str]:
    """The releases that the page is about."""
    lines = (ROOT / "requirements" / "frameworks.txt").read_text().splitlines()
    pairs = (line.partition(" ")[0].split("==") for line in lines if "==" in line)
    return {name.replace("tensorflow-cpu", "tensorflow"): release for name, release in pairs}


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
    known = [deviation for deviation in deviations() if deviation.shown_by in host and deviation.applies_to(pinned())]
    assert [deviation.id for deviation in known if f". {deviation.id}\n" not in page] == []
