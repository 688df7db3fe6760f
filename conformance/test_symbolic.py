"""Symbolic forms: what is known before a value exists, and what happens to it over time."""

from __future__ import annotations

import pytest

from conformance.assertions import assert_law
from conformance.tally import Tally


@pytest.mark.law("static")
def test_dtype_and_shape_are_known_statically_as_promised(tally: Tally) -> None:
    assert_law("static", tally)


@pytest.mark.law("snapshot")
def test_a_later_change_of_the_array_shows_as_promised(tally: Tally) -> None:
    assert_law("snapshot", tally)


@pytest.mark.law("retrace")
def test_equal_shapes_are_traced_once_and_values_are_not_baked_in(tally: Tally) -> None:
    assert_law("retrace", tally)


@pytest.mark.law("symbolic_refusal")
def test_what_has_no_value_refuses_to_become_an_array(tally: Tally) -> None:
    assert_law("symbolic_refusal", tally)


@pytest.mark.law("eager_agreement")
def test_symbolic_and_eager_agree(tally: Tally) -> None:
    assert_law("eager_agreement", tally)


@pytest.mark.law("gradient")
def test_gradients_flow_as_promised(tally: Tally) -> None:
    assert_law("gradient", tally)


@pytest.mark.law("numpy_semantics")
def test_traced_numpy_code_gives_what_numpy_gives(tally: Tally) -> None:
    assert_law("numpy_semantics", tally)


@pytest.mark.law("size_limit")
def test_what_is_too_large_is_refused_with_the_promised_exception(tally: Tally) -> None:
    assert_law("size_limit", tally)
