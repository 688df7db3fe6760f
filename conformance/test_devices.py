"""Devices: where results are, what order copies keep, and which devices are not here."""

from __future__ import annotations

import pytest

from conformance.assertions import assert_law
from conformance.promises import EntryPoint
from conformance.run import Run
from conformance.tally import Tally


def test_a_call_on_a_device_that_is_not_here_is_not_run(elsewhere: EntryPoint, run: Run) -> None:
    reason = run.absence(elsewhere)
    run.not_run(elsewhere, reason)
    pytest.skip(f"not run: {reason}")


@pytest.mark.law("device")
def test_the_result_is_where_it_was_asked_to_be(tally: Tally) -> None:
    assert_law("device", tally)


@pytest.mark.law("device_refusal")
def test_a_refusal_names_the_device(tally: Tally) -> None:
    assert_law("device_refusal", tally)


@pytest.mark.law("settled")
def test_a_copy_that_was_waited_for_is_whole(tally: Tally) -> None:
    assert_law("settled", tally)


@pytest.mark.law("ordered")
def test_a_consumer_on_another_stream_sees_what_was_written_before(tally: Tally) -> None:
    assert_law("ordered", tally)


@pytest.mark.law("device_leaks")
def test_nothing_is_left_behind_on_the_device(tally: Tally) -> None:
    assert_law("device_leaks", tally)
