"""Frameworks that are not here: their entry points are not run, and the results say so."""

from __future__ import annotations

import pytest

from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.run.run import Run


def test_a_framework_that_is_missing_is_not_run(
    missing_framework: str, missing_reason: str, missing_entries: list[EntryPoint], run: Run
) -> None:
    for entry in missing_entries:
        run.not_run(entry, missing_reason)
    pytest.skip(f"not run: {missing_framework}, entry points: {len(missing_entries)}: {missing_reason}")
