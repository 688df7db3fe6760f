"""Changes are called what they are, and rendered for people and machines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meta_tests.helpers import DIFFERENCE
from tensor_conformance.reports.changes import Outcome, changes, is_gone
from tensor_conformance.reports.differences import Report, alike, is_breaking, render

OK = Outcome("answers", type="torch.Tensor", dtype="float32", strides="kept", values="bit for bit", memory="shares")
REFUSED = Outcome("raised TypeError", "can't")
CRASHED = Outcome("crashed (SIGABRT)", broken="survival")
MESSAGE = DIFFERENCE | {"change": "message only", "topic": "message", "standing": "different"}


def kinds(before: Outcome, after: Outcome) -> list[tuple[str, str, str]]:
    return [(change.topic, change.kind, change.standing) for change in changes(before, after)]


def report(*rows: dict[str, Any]) -> Report:
    return Report({"torch": "2.13.0"}, {"torch": "2.14.0"}, list(rows), ["a note"])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (OK, REFUSED, ("ending", "breaking", "different")),
        (OK, CRASHED, ("ending", "breaking", "broken")),
        (REFUSED, OK, ("ending", "added", "different")),
        (CRASHED, REFUSED, ("ending", "fixed", "fixed")),
        (REFUSED, REFUSED._replace(ending="raised ValueError"), ("ending", "changed", "different")),
        (REFUSED, REFUSED._replace(message="won't"), ("message", "message only", "different")),
        (OK, OK._replace(memory="copies"), ("memory", "breaking", "different")),
        (OK._replace(memory="copies", broken="memory"), OK, ("memory", "fixed", "fixed")),
        (OK, OK._replace(dtype="float64"), ("dtype", "breaking", "different")),
        (OK, OK._replace(strides="C order"), ("strides", "breaking", "different")),
        (OK, OK._replace(writable="False"), ("writable", "breaking", "different")),
        (OK, OK._replace(warnings="UserWarning", told="careful"), ("warnings", "breaking", "different")),
        (OK, OK._replace(values="wrong", broken="values"), ("values", "breaking", "broken")),
    ],
)
def test_a_change_is_called_what_it_is(before: Outcome, after: Outcome, expected: tuple[str, str, str]) -> None:
    assert kinds(before, after) == [expected]


def test_that_writes_reach_the_source_now_follows_from_being_writable() -> None:
    writable = OK._replace(writable="True", memory="shares, writes reach the source")
    assert kinds(OK._replace(writable="False"), writable) == [("writable", "breaking", "different")]


@pytest.mark.parametrize("outcome", [OK, REFUSED, CRASHED])
def test_what_was_not_run_is_no_change(outcome: Outcome) -> None:
    assert kinds(outcome, outcome) == kinds(Outcome(), outcome) == kinds(outcome, Outcome()) == []


def test_what_follows_from_a_change_is_not_told_again() -> None:
    assert kinds(OK, OK._replace(dtype="float64", strides="C order", memory="copies")) == [("dtype", "breaking", "different")]


@pytest.mark.parametrize(
    ("before", "after"),
    [({"values": "as promised"}, {}), ({"values": "unread"}, {}), ({"memory": "unknown"}, {"memory": "shares, writes stay"})],
)
def test_more_than_before_and_what_nobody_could_see_before_break_nothing(before: dict[str, str], after: dict[str, str]) -> None:
    assert [kind for _, kind, _ in kinds(OK._replace(**before), OK._replace(**after))] == ["changed"]


@pytest.mark.parametrize(
    ("before", "after", "broken", "expected"),
    [
        ("[2]", "[3]", "", ("breaking", "different")),
        ("[2]", "raised TypeError", "", ("breaking", "different")),
        ("raised TypeError", "raised ValueError", "", ("changed", "different")),
        ("raised TypeError", "raised ValueError", "static", ("breaking", "broken")),
        ("raised TypeError", "[2]", "", ("added", "different")),
        ("raised TypeError", "[2]", "static", ("breaking", "broken")),
    ],
)
def test_a_fact_that_changes_is_called_what_it_is(before: str, after: str, broken: str, expected: tuple[str, str]) -> None:
    was, now = (OK._replace(facts=f"static.shape={value}") for value in (before, after))
    assert kinds(was, now._replace(broken=broken)) == [("static.shape", *expected)]


def test_independent_changes_are_told_each() -> None:
    assert [topic for topic, _, _ in kinds(OK, OK._replace(memory="copies", flags="conj"))] == ["memory", "flags"]


def test_a_call_is_gone_when_all_inputs_are_refused_because_of_it() -> None:
    gone = Outcome("raised AttributeError", "module 'torch' has no attribute 'x'")
    assert is_gone([gone, gone])
    assert not is_gone([gone, OK])
    assert not is_gone([REFUSED, REFUSED])


def test_entry_points_that_change_alike_stand_together() -> None:
    assert [
        len(group) for group in alike([DIFFERENCE, DIFFERENCE | {"entry": "torch.two"}, DIFFERENCE | {"after": "mixed"}])
    ] == [2, 1]


def test_only_what_breaks_is_breaking() -> None:
    assert is_breaking([DIFFERENCE])
    assert not is_breaking([MESSAGE, DIFFERENCE | {"change": "fixed"}, DIFFERENCE | {"change": "added"}])


def test_text_says_before_after_where_and_promise() -> None:
    text = render("text", report(DIFFERENCE, MESSAGE))
    for words in ("torch 2.13.0 -> torch 2.14.0", "BREAKING  torch.one", "before   shares", "after    copies", "any input"):
        assert words in text
    assert "https://example.org" in text
    assert "2 differences: 1 breaking, 1 message only" in text


def test_markdown_has_a_row_per_difference_and_keeps_bars_out_of_cells() -> None:
    text = render("markdown", report(DIFFERENCE | {"before": "a|b"}))
    row = next(line for line in text.splitlines() if line.startswith("| **breaking**"))
    assert "a\\|b" in row
    assert "<details>" in text


def test_json_holds_all() -> None:
    data = json.loads(render("json", report(DIFFERENCE)))
    assert (data["after"], data["differences"], data["notes"]) == ({"torch": "2.14.0"}, [DIFFERENCE], ["a note"])


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_what_is_counted_is_said_where_several_stand_together(form: str) -> None:
    together = [DIFFERENCE, DIFFERENCE | {"entry": "torch.two"}, DIFFERENCE | {"after": "mixed"}, MESSAGE]
    assert "4 differences (3 kinds): 3 breaking, 1 message only" in render(form, report(*together))
    assert "2 differences (1 kind): 2 breaking" in render(form, report(*together[:2]))
    assert "\n1 difference: 1 breaking" in render(form, report(DIFFERENCE))


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_no_difference_is_said_too(form: str) -> None:
    text = render(form, report())
    assert '"differences": []' in text if form == "json" else "0 differences: no difference" in text
