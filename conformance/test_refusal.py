"""Refusals: how a conversion may end."""

from __future__ import annotations

import pytest

from conformance.assertions import assert_law
from conformance.tally import Tally


@pytest.mark.law("survival")
def test_no_conversion_kills_or_hangs_the_interpreter(tally: Tally) -> None:
    assert_law("survival", tally)


@pytest.mark.law("refusal")
def test_what_is_excluded_is_refused_with_the_promised_exception(tally: Tally) -> None:
    assert_law("refusal", tally)


@pytest.mark.law("acceptance")
def test_what_is_included_is_converted(tally: Tally) -> None:
    assert_law("acceptance", tally)


@pytest.mark.law("warnings")
def test_promised_warnings_come_every_time_and_no_others(tally: Tally) -> None:
    assert_law("warnings", tally)
