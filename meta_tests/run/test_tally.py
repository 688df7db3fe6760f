"""Tallies: what is counted, what a finding keeps, and which of two inputs is the plainer."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tensor_conformance.conformance.laws.judge import Verdict
from tensor_conformance.conformance.laws.law import Breach
from tensor_conformance.conformance.promises import EntryPoint, copies, observed, shares
from tensor_conformance.conformance.promises.conditions import always
from tensor_conformance.conformance.promises.deviations import Deviation
from tensor_conformance.conformance.run.tally import Tally, layout_of, plainness, replay_id
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.strategies import ArraySpec, TensorSpec

SEEN = observed("this test")
CLAUSES = (shares(source=SEEN), copies(source=SEEN))
ENTRY = EntryPoint("made.up", "a", "torch", "in", CLAUSES)
PLAIN = ArraySpec("float32", (2, 3), (12, 4), 0, 24)
TENSOR = TensorSpec("float32", (2, 3), (12, 4), 0, 24)
COPIED = Observation("ok", shares="none", follows="none")
HELD = Verdict("conforms", ("survival", "values"), clause=CLAUSES[1])
BREACH = Breach("copies", "shares")
BROKEN = Verdict("violates", ("survival",), (("memory", BREACH),), clause=CLAUSES[1])
KNOWN = Deviation("made-up", "", "numpy", ("*",), ("memory", "leads"), always, "", "", PLAIN, "made.up", "memory")
DEVIATES = Verdict("deviates", ("survival",), (), ((KNOWN, "memory", BREACH), (KNOWN, "leads", BREACH)))


def tallied(*judged: tuple[Any, Observation, Verdict], entry: EntryPoint = ENTRY, pressure: str = "") -> Tally:
    tally = Tally(entry)
    for spec, seen, verdict in judged:
        tally.add(spec, seen, verdict, "grid", pressure)
    return tally


# -- counting -----------------------------------------------------------------------------------------------------------


def test_verdicts_and_laws_are_counted() -> None:
    tally = tallied((PLAIN, COPIED, HELD), (PLAIN, COPIED, HELD), (PLAIN, COPIED, BROKEN), (PLAIN, COPIED, DEVIATES))
    assert tally.verdicts == {"conforms": 2, "violates": 1, "deviates": 1}
    assert tally.laws["survival"] == {"held": 4}
    assert tally.laws["values"] == {"held": 2}
    assert tally.laws["memory"] == {"broken": 1, "deviated": 1}
    assert tally.laws["leads"] == {"deviated": 1}


def test_a_deviation_counts_once_per_conversion() -> None:
    assert tallied((PLAIN, COPIED, DEVIATES), (PLAIN, COPIED, DEVIATES)).deviated == {"made-up": 2}


def test_what_was_not_run_counts_for_nothing_but_its_reason() -> None:
    tally = tallied(*[(PLAIN, Observation("unbuildable", message="no dtype"), Verdict("not run"))] * 2)
    assert (tally.verdicts, tally.reasons) == ({"not run": 2}, {"no dtype": 2})
    assert (tally.laws, tally.matrix, tally.cells["counts"]) == ({}, {}, "")


def test_the_matrix_tells_arrays_by_layout_dtype_memory_and_container() -> None:
    listed = PLAIN._replace(container="list", dtype="int8", strides=(3, 1), nbytes=6)
    matrix = tallied((PLAIN, COPIED, HELD), (PLAIN, COPIED, HELD), (listed, Observation("hung"), BROKEN)).matrix
    assert matrix["layout"] == {"C": {"copies": 2, "hung": 1}}
    assert matrix["dtype"] == {"float32": {"copies": 2}, "int8": {"hung": 1}}
    assert matrix["memory"] == {"plain": {"copies": 2, "hung": 1}}
    assert matrix["container"] == {"ndarray": {"copies": 2}, "list": {"hung": 1}}


def test_the_matrix_tells_tensors_by_layout_dtype_and_state() -> None:
    out = EntryPoint("made.up", "t", "torch", "out", ())
    matrix = tallied((TENSOR._replace(state="neg"), COPIED, HELD), entry=out).matrix
    assert (set(matrix), matrix["state"]) == ({"layout", "dtype", "state"}, {"neg": {"copies": 1}})


def test_cells_count_outcomes_by_dtype_layout_and_clause() -> None:
    fortran, bytes_ = PLAIN._replace(strides=(4, 8)), PLAIN._replace(memory="bytes", dtype="int32")
    other = HELD._replace(clause=None)
    cells = tallied((PLAIN, COPIED, HELD), (PLAIN, COPIED, HELD), (fortran, COPIED, HELD), (bytes_, COPIED, other)).cells
    assert (cells["dtypes"], cells["layouts"]) == (["float32", "int32"], ["C", "Fortran"])
    assert cells["outcomes"] == [
        {"verdict": "conforms", "headline": "copies", "clause": 1, "home": True},
        {"verdict": "conforms", "headline": "copies", "clause": -1, "home": False},
    ]
    assert cells["counts"] == "0 0 0 2,0 1 0 1,1 0 1 1"


def test_plain_tensors_are_at_home() -> None:
    out = EntryPoint("made.up", "t", "torch", "out", ())
    outcomes = tallied((TENSOR, COPIED, HELD), (TENSOR._replace(state="neg"), COPIED, HELD), entry=out).cells["outcomes"]
    assert [outcome["home"] for outcome in outcomes] == [True, False]


def test_facts_under_pressure_say_nothing_of_memory() -> None:
    tally = tallied((PLAIN, Observation("ok"), HELD), pressure="drop")
    assert (tally.matrix, tally.cells["counts"], tally.verdicts["conforms"]) == ({}, "", 1)


# -- findings -----------------------------------------------------------------------------------------------------------


def found(*specs: Any, law: str = "memory", seen: Observation = COPIED, breach: Breach = BREACH) -> Tally:
    return tallied(*[(spec, seen, Verdict("violates", (), ((law, breach),))) for spec in specs])


def test_a_finding_keeps_the_plainest_spec_with_its_evidence() -> None:
    small, tally = PLAIN._replace(shape=(1, 3)), found(PLAIN, PLAIN._replace(shape=(2, 2)))
    seen, breach = COPIED._replace(dtype="float32"), Breach("copies", "shares all")
    tally.add(small, seen, Verdict("violates", (), (("memory", breach),)), "search")
    tally.add(PLAIN, COPIED, Verdict("violates", (), (("memory", BREACH),)), "grid")
    (finding,) = tally.findings.values()
    assert (finding.spec, finding.seen, finding.breach, finding.phase, finding.count) == (small, seen, breach, "search", 4)


def test_the_first_of_two_equally_plain_specs_is_kept() -> None:
    (finding,) = found(PLAIN._replace(dtype="int32"), PLAIN).findings.values()
    assert finding.spec.dtype == "int32"


@pytest.mark.parametrize(
    ("law", "ways"),
    [("values", 2), ("memory", 1), ("shape", 1), ("strides", 1)],
)
def test_wrong_values_are_told_apart_by_dtype(law: str, ways: int) -> None:
    assert len(found(PLAIN, PLAIN._replace(dtype="int32"), law=law).findings) == ways


@pytest.mark.parametrize(("law", "ways"), [("values", 1), ("memory", 2), ("shape", 1), ("strides", 1), ("dtype", 2)])
def test_other_breaches_are_told_apart_by_what_was_expected(law: str, ways: int) -> None:
    tally = found(PLAIN, law=law)
    tally.add(PLAIN, COPIED, Verdict("violates", (), ((law, Breach("other", "shares")),)), "grid")
    assert len(tally.findings) == ways


def refused(message: str) -> Tally:
    tally = found(PLAIN, law="acceptance", seen=Observation("raised", ("E",), "axis 3 is too long"))
    tally.add(PLAIN, Observation("raised", ("E",), message), Verdict("violates", (), (("acceptance", BREACH),)), "grid")
    return tally


@pytest.mark.parametrize(("message", "ways"), [("axis 12 is too long", 1), ("axis 3 is too short", 2)])
def test_unwanted_refusals_are_told_apart_by_their_words(message: str, ways: int) -> None:
    assert len(refused(message).findings) == ways


def test_a_finding_is_told_apart_by_how_it_ended_or_by_its_pressure() -> None:
    tally = found(PLAIN)
    for seen, pressure in ((COPIED, ""), (Observation("hung"), ""), (COPIED, "drop"), (Observation("hung"), "drop")):
        tally.add(PLAIN, seen, BROKEN, "grid", pressure)
    assert sorted(finding.count for finding in tally.findings.values()) == [1, 2, 2]
    assert {finding.id for finding in tally.findings.values()} == {
        replay_id("made.up", PLAIN),
        replay_id("made.up", PLAIN, "drop"),
    }


def test_a_replay_id_names_one_question() -> None:
    ids = [
        replay_id("made.up", PLAIN),
        replay_id("other", PLAIN),
        replay_id("made.up", TENSOR),
        replay_id("made.up", PLAIN, "drop"),
    ]
    assert len(set(ids)) == 4
    assert ids[0] == replay_id("made.up", PLAIN._replace()) == "48f95d0942"


# -- plain and plainer --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "worse",
    [
        PLAIN._replace(address=8),
        PLAIN._replace(strides=(4, 8)),
        PLAIN._replace(memory="bytes"),
        PLAIN._replace(container="list"),
        PLAIN._replace(container="array"),
        PLAIN._replace(container="subclass"),
        PLAIN._replace(seed=1),
        PLAIN._replace(planted=((0, 1),)),
        PLAIN._replace(nbytes=25),
        PLAIN._replace(shape=(2, 1, 3), strides=(12, 12, 4)),
        PLAIN._replace(shape=(2, 4), strides=(16, 4), nbytes=32),
    ],
)
def test_each_oddity_is_less_plain(worse: ArraySpec) -> None:
    assert plainness(PLAIN) < plainness(worse)


#: From plain to less plain: each difference outweighs those above it.
ORDER = [
    PLAIN,
    PLAIN._replace(nbytes=99),
    PLAIN._replace(planted=((0, 1),)),
    PLAIN._replace(seed=9),
    PLAIN._replace(shape=(2, 1, 3), strides=(12, 12, 4)),
    PLAIN._replace(shape=(7,), strides=(4,), nbytes=28),
    PLAIN._replace(address=8, shape=(1,), strides=(4,)),
    PLAIN._replace(address=8, memory="bytes", shape=(1,), strides=(4,)),
    PLAIN._replace(shape=(1, 1, 1, 1, 1), strides=(4, 4, 4, 4, 4)),
]


def test_what_makes_a_script_long_counts_first() -> None:
    assert all(plainness(one) < plainness(other) for one, other in pairwise(ORDER))
    assert plainness(PLAIN._replace(shape=(1, 1, 1, 1), strides=(4, 4, 4, 4))) < plainness(ORDER[0])


def test_tensors_are_weighed_too() -> None:
    assert plainness(TENSOR) == plainness(PLAIN)


LAYOUTS = [
    ("empty", (0, 3), (12, 4)),
    ("0-d", (), ()),
    ("C", (2, 3), (12, 4)),
    ("C, odd length-1 axes", (1, 3), (96, 4)),
    ("negative stride", (2, 3), (-12, 4)),
    ("C, odd length-1 axes", (1, 3), (-12, 4)),
    ("broadcast", (2, 3), (0, 4)),
    ("C, odd length-1 axes", (1, 3), (0, 4)),
    ("negative stride", (2, 3), (-1, 4)),
    ("negative stride", (2, 3), (0, -4)),
    ("partial stride", (2, 3), (13, 4)),
    ("overlapping", (2, 3), (4, 4)),
    ("overlapping", (2, 3), (8, 4)),
    ("Fortran", (2, 3), (4, 8)),
    ("Fortran", (2, 3, 4), (4, 8, 24)),
    ("permuted", (2, 3, 4), (4, 32, 8)),
    ("permuted", (2, 3, 4), (48, 4, 12)),
    ("holes", (2, 3), (16, 4)),
    ("holes", (3,), (8,)),
    ("holes", (2, 3), (4, 12)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shape", "strides"), LAYOUTS)
def test_a_layout_is_told_from_its_numbers(name: str, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
    assert layout_of(ArraySpec("float32", shape, strides, 200, 999)) == name


def test_the_elements_of_an_empty_dtype_lie_nowhere() -> None:
    assert layout_of(ArraySpec("V0", (3,), (0,), 0, 0)) == "broadcast"
    assert layout_of(ArraySpec("V0", (1,), (0,), 0, 0)) == "C"
