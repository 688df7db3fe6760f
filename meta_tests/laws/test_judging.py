"""The laws by themselves: what each answers to evidence made by hand, down to its words. No conversion is run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from meta_tests.helpers import ON_ENDINGS, ON_RESULTS, UNDER_PRESSURE
from tensor_conformance.conformance.laws import LAWS
from tensor_conformance.conformance.laws.judge import Verdict, _checks, judge
from tensor_conformance.conformance.laws.law import Answer, Breach, Law, law
from tensor_conformance.conformance.laws.symbolic import LAWS as ON_FACTS
from tensor_conformance.conformance.promises import (
    Clause,
    EntryPoint,
    accepts,
    copies,
    dtype,
    fact,
    flags,
    immutable,
    may_refuse,
    may_share,
    observed,
    refuses,
    shape,
    shares,
    strides,
    type_,
    values,
    warns,
    writable,
)
from tensor_conformance.conformance.promises.conditions import always, readonly
from tensor_conformance.conformance.promises.deviations import Deviation
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.strategies import ArraySpec

SEEN = observed("this test")
PLAIN = ArraySpec("float32", (2, 3), (12, 4), 0, 24, seed=7)
COLUMN = PLAIN._replace(shape=(3, 1), strides=(4, 96), nbytes=12)
READONLY = PLAIN._replace(memory="readonly")
OK = Observation("ok", type="torch.Tensor", dtype="float32", shape=(2, 3), shares="none", follows="none", leads="none")
COPIED, IN_F = OK, (strides("F", source=SEEN),)
SHARED = OK._replace(shares="all", follows="all", leads="some", strides=(12, 4), writable=True)
RAISED = Observation("raised", ("KeyError", "LookupError", "Exception"), "m" * 121)
CRASHED = Observation("crashed", ("SIGABRT",), stage="look at the result")
HUNG = Observation("hung")
MUST = (refuses("LookupError", "TypeError", when=always, source=SEEN),)
MAY = (may_refuse("TypeError", source=SEEN),)
SHARES, COPIES, EITHER = (shares(source=SEEN),), (copies(source=SEEN),), (may_share(source=SEEN),)
WARNS, SILENT = (warns("UserWarning", always, SEEN),), (warns("", always, SEEN),)
WARNED = OK._replace(warnings=(("UserWarning", "w" * 121), ("ImportWarning", "v")))
ALIVE = "a result or a Python exception"
UNLOCKED = Breach("a read-only result, a copy, or a warning", "a writable result over read-only memory, without warning")


def lies(how: str) -> str:
    return f"{how} of the result lies in the source's memory"


def follows(how: str) -> str:
    return f"{how} of the result follows a change of the source"


def leads(how: str) -> str:
    return f"{how} of the source follows a change of the result"


#: law, promise, spec, evidence, answer
ANSWERS: list[tuple[str, tuple[Clause, ...], ArraySpec, Observation, Answer]] = [
    ("survival", (), PLAIN, OK, True),
    ("survival", (), PLAIN, RAISED, True),
    ("survival", (), PLAIN, CRASHED, Breach(ALIVE, "crashed (SIGABRT) during 'look at the result'")),
    ("survival", (), PLAIN, HUNG, Breach(ALIVE, "hung during 'convert'")),
    ("refusal", (), PLAIN, RAISED, None),
    ("refusal", (accepts(source=SEEN),), PLAIN, RAISED, None),
    ("refusal", MUST, PLAIN, CRASHED, None),
    ("refusal", MUST, PLAIN, RAISED, True),
    ("refusal", MUST, PLAIN, OK, Breach("raises LookupError or TypeError", "answers with a torch.Tensor that copies")),
    ("refusal", MAY, PLAIN, OK, None),
    ("refusal", MAY, PLAIN, RAISED, Breach("raises TypeError", f"raises KeyError: {'m' * 120}")),
    ("acceptance", (), PLAIN, OK, True),
    ("acceptance", (), PLAIN, CRASHED, None),
    ("acceptance", MUST, PLAIN, RAISED, None),
    ("acceptance", MAY, PLAIN, OK, None),
    ("acceptance", (accepts(source=SEEN),), PLAIN, OK, True),
    ("acceptance", (accepts(source=SEEN),), PLAIN, RAISED, Breach("a result", f"raises KeyError: {'m' * 120}")),
    ("source", (), PLAIN, OK, True),
    ("source", (), PLAIN, HUNG._replace(source_changed=True), None),
    (
        *("source", (), PLAIN, RAISED._replace(source_changed=True)),
        Breach("the source unchanged", "the source's bytes, layout or flags changed"),
    ),
    ("warnings", (), PLAIN, WARNED, None),
    ("warnings", WARNS, PLAIN, WARNED, True),
    ("warnings", WARNS, PLAIN, OK, Breach("UserWarning", "no warning")),
    ("warnings", WARNS, PLAIN, OK._replace(warnings=(("Z", ""), ("A", ""))), Breach("UserWarning", "A, Z")),
    ("warnings", SILENT, PLAIN, OK, True),
    ("warnings", SILENT, PLAIN, WARNED, Breach("no warning", f"ImportWarning, UserWarning: {'w' * 120}")),
    ("values", (), PLAIN, OK, None),
    ("values", (), PLAIN, OK._replace(data=PLAIN.values), True),
    ("values", (), PLAIN, OK._replace(data=b""), Breach("24 bytes, as in the source", "0 bytes")),
    ("values", (values("unspecified", source=SEEN),), PLAIN, OK._replace(data=b""), None),
    ("shape", (), PLAIN, OK, True),
    ("shape", (), PLAIN, OK._replace(shape=(6,)), Breach("shape [2, 3]", "shape [6]")),
    ("shape", (shape(lambda spec: (6,), source=SEEN),), PLAIN, OK, Breach("shape [6]", "shape [2, 3]")),
    ("shape", (shape(lambda spec: None, source=SEEN),), PLAIN, OK, None),
    ("type", (), PLAIN, OK, None),
    ("type", (type_(source=SEEN),), PLAIN, OK, None),
    ("type", (type_("numpy.", "torch.", source=SEEN),), PLAIN, OK, True),
    ("type", (type_("numpy.", "int", source=SEEN),), PLAIN, OK, Breach("numpy. or int", "torch.Tensor")),
    ("dtype", (), PLAIN, OK, None),
    ("dtype", (dtype("float32", source=SEEN),), PLAIN, OK, True),
    ("dtype", (dtype("int8", source=SEEN),), PLAIN, OK, Breach("dtype int8", "dtype float32")),
    ("dtype", (dtype("bool", source=SEEN),), PLAIN, OK, Breach("dtype bool", "dtype float32")),
    ("dtype", (dtype(lambda spec: spec.dtype, source=SEEN),), PLAIN, OK, True),
    ("dtype", (dtype(lambda spec: None, source=SEEN),), PLAIN, OK, None),
    ("flags", (), PLAIN, OK._replace(flags=("conj",)), None),
    ("flags", (flags("conj", "neg", source=SEEN),), PLAIN, OK, Breach("conj, neg", "no marks")),
    ("flags", (flags("conj", source=SEEN),), PLAIN, OK._replace(flags=("conj",)), True),
    ("flags", (flags(source=SEEN),), PLAIN, OK._replace(flags=("a", "b")), Breach("no marks", "a, b")),
    ("memory", (), PLAIN, SHARED, None),
    ("memory", SHARES, PLAIN, OK._replace(shares=""), None),
    ("memory", SHARES, PLAIN, SHARED, True),
    ("memory", SHARES, PLAIN, OK, Breach("shares", lies("none"))),
    ("memory", COPIES, PLAIN, OK, True),
    ("memory", COPIES, PLAIN, SHARED, Breach("copies", lies("all"))),
    ("memory", EITHER, PLAIN, OK, True),
    ("memory", EITHER, PLAIN, SHARED, True),
    ("memory", EITHER, PLAIN, OK._replace(shares="part"), Breach("may share", lies("part"))),
    ("follows", (), PLAIN, SHARED, None),
    ("follows", SHARES, PLAIN, SHARED._replace(follows=""), None),
    ("follows", SHARES, PLAIN, SHARED, True),
    ("follows", SHARES, PLAIN, SHARED._replace(shares=""), True),
    ("follows", COPIES, PLAIN, SHARED._replace(shares=""), Breach("copies", follows("all"))),
    ("follows", EITHER, PLAIN, OK, True),
    ("follows", EITHER, PLAIN, OK._replace(shares="all"), Breach("may share", follows("none"))),
    ("leads", (), PLAIN, SHARED, None),
    ("leads", SHARES, PLAIN, SHARED._replace(leads=""), None),
    ("leads", SHARES, PLAIN, SHARED, True),
    ("leads", SHARES, PLAIN, OK, Breach("shares", leads("none"))),
    ("leads", COPIES, PLAIN, SHARED, Breach("copies", leads("some"))),
    ("leads", EITHER, PLAIN, OK, True),
    ("strides", (), PLAIN, SHARED, True),
    ("strides", (), PLAIN, SHARED._replace(strides=(4, 8)), Breach("strides [12, 4]", "strides [4, 8]")),
    ("strides", (), PLAIN, SHARED._replace(strides=(12, 8)), Breach("strides [12, 4]", "strides [12, 8]")),
    ("strides", (), COLUMN, SHARED._replace(shape=(3, 1), strides=(4, 4)), True),
    ("strides", (), COLUMN, SHARED._replace(shape=(3, 1), strides=(8, 96)), Breach("strides [4, 96]", "strides [8, 96]")),
    ("strides", (), PLAIN, SHARED._replace(shares="part", strides=(4, 8)), None),
    ("strides", (), PLAIN, SHARED._replace(shares="", strides=(4, 8)), None),
    ("strides", (), PLAIN, SHARED._replace(strides=None), None),
    ("strides", (), PLAIN, SHARED._replace(shape=(3, 2), strides=(8, 4)), None),
    ("strides", (shape(lambda spec: (2, 3), source=SEEN),), PLAIN, SHARED._replace(strides=(4, 8)), None),
    ("strides", IN_F, PLAIN, COPIED._replace(strides=(4, 8)), True),
    ("strides", IN_F, PLAIN, COPIED._replace(strides=(12, 4)), Breach("F order", "strides [12, 4]")),
    ("strides", IN_F, COLUMN, COPIED._replace(shape=(3, 1), strides=(4, 4)), True),
    ("strides", IN_F, PLAIN, COPIED._replace(shape=(0, 3), strides=(12, 4)), None),
    ("strides", IN_F, PLAIN, COPIED._replace(strides=None), None),
    ("strides", (strides("C", source=SEEN),), PLAIN, COPIED._replace(strides=(12, 4)), True),
    ("strides", (strides("C", source=SEEN),), PLAIN, COPIED._replace(strides=(4, 8)), Breach("C order", "strides [4, 8]")),
    ("strides", (strides("K", source=SEEN),), PLAIN, COPIED._replace(strides=(12, 4)), True),
    ("strides", (strides("K", source=SEEN),), PLAIN, COPIED._replace(strides=(4, 8)), Breach("K order", "strides [4, 8]")),
    ("twins", (), PLAIN, OK._replace(twin=True, writable=True), None),
    ("twins", EITHER, PLAIN, OK._replace(twin=True, writable=True), None),
    ("twins", COPIES, PLAIN, OK._replace(writable=True), None),
    ("twins", COPIES, PLAIN, OK._replace(twin=True, writable=False), None),
    ("twins", COPIES, PLAIN, OK._replace(twin=False, writable=True), True),
    ("twins", COPIES, PLAIN, OK._replace(twin=True, writable=True), Breach("memory of its own", "the memory of an earlier copy")),
    ("immutability", (), PLAIN, SHARED, None),
    ("immutability", (immutable(source=SEEN),), PLAIN, OK, None),
    ("immutability", (immutable(source=SEEN),), PLAIN, OK._replace(writable=False), True),
    ("immutability", (immutable(source=SEEN),), PLAIN, SHARED,
     Breach("an immutable source", "a write to the result changed the source")),
    ("readonly", (), PLAIN, SHARED, None),
    ("readonly", (), READONLY, OK._replace(writable=True), None),
    ("readonly", (), READONLY, SHARED._replace(writable=False), None),
    ("readonly", (), READONLY, SHARED._replace(shares=""), None),
    ("readonly", (), READONLY, SHARED, UNLOCKED),
    ("readonly", WARNS, READONLY, SHARED, UNLOCKED),
    ("readonly", WARNS, READONLY, SHARED._replace(warnings=(("UserWarning", ""),)), True),
    ("readonly", WARNS, READONLY, SHARED._replace(warnings=(("ImportWarning", ""),)), UNLOCKED),
    ("readonly", SILENT, READONLY, SHARED._replace(warnings=(("", ""),)), UNLOCKED),
    ("writable", (), PLAIN, SHARED, None),
    ("writable", (writable(True, source=SEEN),), PLAIN, OK, None),
    ("writable", (writable(True, source=SEEN),), PLAIN, SHARED, True),
    ("writable", (writable(False, source=SEEN),), PLAIN, SHARED, Breach("read-only", "writable")),
    ("writable", (writable(True, source=SEEN),), PLAIN, SHARED._replace(writable=False), Breach("writable", "read-only")),
]  # fmt: skip


@pytest.mark.parametrize(("law", "promise", "spec", "seen", "answer"), ANSWERS)
def test_a_law_answers_as_it_says(law: str, promise: tuple[Clause, ...], spec: Any, seen: Observation, answer: Answer) -> None:
    owed = EntryPoint("made.up", "a", "torch", "in", promise).owed(spec)
    assert LAWS[law].check(owed, spec, seen) == answer


def test_every_law_of_one_conversion_is_asked() -> None:
    assert {law for law, *_ in ANSWERS} == set(ON_ENDINGS | ON_RESULTS)


def test_read_only_tensors_are_for_their_framework_to_guard() -> None:
    assert LAWS["readonly"].check(EntryPoint("made.up", "t", "torch", "out", ()).owed(READONLY), READONLY, SHARED) is None


def test_a_law_is_named_and_worded_by_its_check() -> None:
    laws: dict[str, Law] = {}

    @law(laws, "refusal", "https://example.org", pressure="drop")
    def _made_up(owed: Any, spec: Any, seen: Observation) -> Answer:
        """A sentence
        over two lines."""
        return None

    sentence, source = "A sentence over two lines.", "https://example.org"
    assert laws == {"made_up": Law("made_up", "refusal", sentence, source, _made_up, pressure="drop", topic="made_up")}


# -- from the laws to a verdict -----------------------------------------------------------------------------------------


def verdict(seen: Observation, *promise: Clause, known: tuple[Deviation, ...] = (), pressure: str = "") -> Verdict:
    return judge(EntryPoint("made.up", "a", "torch", "in", promise), PLAIN, seen, known, pressure)


def deviation(*laws: str, when: Any = always) -> Deviation:
    return Deviation("made-up", "", "numpy", ("made.up",), laws, when, "", "", PLAIN, "made.up", "memory")


@pytest.mark.parametrize(
    ("seen", "promise", "name"),
    [
        (OK, COPIES, "conforms"),
        (OK, SHARES, "violates"),
        (RAISED, MUST, "refuses"),
        (RAISED, (), "violates"),
        (CRASHED, (), "crashes"),
        (HUNG, (), "hangs"),
        (Observation("unbuildable"), SHARES, "not run"),
    ],
)
def test_a_verdict_has_a_name(seen: Observation, promise: tuple[Clause, ...], name: str) -> None:
    assert verdict(seen, *promise).name == name


def test_a_verdict_lists_what_held_and_what_was_broken() -> None:
    found = verdict(OK, *SHARES)
    assert [law for law, _ in found.breaches] == ["memory", "follows", "leads"]
    assert {"survival", "acceptance", "source", "shape"} == set(found.held)


def test_no_law_of_results_is_asked_of_a_refusal() -> None:
    assert set(verdict(RAISED._replace(shares="none"), *MUST, *SHARES).held) == {"survival", "refusal", "source"}


def test_the_clause_that_decided_is_about_memory_or_about_refusal() -> None:
    assert verdict(OK, *MAY, *COPIES).clause == COPIES[0]
    assert verdict(RAISED, *MUST, *COPIES).clause == MUST[0]
    assert verdict(CRASHED, *MAY, *COPIES).clause == MAY[0]
    assert verdict(OK, *MAY).clause is None


def test_a_deviation_under_a_setting_explains_that_one_alone() -> None:
    known = replace(deviation("settings"), under=("device meta", "device other"))
    assert known.explains("settings", PLAIN, "device meta: device meta, not cpu")
    assert known.explains("settings", PLAIN, "device other: raises")
    assert not known.explains("settings", PLAIN, "autocast: dtype bfloat16, not float32")
    assert not known.explains("contexts", PLAIN, "device meta: device meta, not cpu")
    assert not replace(known, when=~always).explains("settings", PLAIN, "device meta: device meta, not cpu")
    assert deviation("settings").explains("settings", PLAIN, "anything")


def test_the_first_deviation_that_covers_a_breach_explains_it() -> None:
    elsewhere, other, first, second = (
        deviation("leads", when=readonly),
        deviation("values"),
        deviation("leads"),
        deviation("leads"),
    )
    found = verdict(OK, *SHARES, known=(elsewhere, other, first, second))
    assert [(known is first, law) for known, law, _ in found.deviations] == [(True, "leads")]
    assert (found.name, [law for law, _ in found.breaches]) == ("violates", ["memory", "follows"])


def test_a_death_that_is_recorded_deviates() -> None:
    assert verdict(CRASHED, known=(deviation("survival"),)).name == "deviates"


def test_facts_are_judged_where_they_are_told_even_of_a_refusal() -> None:
    owed = (*MUST, fact("static.shape", 3, source=SEEN))
    assert "static" not in verdict(RAISED, *owed).held
    assert "static" in verdict(RAISED._replace(facts=(("static.shape", 3),)), *owed).held
    assert [law for law, _ in verdict(OK._replace(facts=(("static.shape", 2),)), owed[1]).breaches] == ["static"]


@pytest.mark.parametrize("pressure", sorted({law.pressure for law in UNDER_PRESSURE.values()}))
def test_under_pressure_its_own_laws_are_asked_and_no_others(pressure: str) -> None:
    asked = [law for law, _ in _checks(pressure, "ok", False, False)]
    assert asked == ["survival", *(law.id for law in LAWS.values() if law.pressure == pressure)]
    for ending in ("raised", "crashed", "hung"):
        assert [law for law, _ in _checks(pressure, ending, False, False)] == ["survival"]


def test_without_pressure_every_other_law_is_asked() -> None:
    results, refusals = list(ON_ENDINGS | ON_RESULTS), list(ON_ENDINGS)
    assert [law for law, _ in _checks("", "ok", False, False)] == results
    assert [law for law, _ in _checks("", "ok", True, False)] == [*results, *ON_FACTS]
    assert [law for law, _ in _checks("", "crashed", True, False)] == [*refusals, *ON_FACTS]
