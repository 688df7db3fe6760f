"""The laws under pressure by themselves: what each answers to facts made by hand. No conversion is run."""

from __future__ import annotations

from typing import Any

import pytest

from meta_tests.helpers import UNDER_PRESSURE
from tensor_conformance.conformance.laws.law import Answer, Breach
from tensor_conformance.conformance.promises import (
    Clause,
    EntryPoint,
    contexts,
    copies,
    dtype,
    forms,
    leaves,
    may_refuse,
    may_share,
    observed,
    settings,
    shape,
    shares,
    under,
    values,
    warns,
)
from tensor_conformance.conformance.promises.conditions import always, container_in
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.strategies import ArraySpec

SEEN = observed("this test")
PLAIN = ArraySpec("float32", (2, 3), (12, 4), 0, 24, seed=7)
EXTENDED = PLAIN._replace(dtype="bfloat16")
SHARES, COPIES, EITHER = (shares(source=SEEN),), (copies(source=SEEN),), (may_share(source=SEEN),)
FEW = {"references": 12, "blocks": 16, "bytes": 1 << 15}
MANY = {"references": 500, "blocks": 500, "bytes": 16000 + (1 << 15)}
LOST = "nothing left behind"
DANGLES = Breach("a result that keeps the memory alive", "a result over memory that it does not own")
TAKEN = {"given": 2, "early": 0, "deleted": 2, "again": "raised"}
BYTES = "data 00, not 01"
OTHER, APART = "dtype int8, not float32", "shares none, not all"
REFUSED = "outcome raises A, not raises B"
META = (under("meta", "device meta, not cpu", source=SEEN),)
IN_LISTS = container_in("list")
LISTS_APART = (dtype("int64", IN_LISTS, source=SEEN), dtype("int8", source=SEEN))


def unlike(form: str) -> Breach:
    return Breach("what the ndarray gives", f"{form}: {OTHER}")


