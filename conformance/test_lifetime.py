"""Lifetime: who keeps memory alive, how long, and what stays behind."""

from __future__ import annotations

import pytest

from conformance.assertions import assert_law
from conformance.tally import Tally


@pytest.mark.law("outlives")
def test_a_result_outlives_its_source(tally: Tally) -> None:
    assert_law("outlives", tally)


@pytest.mark.law("released")
def test_memory_is_let_go_with_its_last_user(tally: Tally) -> None:
    assert_law("released", tally)


@pytest.mark.law("leaks")
def test_nothing_is_left_behind(tally: Tally) -> None:
    assert_law("leaks", tally)


@pytest.mark.law("capsules")
def test_a_dlpack_capsule_is_consumed_once_and_deleted_once(tally: Tally) -> None:
    assert_law("capsules", tally)
