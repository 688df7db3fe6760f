"""The laws of symbolic forms by themselves: what each answers to facts made by hand. No form is run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensor_conformance.conformance.laws.law import Answer, Breach
from tensor_conformance.conformance.laws.symbolic import LAWS as ON_FACTS
from tensor_conformance.conformance.promises import FACT_LAWS, EntryPoint, fact, observed, raises
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.strategies import ArraySpec

SEEN = observed("this test")
PLAIN = ArraySpec("int16", (2,), (2,), 0, 4, seed=7)
ONES, TWOS = b"\1\0\1\0", b"\2\0\2\0"
OK = Observation("ok", dtype="int16", shape=(2,), data=ONES)
RAISED = Observation("raised", ("KeyError", "LookupError"))
KEYS = ("raised", "KeyError", "LookupError", "Exception")


def answer(law: str, seen: Observation, told: dict[str, Any], owed: dict[str, Any]) -> Answer:
    clauses = tuple(fact(name, value, source=SEEN) for name, value in owed.items())
    promised = EntryPoint("made.up", "a", "torch", "in", clauses).owed(PLAIN)
    return ON_FACTS[law].check(promised, PLAIN, seen._replace(facts=tuple(told.items())))


TOLD = [law for law in ON_FACTS if law not in ("eager_agreement", "numpy_semantics")]
#: what is told, what is owed, and what a law answers
FACTS: list[tuple[Any, Any, Answer]] = [
    (3, 3, True),
    (3, 4, Breach("{law}.x 4", "{law}.x 3", "{law}.x")),
    ((2, None), (2, 3), Breach("{law}.x [2, 3]", "{law}.x [2, None]", "{law}.x")),
    (3, lambda spec: spec.size, Breach("{law}.x 2", "{law}.x 3", "{law}.x")),
    (2, lambda spec: spec.size, True),
    (3, lambda spec: None, None),
    (KEYS, raises("KeyError"), True),
    (KEYS, raises("LookupError"), True),
    (KEYS, raises("TypeError", "Exception"), True),
    (KEYS, raises("TypeError"), Breach("{law}.x raises TypeError", "{law}.x raises KeyError", "{law}.x")),
    (3, raises("TypeError"), Breach("{law}.x raises TypeError", "{law}.x 3", "{law}.x")),
    (KEYS, "KeyError", Breach("{law}.x 'KeyError'", "{law}.x raises KeyError", "{law}.x")),
    ((1, "TypeError"), raises("TypeError"), Breach("{law}.x raises TypeError", "{law}.x [1, 'TypeError']", "{law}.x")),
    ((3, "TypeError"), (4, "TypeError"), Breach("{law}.x [4, 'TypeError']", "{law}.x [3, 'TypeError']", "{law}.x")),
]


@pytest.mark.parametrize("law", TOLD)
@pytest.mark.parametrize(("told", "owed", "wanted"), FACTS)
def test_a_fact_is_what_its_clause_says(law: str, told: Any, owed: Any, wanted: Any) -> None:
    wanted = Breach(*(text.format(law=law) for text in wanted)) if isinstance(wanted, Breach) else wanted
    assert answer(law, OK, {f"{law}.x": told}, {f"{law}.x": owed}) == wanted


def test_every_law_of_facts_is_asked() -> None:
    assert tuple(ON_FACTS) == FACT_LAWS


@pytest.mark.parametrize("law", ON_FACTS)
def test_facts_of_other_laws_and_facts_without_a_clause_are_not_judged(law: str) -> None:
    assert answer(law, OK, {"other.x": 1, f"{law}.y": 2, f"{law}x": 3}, {"other.x": 0}) is None


def test_every_fact_of_a_law_is_judged() -> None:
    owed = {"static.x": lambda spec: None, "static.y": 1, "static.z": 2}
    assert answer("static", OK, {"static.x": 0, "static.y": 1, "static.z": 2}, owed) is True
    assert answer("static", OK, {"static.y": 1, "static.z": 3}, owed) == Breach("static.z 2", "static.z 3", "static.z")
    assert answer("static", OK, {"static.y": 1, "static.x": 3}, owed) is True


#: the result, another way's outcome, and what a law answers
COMPARED: list[tuple[Observation, Any, Answer]] = [
    (OK, ("ok", "int16", (2,), ONES), True),
    (OK, ("ok", "int16", [2], ONES), True),
    (OK, ("ok", "int16", (2,), TWOS), Breach("{0}: 0x02000200...", "0x01000100...", "{0}")),
    (OK, ("ok", "int32", (2,), ONES), Breach("{0}: int32 [2]", "int16 [2]", "{0}")),
    (OK, ("ok", "int16", (1, 2), ONES), Breach("{0}: int16 [1, 2]", "int16 [2]", "{0}")),
    (OK, ("ok", "int16", (2,), None), True),
    (OK._replace(data=None), ("ok", "int16", (2,), TWOS), True),
    (OK, KEYS, Breach("{0}: raises KeyError", "answers", "{0}")),
    (RAISED, ("ok", "int16", (2,), ONES), Breach("{0}: answers", "raises KeyError", "{0}")),
    (RAISED, KEYS, True),
    (OK._replace(data=bytes(range(40))), ("ok", "int16", (2,), bytes(40)),
     Breach(f"{{0}}: 0x{'00' * 16}...", f"0x{bytes(range(16)).hex()}...", "{0}")),
]  # fmt: skip


@pytest.mark.parametrize("law", ["eager_agreement", "numpy_semantics"])
@pytest.mark.parametrize(("seen", "other", "wanted"), COMPARED)
def test_a_result_is_compared_with_another_way_to_it(law: str, seen: Observation, other: Any, wanted: Any) -> None:
    wanted = Breach(*(text.format(f"{law}.x") for text in wanted)) if isinstance(wanted, Breach) else wanted
    assert answer(law, seen, {f"{law}.x": other}, {f"{law}.x": True}) == wanted
    assert answer(law, seen, {f"{law}.x": other}, {f"{law}.x": lambda spec: spec.size == 2}) == wanted
    assert answer(law, seen, {f"{law}.x": other}, {f"{law}.x": lambda spec: False}) is None


def test_every_comparison_of_a_law_is_judged() -> None:
    good, bad = ("ok", "int16", (2,), ONES), ("ok", "int16", (2,), TWOS)
    owed = {"numpy_semantics.x": False, "numpy_semantics.y": True, "numpy_semantics.z": True}
    seen = {"numpy_semantics.x": bad, "numpy_semantics.y": good, "numpy_semantics.z": good}
    assert answer("numpy_semantics", OK, seen, owed) is True
    assert isinstance(answer("numpy_semantics", OK, seen | {"numpy_semantics.z": bad}, owed), Breach)
    assert answer("numpy_semantics", RAISED, dict.fromkeys(seen, KEYS), owed) is True
    later = {"numpy_semantics.y": KEYS, "numpy_semantics.z": good}
    assert isinstance(answer("numpy_semantics", RAISED, later, owed), Breach)


def test_one_nan_is_as_good_as_another() -> None:
    one, other = (np.array([sign * np.nan], "f4").tobytes() for sign in (1, -1))
    seen = Observation("ok", dtype="float32", shape=(1,), data=one)
    name = "eager_agreement.x"
    assert answer("eager_agreement", seen, {name: ("ok", "float32", (1,), other)}, {name: True}) is True


@pytest.mark.parametrize("law", ["eager_agreement", "numpy_semantics"])
def test_what_may_be_refused_is_compared_where_it_answers(law: str) -> None:
    name = f"{law}.x"
    owed = {name: "unless refused"}
    good, bad = ("ok", "int8", (1,), b"\1"), ("ok", "int8", (1,), b"\2")
    seen = Observation("ok", dtype="int8", shape=(1,), data=b"\1")
    assert answer(law, seen, {name: good}, owed) is True
    assert isinstance(answer(law, seen, {name: bad}, owed), Breach)
    assert answer(law, RAISED, {name: good}, owed) is True