#: law, promise, facts, answer
ANSWERS: list[tuple[str, tuple[Clause, ...], dict[str, Any], Answer]] = [
    ("outlives", (), {"later": "same", "shares": "none", "held": 0}, True),
    ("outlives", (), {"later": "same", "shares": "all", "held": 1}, True),
    ("outlives", (), {"later": "same", "shares": "all", "held": None}, True),
    ("outlives", (), {"later": "same", "shares": "all", "held": 0}, DANGLES),
    ("outlives", (), {"later": "same", "shares": "", "held": 0}, True),
    ("outlives", (), {"later": "changed"}, Breach("the same values after the source is gone", "other values")),
    ("released", (), {"kept": None}, None),
    ("released", (), {"kept": 0}, True),
    ("released", (), {"kept": -1}, True),
    ("released", (), {"kept": 1}, Breach("memory that is let go", "1 reference to it left over")),
    ("released", (), {"kept": 2}, Breach("memory that is let go", "2 references to it left over")),
    ("leaks", (), {"ending": "raises"}, None),
    ("refusal_leaks", (), {"ending": "answers"}, None),
    *[(law, (), {"ending": ending, "conversions": 24, **FEW}, True)
      for law, ending in (("leaks", "answers"), ("refusal_leaks", "raises"))],
    ("leaks", (), {"ending": "answers", "conversions": 24, **FEW, "references": 13},
     Breach(LOST, "a reference to the source each time")),
    ("leaks", (), {"ending": "answers", "conversions": 24, **FEW, "blocks": 17}, Breach(LOST, "Python objects each time")),
    ("leaks", (), {"ending": "answers", "conversions": 24, **FEW, "bytes": 1 + (1 << 15)}, Breach(LOST, "memory each time")),
    ("refusal_leaks", (), {"ending": "raises", "conversions": 24, **FEW, "bytes": 1 << 16}, Breach(LOST, "memory each time")),
    ("leaks", (), {"ending": "answers", "conversions": 1000, **MANY, "bytes": 1 << 15}, True),
    ("leaks", (), {"ending": "answers", "conversions": 4000, "references": 2000, "blocks": 2000, "bytes": 64000}, True),
    ("leaks", (), {"ending": "answers", "conversions": 4000, "references": 0, "blocks": 0, "bytes": 64001},
     Breach(LOST, "memory each time")),
    ("leaks", (), {"ending": "answers", "conversions": 1000, "references": 0, "blocks": 501, "bytes": 0},
     Breach(LOST, "Python objects each time")),
    ("capsules", (), TAKEN | {"given": 0}, None),
    ("capsules", (), TAKEN, True),
    ("capsules", (), TAKEN | {"again": None}, True),
    ("capsules", (), TAKEN | {"early": 1},
     Breach("memory that is let go after the result", "a deleter that ran while the result lived")),
    ("capsules", (), TAKEN | {"deleted": 1}, Breach("one run of the deleter for each capsule", "1 runs for 2 capsules")),
    ("capsules", (), TAKEN | {"deleted": 3}, Breach("one run of the deleter for each capsule", "3 runs for 2 capsules")),
    ("capsules", (), TAKEN | {"again": "ok"}, Breach("a refusal of a capsule that was consumed", "a second result of it")),
    ("independence", (), {"shares": "none", "later": "changed"}, None),
    ("independence", SHARES, {"shares": "none", "later": "changed"}, None),
    ("independence", COPIES, {"shares": "all", "later": "changed"}, None),
    ("independence", COPIES, {"shares": "none", "later": "same"}, True),
    ("independence", COPIES, {"shares": "", "later": "changed"}, Breach("the old values", "values written after the call")),
    ("independence", EITHER, {"shares": "none", "later": "changed"}, Breach("the old values", "values written after the call")),
    ("threads", (), {"alone": ""}, True),
    ("threads", (), {"alone": OTHER}, Breach("what one thread gets", OTHER)),
    ("repetition", (), {"again": ""}, True),
    ("repetition", (), {"again": OTHER}, Breach("the answer of the first call", OTHER)),
    ("repetition", (), {"again": APART}, True),
    ("repetition", EITHER, {"again": APART}, True),
    ("repetition", EITHER, {"again": OTHER}, Breach("the answer of the first call", OTHER)),
    ("repetition", SHARES, {"again": APART}, Breach("the answer of the first call", APART)),
    ("repetition", COPIES, {"again": APART}, Breach("the answer of the first call", APART)),
    ("traces", (), {"left": ""}, True),
    ("traces", (), {"left": "np.geterr()"}, Breach("the process as it was", "np.geterr(): changed")),
    ("traces", (leaves("np.geterr()", source=SEEN),), {"left": "np.geterr()"}, True),
    ("traces", (leaves("os.getcwd()", source=SEEN),), {"left": "np.geterr()"},
     Breach("the process as it was", "np.geterr(): changed")),
    ("first_call", (), {"first": ""}, True),
    ("first_call", (), {"first": OTHER}, Breach("the answer of later calls", OTHER)),
    ("first_warning", (), {"warned": ()}, None),
    ("first_warning", (warns("", always, SEEN),), {"warned": ("UserWarning",)}, None),
    ("first_warning", (warns("UserWarning", always, SEEN),), {"warned": ("A", "UserWarning")}, True),
    ("first_warning", (warns("UserWarning", always, SEEN),), {"warned": ("A",)}, Breach("UserWarning", "no such warning")),
    ("settings", (), {}, None),
    ("settings", (), {"one": "", "two": ""}, True),
    ("settings", (), {"one": "", "two": OTHER, "three": APART}, Breach("the usual answer", f"two: {OTHER}")),
    ("settings", (settings("two", source=SEEN),), {"one": "", "two": OTHER}, True),
    ("settings", (settings("two", source=SEEN),), {"two": OTHER}, None),
    ("settings", COPIES, {"one": APART}, Breach("the usual answer", f"one: {APART}")),
    ("settings", META, {"meta": "device meta, not cpu", "two": ""}, True),
    ("settings", META, {"meta": ""}, Breach("device meta, not cpu", "meta: the usual answer", "under meta")),
    ("settings", META, {"meta": OTHER}, Breach("device meta, not cpu", f"meta: {OTHER}", "under meta")),
    ("settings", (*META, may_refuse("TypeError", source=SEEN)), {"meta": "", "two": ""}, True),
    ("settings", (*META, may_refuse("TypeError", source=SEEN)), {"meta": REFUSED, "two": ""}, True),
    ("settings", META, {"meta": REFUSED}, Breach("device meta, not cpu", f"meta: {REFUSED}", "under meta")),
    ("settings", (under("meta", "anything", source=SEEN),), {"meta": OTHER, "two": ""}, True),
    ("contexts", (), {"one": "", "two": OTHER}, Breach("the usual answer", f"two: {OTHER}")),
    ("contexts", COPIES, {"one": APART}, True),
    ("contexts", (), {"one": REFUSED}, True),
    ("contexts", (), {"one": "outcome raises A, not answers"}, Breach("the usual answer", "one: outcome raises A, not answers")),
    ("contexts", (contexts("two", source=SEEN),), {"one": "", "two": OTHER}, True),
    ("agreement", (), {"list": None}, None),
    ("agreement", (), {"list": "", "scalar": None}, True),
    ("agreement", (), {"list": "", "scalar": OTHER}, unlike("scalar")),
    ("agreement", (forms("list", source=SEEN),), {"list": OTHER}, None),
    ("agreement", (values("unspecified", source=SEEN),), {"list": OTHER}, None),
    ("repetition", (values("unspecified", source=SEEN),), {"again": BYTES}, Breach("the answer of the first call", BYTES)),
    ("repetition", (values("uninitialised", source=SEEN),), {"again": BYTES}, True),
    ("agreement", (values(lambda spec: b"", source=SEEN),), {"nested list": OTHER}, None),
    ("agreement", (values(lambda spec: b"", source=SEEN),), {"list": OTHER}, unlike("list")),
    ("agreement", (values("astype", source=SEEN),), {"nested list": OTHER},
     unlike("nested list")),
    ("agreement", (shape(lambda spec: (), source=SEEN),), {"nested list": OTHER}, None),
    ("agreement", (shape(lambda spec: (), source=SEEN),), {"scalar": OTHER}, unlike("scalar")),
    ("agreement", LISTS_APART, {"list": OTHER, "nested list": OTHER}, None),
    ("agreement", (dtype("int64", container_in("array"), source=SEEN),), {"array": OTHER}, None),
    ("agreement", LISTS_APART, {"scalar": OTHER},
     unlike("scalar")),
    ("agreement", (dtype("int8", IN_LISTS, source=SEEN), dtype("int8", source=SEEN)), {"list": OTHER},
     unlike("list")),
]  # fmt: skip


def answer(law: str, promise: tuple[Clause, ...], facts: dict[str, Any], spec: ArraySpec = PLAIN) -> Answer:
    owed = EntryPoint("made.up", "a", "torch", "in", promise).owed(spec)
    return UNDER_PRESSURE[law].check(owed, spec, Observation("ok", facts=tuple(facts.items())))


@pytest.mark.parametrize(("law", "promise", "facts", "wanted"), ANSWERS)
def test_a_law_under_pressure_answers_as_it_says(
    law: str, promise: tuple[Clause, ...], facts: dict[str, Any], wanted: Answer
) -> None:
    assert answer(law, promise, facts) == wanted


def test_every_law_under_pressure_is_asked() -> None:
    assert {law for law, *_ in ANSWERS} == set(UNDER_PRESSURE)


@pytest.mark.parametrize("form", ["array_interface", "buffer"])
def test_protocols_that_know_no_such_dtype_are_not_held_to_it(form: str) -> None:
    assert answer("agreement", (), {form: OTHER}, EXTENDED) is None
    assert isinstance(answer("agreement", (), {form: OTHER}), Breach)
    assert isinstance(answer("agreement", (), {"dlpack": OTHER}, EXTENDED), Breach)
