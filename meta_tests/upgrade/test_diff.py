"""Changes are called what they are, and rendered for people and machines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meta_tests.helpers import DIFFERENCE
from tensor_conformance.reports.causes import causes
from tensor_conformance.reports.changes import HARMS, Outcome, changes, harm, is_gone
from tensor_conformance.reports.differences import FAILING, Report, fails, render, verdict
from tensor_conformance.reports.sentences import condition

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
        (OK, OK._replace(warnings="UserWarning", told="careful"), ("warnings", "changed", "different")),
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


def test_calls_and_inputs_that_change_in_the_same_way_are_one_cause() -> None:
    elsewhere = DIFFERENCE | {"entry": "torch.two", "where": "dtype float16"}
    found = causes([DIFFERENCE, elsewhere, DIFFERENCE | {"after": "mixed"}])
    assert [(cause.calls, cause.where) for cause in found] == [
        (["torch.one", "torch.two"], "any input"),
        (["torch.one"], "any input"),
    ]


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (["any input"], "any input"),
        (["dtype uint8", "any input"], "any input"),
        (["dtype in {uint16, uint32}", "dtype in {uint16, uint64}"], "dtype uint16, uint32, uint64"),
        (["dtype uint16", "dtype integers"], "dtype integers"),
        (["dtype uint16", "layout C", "some inputs; address % 64 40"], "dtype uint16 or layout C or some other inputs"),
        (["some inputs; dtype bool", "some inputs"], "some inputs"),
        (["address % 64 in {1, 40}"], "address % 64 1, 40"),
        ([f"dtype {name}" for name in "abcdefghijk"], "dtype a, b, c, d, e, f, g, h and 3 more"),
        (["dtype not in {bool}; memory plain"], "dtype not in {bool}; memory plain"),
    ],
)  # fmt: skip
def test_conditions_of_one_call_are_told_as_one(parts: list[str], told: str) -> None:
    assert condition(parts) == told


def test_inputs_that_are_taken_now_are_told_in_the_sentence() -> None:
    row = DIFFERENCE | {"topic": "ending", "change": "added", "before": "raised TypeError", "after": "answers (shares)"}
    taken, some = ({**row, "where": where} for where in ("dtype in {uint16, uint32}", "dtype in {uint16}; memory plain"))
    assert causes([taken])[0].in_full == "`torch.one` accepts uint16, uint32 now, where it raised TypeError"
    assert causes([some])[0].in_full == f"`torch.one` converts now (shares), where it raised TypeError ({some['where']})"


def test_the_same_bytes_read_as_numbers_of_another_kind_are_other_data() -> None:
    floats, own = OK._replace(shape="[2]"), OK._replace(dtype="int32")
    (change,) = changes(floats, own)
    assert (change.topic, change.kind, HARMS[harm(change.topic, change.after)]) == ("reading", "breaking", "data")
    told = {"topic": "reading", "before": "float32[2]", "after": "complex64[1]"}
    assert (
        causes([DIFFERENCE | told])[0].sentence
        == "`torch.one` reads the same bytes as complex64[1] now, where it read them as float32[2]"
    )
    for wider in (OK._replace(dtype="float64", values="as promised"), OK._replace(dtype="float64"), OK._replace(dtype="bool")):
        assert [change.topic for change in changes(OK, wider)] == ["dtype"]


def test_of_what_should_have_been_refused_type_and_dtype_alone_are_compared() -> None:
    odd = Outcome("answers", type="bool", dtype="bool", broken="refusal")
    assert changes(odd, OK._replace(type="bool", dtype="bool", broken="values")) == ()
    assert [change.topic for change in changes(odd, OK._replace(type="ndarray", dtype="bool"))] == ["type"]


HARMFUL = [
    ("crash", {"topic": "ending", "before": "answers (shares)", "after": "crashed (SIGSEGV)"}),
    ("data", {"topic": "values", "before": "bit for bit", "after": "wrong"}),
    ("dtype", {"topic": "dtype", "before": "torch.float32[2]", "after": "torch.float64[1]"}),
    ("memory", {"topic": "memory", "before": "shares", "after": "copies"}),
    ("refusal", {"topic": "ending", "before": "answers", "after": "raised TypeError: no"}),
    ("warning", {"topic": "warnings", "before": "none", "after": "UserWarning"}),
    ("message", {"topic": "message", "before": "raised TypeError: no", "after": "raised TypeError: never"}),
]


@pytest.mark.parametrize(("word", "fields"), HARMFUL)
def test_a_change_weighs_what_it_does_to_data(word: str, fields: dict[str, str]) -> None:
    assert HARMS[harm(fields["topic"], fields["after"])] == word


def test_the_most_harmful_change_stands_first() -> None:
    rows = [DIFFERENCE | fields for _, fields in reversed(HARMFUL)]
    assert [cause.plainest["topic"] for cause in causes(rows)] == [fields["topic"] for _, fields in HARMFUL]


@pytest.mark.parametrize(("word", "fields"), HARMFUL)
def test_a_run_fails_on_the_harm_that_it_should_fail_on_and_on_worse(word: str, fields: dict[str, str]) -> None:
    expected = {"any", "breaking", *HARMS[HARMS.index(word) :]}
    assert {least for least in FAILING if fails([DIFFERENCE | fields], least)} == expected


@pytest.mark.parametrize("change", ["fixed", "added", "changed", "message only"])
def test_what_breaks_nothing_fails_on_any_difference_alone(change: str) -> None:
    assert [least for least in FAILING if fails([DIFFERENCE | {"change": change}], least)] == ["any"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (HARMFUL[0][1], "kills the process (SIGSEGV) now, where it converted (shares)"),
        (HARMFUL[1][1], "gives wrong values now, where it gave values bit for bit"),
        ({"topic": "values", "before": "wrong", "after": "as promised"}, "gives the right values now, where they were wrong"),
        (HARMFUL[2][1], "gives dtype torch.float64[1] now, where it was torch.float32[2]"),
        (HARMFUL[3][1], "copies now, where it shared"),
        ({"topic": "memory", "before": "none", "after": "copies, writes stay"}, "copies now, where it had no memory to compare"),
        (HARMFUL[4][1], 'raises TypeError ("no") now, where it converted'),
        (HARMFUL[5][1], "gives UserWarning now, where it gave no warning"),
        ({"topic": "call", "change": "removed"}, "is gone"),
        (
            {"topic": "ending", "before": "crashed (SIGABRT)", "after": "answers (copies, writes stay)"},
            "converts now (copies), where it killed the process (SIGABRT)",
        ),
        ({"topic": "ending", "before": "answers", "after": "hung"}, "never returns now, where it converted"),
        ({"topic": "writable", "before": "True", "after": "False"}, "gives a read-only result now"),
        ({"topic": "source", "before": "unchanged", "after": "changed"}, "changes its source now"),
        ({"topic": "shape", "before": "[3]", "after": ""}, "gives the source's shape now, where it was [3]"),
        ({"topic": "static.shape", "before": "(2,)", "after": "(3,)"}, "gives static.shape (3,) now, where it was (2,)"),
    ],
)
def test_a_cause_is_a_sentence(fields: dict[str, str], sentence: str) -> None:
    (cause,) = causes([DIFFERENCE | fields])
    assert cause.sentence == f"`torch.one` {sentence}"


def test_a_sentence_names_what_stands_for_the_array() -> None:
    (cause,) = causes([DIFFERENCE | {"spec": DIFFERENCE["spec"] | {"container": "buffer"}}])
    assert cause.sentence == "`torch.one` of a buffer (memoryview) copies now, where it shared"


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "Nothing differs."),
        ([DIFFERENCE], "1 change breaks what worked, by other sharing of memory."),
        (
            [DIFFERENCE | HARMFUL[0][1], DIFFERENCE, MESSAGE],
            "2 changes break what worked, the worst by a crash or a hang; 1 message only.",
        ),
        ([DIFFERENCE | {"change": "fixed"}], "Nothing that worked breaks: 1 fixed."),
    ],
)
def test_the_verdict_is_a_sentence(rows: list[dict[str, Any]], sentence: str) -> None:
    assert verdict(rows) == sentence


def test_text_says_before_after_where_and_promise() -> None:
    text = render("text", report(DIFFERENCE, MESSAGE))
    for words in ("torch 2.13.0 -> torch 2.14.0", "BREAKING  torch.one copies now, where it shared", "any input (3 inputs)"):
        assert words in text
    assert "breaks memory, which held before" in text
    assert "https://example.org" in text
    assert "2 differences, 2 causes" in text


def test_markdown_starts_with_the_verdict_and_folds_each_cause() -> None:
    text = render("markdown", report(DIFFERENCE | {"before": "a<b"}, DIFFERENCE | {"change": "fixed"}))
    assert text.startswith("### ❌ 1 change breaks what worked, by other sharing of memory; 1 fixed.\n")
    assert "<details><summary><code>torch.one</code> copies now, where it a&#60;b</summary>" in text
    assert "<details><summary>1 fixed</summary>" in text
    assert render("markdown", report(MESSAGE)).startswith("### ✅")


def test_json_holds_all() -> None:
    data = json.loads(render("json", report(DIFFERENCE)))
    assert (data["after"], data["differences"], data["notes"]) == ({"torch": "2.14.0"}, [DIFFERENCE], ["a note"])


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_what_is_counted_is_said_where_several_stand_together(form: str) -> None:
    together = [DIFFERENCE, DIFFERENCE | {"entry": "torch.two"}, DIFFERENCE | {"after": "mixed"}, MESSAGE]
    assert "4 differences, 3 causes" in render(form, report(*together))
    assert "2 differences, 1 cause" in render(form, report(*together[:2]))
    assert "1 difference, 1 cause" in render(form, report(DIFFERENCE))


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_no_difference_is_said_too(form: str) -> None:
    text = render(form, report())
    assert '"differences": []' in text if form == "json" else "Nothing differs." in text
