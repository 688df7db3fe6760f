"""Findings that break the same law in the same way are one cause."""

from __future__ import annotations

from meta_tests.helpers import DEVIATION, ENTRY, FINDING, results
from tensor_conformance.reports.causes import causes
from tensor_conformance.reports.merge import Merged
from tensor_conformance.reports.summary import summary
from tensor_conformance.reports.writers.markdown import markdown

STORAGE = "raises RuntimeError: Storage size calculation overflowed with sizes=[{}] and strides=[{}]"
ONE = FINDING | {"entry": "fake.one", "law": "acceptance", "severity": "manners", "expected": "a result"}
ONE |= {"observed": STORAGE.format(2, -1)}
OTHER = ONE | {"id": "aaaaaaaaaa", "entry": "fake.other", "observed": STORAGE.format(45, "2, -1"), "count": 5}


def test_what_differs_in_numbers_alone_is_one_cause() -> None:
    (cause,) = causes([ONE, OTHER])
    assert (cause.calls, cause.count) == (["fake.one", "fake.other"], 7)


def test_what_differs_in_law_words_or_kind_is_not() -> None:
    others = [ONE | {"law": "refusal"}, ONE | {"observed": "raises TypeError: no"}, ONE | {"kind": "drift"}]
    assert len(causes([ONE, *others])) == 4


def test_dtypes_of_one_change_are_one_cause() -> None:
    rows = [
        FINDING | {"law": "dtype", "expected": "dtype float32", "observed": f"dtype {name}"}
        for name in ("uint8", "complex64", "bool")
    ]
    assert len(causes(rows)) == 1


def test_the_worst_stands_first_then_what_most_calls_show() -> None:
    alone = ONE | {"observed": "raises ValueError: alone"}
    crash = ONE | {"law": "survival", "outcome": "crashed", "observed": "crashed (SIGSEGV)"}
    found = causes([alone, ONE, OTHER, crash])
    assert [cause.plainest["observed"] for cause in found] == [row["observed"] for row in (crash, ONE, alone)]


def test_a_cause_is_shown_by_its_shortest_script() -> None:
    (cause,) = causes([ONE | {"script": "a\nb\n"}, OTHER | {"script": "a\n"}])
    assert cause.plainest["entry"] == "fake.other"


def test_the_summary_tells_a_cause_once_and_names_its_calls() -> None:
    text = summary(results(ENTRY, ONE, OTHER))
    assert text.count("Storage size") == 1
    assert "also fake.other" in text


def test_what_was_only_observed_is_not_told_as_expected() -> None:
    refused = ONE | {"law": "refusal", "expected": "raises ValueError", "observed": "raises TypeError: no"}
    told = [causes([refused | {"kind": kind}])[0].sentence for kind in ("finding", "drift")]
    assert told == [
        f"`fake.one` raises TypeError: no, where ValueError {how}" for how in ("is expected", "was observed elsewhere")
    ]


def test_the_summary_says_that_a_release_was_not_measured() -> None:
    reason = "fake 2.99 is newer than 2.15, the newest that was measured"
    found = results(ENTRY)
    found.header["extrapolated"] = {"fake": reason}
    assert f"EXTRAPOLATED: {reason}" in summary(found)


def test_a_drift_is_listed_and_does_not_fail() -> None:
    drift = ONE | {"kind": "drift"}
    merged = [Merged(results(ENTRY, drift))]
    text, code = markdown(merged)
    assert code == 0
    assert "1 difference from what was observed" in text
    assert "drift (" in summary(merged[0].results)


def test_what_is_gone_from_a_release_that_was_not_measured_is_good_news() -> None:
    mended = results(ENTRY, DEVIATION | {"status": "mended"})
    assert "MENDED" in summary(mended)
    assert "**Mended**: <code>fake-nan</code>" in markdown([Merged(mended)])[0]
