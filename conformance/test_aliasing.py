"""Aliasing: whose memory it is."""

from __future__ import annotations

import pytest

from conformance.assertions import assert_law
from conformance.tally import Tally


@pytest.mark.law("memory")
def test_memory_is_shared_or_copied_as_promised(tally: Tally) -> None:
    assert_law("memory", tally)


@pytest.mark.law("follows")
def test_a_change_of_the_source_shows_where_promised_and_nowhere_else(tally: Tally) -> None:
    assert_law("follows", tally)


@pytest.mark.law("leads")
def test_a_change_of_the_result_shows_where_promised_and_nowhere_else(tally: Tally) -> None:
    assert_law("leads", tally)


@pytest.mark.law("strides")
def test_strides_are_kept_where_memory_is_shared(tally: Tally) -> None:
    assert_law("strides", tally)


@pytest.mark.law("twins")
def test_two_copies_never_share_memory(tally: Tally) -> None:
    assert_law("twins", tally)


@pytest.mark.law("immutability")
def test_immutable_tensors_cannot_be_changed(tally: Tally) -> None:
    assert_law("immutability", tally)


@pytest.mark.law("readonly")
def test_read_only_memory_does_not_become_writable_in_silence(tally: Tally) -> None:
    assert_law("readonly", tally)


@pytest.mark.law("writable")
def test_the_result_is_writable_as_promised(tally: Tally) -> None:
    assert_law("writable", tally)
