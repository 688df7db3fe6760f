"""Round trips: what arrives is what was sent."""

from __future__ import annotations

import pytest

from conformance.assertions import assert_law
from conformance.tally import Tally


@pytest.mark.law("values")
def test_values_survive_bit_for_bit(tally: Tally) -> None:
    assert_law("values", tally)


@pytest.mark.law("shape")
def test_the_shape_is_kept(tally: Tally) -> None:
    assert_law("shape", tally)


@pytest.mark.law("source")
def test_the_source_is_left_as_it_was(tally: Tally) -> None:
    assert_law("source", tally)
