"""Known deviations: each must still happen, for a fix is news too."""

from __future__ import annotations

import pytest

from tensor_conformance.conformance.promises.deviations import Deviation
from tensor_conformance.conformance.run.run import Run
from tensor_conformance.conformance.run.subjects import SubjectError


def test_a_known_deviation_still_happens(deviation: Deviation, run: Run) -> None:
    try:
        status, seen = run.deviation(deviation)
    except SubjectError as reason:
        pytest.skip(f"not run: {reason}")
    if status == "not run":
        pytest.skip(f"recorded for {deviation.package} {deviation.releases}: {seen}")
    if status == "gone":
        pytest.fail(
            f"{deviation.id} no longer happens on {deviation.shown_by} ({seen}): {deviation.title}\n"
            f"Bound its releases, now {deviation.releases or 'all'}, where it is recorded.",
            pytrace=False,
        )
