"""Dtypes and marks: what the result is."""

from __future__ import annotations

import pytest

from conformance.assertions import assert_law
from conformance.tally import Tally


@pytest.mark.law("type")
def test_the_result_is_of_the_promised_type(tally: Tally) -> None:
    assert_law("type", tally)


@pytest.mark.law("dtype")
def test_the_dtype_is_the_promised_one(tally: Tally) -> None:
    assert_law("dtype", tally)


@pytest.mark.law("flags")
def test_the_result_carries_exactly_the_promised_marks(tally: Tally) -> None:
    assert_law("flags", tally)
