"""Promises and conditions by themselves: which clause decides, what it says, and what it is asked of."""

from __future__ import annotations

from typing import Any

import pytest

from tensor_conformance.conformance import promises as p
from tensor_conformance.conformance.laws import LAWS
from tensor_conformance.conformance.promises import FACT_LAWS, Clause, EntryPoint, documented, observed
from tensor_conformance.conformance.promises import conditions as c
from tensor_conformance.strategies import ArraySpec, TensorSpec

SEEN = observed("this test")
PLAIN = ArraySpec("float32", (2, 3), (12, 4), 0, 24)
TENSOR = TensorSpec("float32", (2,), (4,), 0, 8)
NEVER = ~c.always

#: a condition, specs that it holds for, specs that it does not
CONDITIONS: list[tuple[c.Condition, list[Any], list[Any]]] = [
    (c.always, [PLAIN, TENSOR], []),
    (c.dtype_in("float32", "int8"), [PLAIN], [PLAIN._replace(dtype="int16"), PLAIN._replace(dtype=">float32")]),
    (c.container_in("list", "scalar"), [PLAIN._replace(container="list")], [PLAIN]),
    (c.memory_in("bytes", "plain"), [PLAIN], [PLAIN._replace(memory="readonly")]),
    (c.state_in("conj", "neg"), [TENSOR._replace(state="neg")], [TENSOR]),
    (c.rank_above(1), [PLAIN], [PLAIN._replace(shape=(6,), strides=(4,)), PLAIN._replace(shape=(), strides=())]),
    (c.ndarray, [PLAIN, PLAIN._replace(container="matrix")], [PLAIN._replace(container="list")]),
    (c.swapped, [PLAIN._replace(dtype=">float32")], [PLAIN]),
    (c.empty, [PLAIN._replace(shape=(0, 3))], [PLAIN, PLAIN._replace(shape=(1,), strides=(4,))]),
    (c.scalar, [PLAIN._replace(shape=(), strides=())], [PLAIN, PLAIN._replace(shape=(0,), strides=(4,))]),
    (c.contiguous, [PLAIN], [PLAIN._replace(strides=(4, 8))]),
    (c.negative_stride, [PLAIN._replace(shape=(1,), strides=(-4,))], [PLAIN]),
    (c.partial_stride, [PLAIN._replace(shape=(2,), strides=(5,))], [PLAIN]),
    (c.aligned, [PLAIN], [PLAIN._replace(address=1)]),
    (c.writable, [PLAIN], [PLAIN._replace(memory="bytes")]),
    (c.readonly, [PLAIN._replace(memory="bytes")], [PLAIN]),
    (c.pointers, [PLAIN._replace(dtype="object")], [PLAIN]),
    (c.backwards,
     [PLAIN._replace(strides=(-12, 4), offset=12), PLAIN._replace(dtype="int8", shape=(2,), strides=(-1,), offset=1)],
     [PLAIN, PLAIN._replace(shape=(1, 3), strides=(-12, 4)), PLAIN._replace(shape=(0, 3), strides=(12, -4)),
      PLAIN._replace(shape=(2, 0), strides=(-12, 4)), PLAIN._replace(strides=(0, 4))]),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "holds", "fails"), CONDITIONS, ids=[row[0].text for row in CONDITIONS])
def test_a_condition_holds_for_what_it_says(condition: c.Condition, holds: list[Any], fails: list[Any]) -> None:
    assert [condition(spec) for spec in holds] == [True] * len(holds)
    assert [condition.test(spec) for spec in fails] == [False] * len(fails)


@pytest.mark.parametrize("one", [c.always, NEVER])
@pytest.mark.parametrize("other", [c.always, NEVER])
def test_conditions_combine(one: c.Condition, other: c.Condition) -> None:
    assert (one & other)(PLAIN) is (one(PLAIN) and other(PLAIN))
    assert (one | other)(PLAIN) is (one(PLAIN) or other(PLAIN))
    assert (~one)(PLAIN) is not one(PLAIN)


