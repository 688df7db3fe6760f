"""Devices that are not here: what names them is not run, and says so."""

from __future__ import annotations

import pytest

from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.run.run import Run


def test_a_call_on_a_device_that_is_not_here_is_not_run(elsewhere: EntryPoint, run: Run) -> None:
    reason = run.absence(elsewhere)
    run.not_run(elsewhere, reason)
    pytest.skip(f"not run: {reason}")
