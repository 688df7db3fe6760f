"""Behaviour belongs to releases: what is measured is judged, what is not is extrapolated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensor_conformance.conformance.laws.judge import judge
from tensor_conformance.conformance.promises import EntryPoint, accepts, documented, dtype, during, observed
from tensor_conformance.conformance.promises.conditions import always
from tensor_conformance.conformance.promises.deviations import Deviation
from tensor_conformance.conformance.promises.releases import beyond, hold, measured, series
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.strategies.spec import ArraySpec

PLAIN = ArraySpec("float32", (1,), (4,), 0, 4)
SEEN, WRITTEN = observed("fake 1.0"), documented("https://example.org")
KNOWN = {"fake": ("1.0", "1.2"), "numpy": ("2.4",)}
#: A result whose dtype is not the source's.
OTHER_DTYPE = Observation("ok", type="fake.Tensor", dtype="float64", shape=(1,))


def entry(*clauses: object) -> EntryPoint:
    """An entry point that promises this."""
    return EntryPoint("fake.convert", "fake.convert(a)", "fake", "in", clauses)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("version", "specifier", "within"),
    [
        ("2.15.0+cpu", ">=2.15", True),
        ("2.16.0.dev20261101", ">=2.16", True),
        ("2.16.0a0+git1234", "<2.16", False),
        ("2.14.1", ">=2.13,<2.14", False),
        ("2.14.1", "", True),
    ],
)
def test_a_version_is_of_the_release_that_it_is_or_will_be(version: str, specifier: str, within: bool) -> None:
    assert hold((f"fake{specifier}",), {"fake": version}) is within


def test_requirements_hold_together_and_never_of_a_package_that_is_missing() -> None:
    assert hold((), {})
    assert hold(("fake>=1.1", "numpy<3"), {"fake": "1.2", "numpy": "2.4.6"})
    assert not hold(("fake>=1.1", "numpy<2"), {"fake": "1.2", "numpy": "2.4.6"})
    assert not hold(("fake>=1.1",), {"numpy": "2.4.6"})


def test_a_series_is_what_a_release_is_measured_by() -> None:
    assert series("2.15.1+cu130") == "2.15"
    assert series("2.16.0.dev1") == "2.16"


@pytest.mark.parametrize(
    ("versions", "reason"),
    [
        ({"fake": "1.2.7", "numpy": "2.4.0"}, ""),
        ({"fake": "2.99.0", "numpy": "2.4.0"}, "fake 2.99.0 is newer than 1.2, the newest that was measured"),
        ({"fake": "0.9", "numpy": "2.4.0"}, "fake 0.9 is older than 1.0, the oldest that was measured"),
        ({"fake": "1.1.1", "numpy": "2.4.0"}, "fake 1.1.1 was not measured"),
        ({"fake": "1.0", "numpy": "2.5.0"}, "numpy 2.5.0 is newer than 2.4, the newest that was measured"),
    ],
)
def test_what_was_not_measured_is_extrapolated_and_says_why(versions: dict[str, str], reason: str) -> None:
    assert beyond(versions, KNOWN, ("fake", "numpy")) == reason


def test_nothing_is_extrapolated_where_nothing_says_what_was_measured() -> None:
    assert beyond({"fake": "9.9", "numpy": "2.4.0"}, {}, ("fake", "numpy")) == ""


def test_the_table_of_runs_says_what_was_measured(tmp_path: Path) -> None:
    table = tmp_path / "measured.jsonl"
    rows = ['{"environment": {"fake": "1.10.0", "numpy": "2.4.6"}}', '{"environment": {"fake": "1.9.3", "numpy": "2.4.1"}}']
    table.write_text("\n".join(rows))
    assert measured(table) == {"fake": ("1.9", "1.10"), "numpy": ("2.4",)}


def test_a_clause_is_promised_in_its_releases_alone() -> None:
    promised = entry(*during("fake>=1.2", dtype("float64", source=SEEN)), dtype("float32", source=SEEN))
    values = {version: promised.under({"fake": version}).clause("dtype", PLAIN) for version in ("1.1", "1.2")}
    assert [clause.value for clause in values.values() if clause is not None] == ["float32", "float64"]


def test_an_entry_point_that_is_the_same_in_all_releases_is_itself() -> None:
    promised = entry(accepts(source=SEEN))
    assert promised.under({"fake": "1.0"}) is promised


@pytest.mark.parametrize(
    ("source", "extrapolated", "name"),
    [(SEEN, False, "violates"), (SEEN, True, "drifts"), (WRITTEN, False, "violates"), (WRITTEN, True, "violates")],
)
def test_what_was_only_observed_elsewhere_drifts(source: object, extrapolated: bool, name: str) -> None:
    promised = entry(accepts(source=WRITTEN), dtype("float32", source=source))  # type: ignore[arg-type]
    verdict = judge(promised, PLAIN, OTHER_DTYPE, extrapolated=extrapolated)
    assert verdict.name == name
    assert [law for law, _ in verdict.drifts or verdict.breaches if law == "dtype"] == ["dtype"]


def test_a_crash_never_drifts() -> None:
    verdict = judge(entry(accepts(source=SEEN)), PLAIN, Observation("crashed", ("SIGSEGV",)), extrapolated=True)
    assert verdict.name == "crashes"


def test_a_known_deviation_without_an_upper_bound_goes_on() -> None:
    fields = ("id", "title", "fake", ("fake.*",), ("dtype",), always, "https://example.org", "", PLAIN, "fake.convert", "memory")
    assert Deviation(*fields, releases=">=1.1").applies_to({"fake": "2.99"})
    assert not Deviation(*fields, releases=">=1.1,<1.2").applies_to({"fake": "2.99"})