def test_conditions_read_as_prose() -> None:
    both = c.dtype_in("int8", "bool") & ~(c.empty | c.readonly)
    assert both.text == "dtype in {int8, bool} and not ((the array has no elements or the array is read-only))"
    assert repr(c.container_in("list", "scalar")) == "<when the input is list or scalar>"


# -- clauses ------------------------------------------------------------------------------------------------------------


def as_promised(spec: Any) -> str:
    """as the spec says"""
    return "int8"


TEXTS = [
    (p.refuses("TypeError", "KeyError", when=c.empty, source=SEEN),
     "refuses: must raise TypeError or KeyError when the array has no elements"),
    (p.may_refuse("TypeError", source=SEEN), "refuses: may raise TypeError"),
    (p.accepts(source=SEEN), "refuses: accepts"),
    (p.dtype("int8", source=SEEN), "dtype: int8"),
    (p.dtype(as_promised, source=SEEN), "dtype: as the spec says"),
    (p.dtype(lambda spec: None, source=SEEN), "dtype: as the input decides"),
    (p.shares(source=SEEN), "aliasing: shares"),
    (p.copies(source=SEEN), "aliasing: copies"),
    (p.may_share(source=SEEN), "aliasing: may share"),
    (p.warns("UserWarning", c.always, SEEN), "warns: UserWarning"),
    (p.warns("", c.always, SEEN), "warns: nothing"),
    (p.writable(False, source=SEEN), "writable: False"),
    (p.values("bits", source=SEEN), "values: bits"),
    (p.type_("numpy.", "int", source=SEEN), "type: numpy. or int"),
    (p.type_(source=SEEN), "type: any"),
    (p.shape(lambda spec: (1,), source=SEEN), "shape: as the input decides"),
    (p.flags("conj", "neg", source=SEEN), "flags: conj and neg"),
    (p.flags(source=SEEN), "flags: none"),
    (p.immutable(source=SEEN), "immutable: True"),
    (p.settings("one", source=SEEN), "settings: ('one',)"),
    (p.forms("list", source=SEEN), "agreement: ('list',)"),
    (p.fact("static.shape", p.raises("TypeError", "KeyError"), source=SEEN), "static.shape: raises TypeError or KeyError"),
    (p.fact("static.shape", (1, 2), source=SEEN), "static.shape: (1, 2)"),
]  # fmt: skip


@pytest.mark.parametrize(("clause", "text"), TEXTS)
def test_a_clause_reads_as_a_sentence(clause: Clause, text: str) -> None:
    assert clause.text == text


def test_what_must_be_refused_is_told_from_what_may_be() -> None:
    must, may, never = (clause.value for clause, _ in TEXTS[:3])
    assert (must.must, may.must, never.must) == (True, False, False)


def test_a_source_is_a_page_or_a_release() -> None:
    assert documented("https://example.org", "words").text == "documented: https://example.org"
    assert observed("torch 2.13").text == "observed in torch 2.13"


# -- which clause decides ---------------------------------------------------------------------------------------------


def entry(*promise: Clause, direction: str = "in", **fields: Any) -> EntryPoint:
    return EntryPoint("made.up", "b = a\nb", "torch", direction, promise, **fields)


@pytest.mark.parametrize(
    ("clauses", "memory"),
    [
        ((p.copies(c.readonly, source=SEEN), p.shares(source=SEEN)), "shares"),
        ((p.copies(c.writable, source=SEEN), p.shares(source=SEEN)), "copies"),
        ((p.copies(source=SEEN), p.shares(source=SEEN)), "copies"),
        ((p.copies(c.readonly, source=SEEN), p.shares(c.empty, source=SEEN)), None),
        ((p.values("bits", source=SEEN),), None),
    ],
)
def test_the_first_clause_of_its_topic_that_applies_decides(clauses: tuple[Clause, ...], memory: str | None) -> None:
    found, owed = entry(*clauses).clause("aliasing", PLAIN), entry(*clauses).owed(PLAIN)["aliasing"]
    assert found == owed
    assert (None if found is None else found.value) == memory


