"""Pressure: the same answer whenever, however often, from whatever thread, in whatever form it is asked."""

from __future__ import annotations

import pytest

from conformance.assertions import assert_law
from conformance.tally import Tally


@pytest.mark.law("independence")
def test_a_copy_is_finished_when_the_call_returns(tally: Tally) -> None:
    assert_law("independence", tally)


@pytest.mark.law("threads")
def test_threads_do_not_disturb_each_other(tally: Tally) -> None:
    assert_law("threads", tally)


@pytest.mark.law("repetition")
def test_the_same_question_gets_the_same_answer(tally: Tally) -> None:
    assert_law("repetition", tally)


@pytest.mark.law("first_call")
def test_the_first_call_of_a_process_is_like_any_other(tally: Tally) -> None:
    assert_law("first_call", tally)


@pytest.mark.law("first_warning")
def test_a_promised_warning_comes_the_first_time_at_least(tally: Tally) -> None:
    assert_law("first_warning", tally)


@pytest.mark.law("settings")
def test_settings_change_no_conversion(tally: Tally) -> None:
    assert_law("settings", tally)


@pytest.mark.law("agreement")
def test_all_forms_of_one_value_agree(tally: Tally) -> None:
    assert_law("agreement", tally)
