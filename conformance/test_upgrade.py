"""Upgrades: what two releases are asked alike, they answer alike."""

from __future__ import annotations

import pytest

from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.run.run import Run
from tensor_conformance.conformance.run.subjects import SubjectError
from tensor_conformance.conformance.upgrade.comparisons import Comparisons
from tensor_conformance.conformance.upgrade.rows import difference_row

#: Differences that a failing test shows.
SHOWN = 5


def test_both_subjects_behave_alike(compared: EntryPoint, run: Run, comparisons: Comparisons) -> None:
    try:
        differences = comparisons.of(compared).differences
    except SubjectError as reason:
        run.not_run(compared, reason)
        pytest.skip(f"not run: {reason}")
    if differences:
        rows = [difference_row(difference) for difference in differences[:SHOWN]]
        lines = [f"{row['change']}: {row['before']} -> {row['after']}; {row['where']} ({row['count']}x)" for row in rows]
        more = [f"... and {len(differences) - SHOWN} more"] if len(differences) > SHOWN else []
        pytest.fail("\n".join([f"{compared.name} changed:", *lines, *more]), pytrace=False)