def test_other_containers_are_owed_what_their_clauses_say() -> None:
    owed = entry(p.copies(c.container_in("list"), source=SEEN), p.shares(source=SEEN)).owed(PLAIN)
    clauses = owed["aliasing"], owed.in_container("list")["aliasing"]
    assert [clause.value for clause in clauses if clause is not None] == ["shares", "copies"]


def test_a_condition_is_asked_once_per_spec() -> None:
    asked: list[Any] = []
    owed = entry(p.copies(c.Condition("noted", lambda spec: not asked.append(spec)), source=SEEN)).owed(PLAIN)
    assert owed["aliasing"] is owed["aliasing"]
    assert len(asked) == 1


NEEDS = {
    "memory": p.copies(source=SEEN), "follows": p.copies(source=SEEN), "leads": p.copies(source=SEEN),
    "twins": p.copies(source=SEEN), "independence": p.copies(source=SEEN), "type": p.type_("int", source=SEEN),
    "dtype": p.dtype("int8", source=SEEN), "flags": p.flags(source=SEEN), "immutability": p.immutable(source=SEEN),
    "writable": p.writable(True, source=SEEN), "warnings": p.warns("", c.always, SEEN),
    "first_warning": p.warns("", c.always, SEEN),
}  # fmt: skip


@pytest.mark.parametrize("law", NEEDS)
def test_some_laws_need_a_clause_of_their_topic(law: str) -> None:
    assert LAWS[law].applies_to(entry(NEEDS[law]))
    assert not LAWS[law].applies_to(entry(p.settings(source=SEEN)))


def test_other_laws_apply_to_any_promise() -> None:
    others = ("survival", "refusal", "acceptance", "values", "shape", "source", "strides", "leaks")
    assert all(LAWS[law].applies_to(entry()) for law in others)


@pytest.mark.parametrize("law", ["readonly", "agreement", "capsules"])
def test_laws_on_arrays_are_for_the_way_in(law: str) -> None:
    assert LAWS[law].applies_to(entry())
    assert not LAWS[law].applies_to(entry(direction="out"))


@pytest.mark.parametrize("law", FACT_LAWS)
def test_laws_of_facts_apply_where_a_fact_is_told(law: str) -> None:
    assert LAWS[law].applies_to(entry(facts=(("other.x", "1"), (f"{law}.x", "1"))))
    assert not LAWS[law].applies_to(entry(facts=((f"{law}x.y", "1"),)))


def test_entry_points_with_the_same_words_are_the_same() -> None:
    promise = p.copies(source=SEEN)
    assert entry(promise) == entry(promise)
    assert len({entry(promise), entry(promise), entry()}) == 2
    assert repr(entry()).startswith("EntryPoint(name='made.up', call=")


def test_symbolic_forms_are_asked_about_arrays_alone() -> None:
    lists = PLAIN._replace(container="list")
    assert (entry().takes(lists), entry(facts=(("static.x", "1"),)).takes(lists)) == (True, False)
    assert entry(facts=(("static.x", "1"),)).takes(PLAIN)
    assert (entry(containers=("list",)).takes(lists), entry(containers=("list",)).takes(PLAIN)) == (True, False)


@pytest.mark.parametrize(
    ("name", "pattern", "matches"),
    [
        ("torch.asarray[copy=True]", "torch.asarray[copy=True]", True),
        ("torch.asarray[copy=True]", "torch.*", True),
        ("torch.asarray[copy=True]", "*[copy=*", True),
        ("torch.asarrayc", "torch.asarray[copy]", False),
        ("torch.asarray", "asarray", False),
    ],
)
def test_brackets_in_a_pattern_are_brackets(name: str, pattern: str, matches: bool) -> None:
    assert EntryPoint(name, "a", "torch", "in", ()).matches(pattern) is matches


def test_an_entry_point_knows_its_input() -> None:
    assert (entry().argument, entry().maker) == ("a", "")
    assert (entry(direction="out").argument, entry(direction="out").maker) == ("t", "torch")


def test_a_call_is_asked_with_its_facts_and_wrapped_as_a_function() -> None:
    assert entry(facts=(("static.x", "b.x"),)).question == "b = a\nb\n#fact static.x: b.x"
    assert entry().function == ["def convert(a):", "    b = a", "    return b"]
