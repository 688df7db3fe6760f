"""Symbolic forms: each way in which one can fail is caught under the law that speaks of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from meta_tests.faults import faults, symbolic
from meta_tests.faults.symbolic import CONSTANT
from tensor_conformance.conformance.frameworks.registry import entry_points, known_for
from tensor_conformance.conformance.laws.judge import Verdict, judge
from tensor_conformance.conformance.laws.symbolic import LAWS as ON_FACTS
from tensor_conformance.conformance.promises import FACT_LAWS, EntryPoint
from tensor_conformance.conformance.run.grid import grid
from tensor_conformance.conformance.run.reproducer import script
from tensor_conformance.conformance.run.subjects import Isolated
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.strategies import ArraySpec
from tensor_conformance.strategies.dtypes import DTYPES, available

#: What these tests share takes long to make: one process of a parallel run has it.
pytestmark = pytest.mark.xdist_group("symbolic")

ENTRIES = {entry.name: entry for entry in entry_points()}
FORMS = [entry for entry in entry_points() if entry.facts]
PLAIN = ArraySpec("float32", (2, 3), (12, 4), 0, 24, seed=7)
SWAPPED = PLAIN._replace(dtype=">float32")
MINUS_ZERO = ArraySpec("float32", (2,), (4,), 0, 8, planted=((0, 1 << 31),))
TRUTHS = ArraySpec("bool", (3,), (1,), 0, 3, planted=((1, 1),))
INTEGERS = ArraySpec("int32", (3,), (4,), 0, 12, seed=7)


@pytest.fixture(scope="module")
def subjects() -> Iterator[dict[str, Isolated]]:
    """Both frameworks, each in a process of its own."""
    started = {name: Isolated((name,), limit=60.0) for name in ("torch", "tensorflow")}
    yield started
    for subject in started.values():
        subject.close()


def asked(subjects: dict[str, Isolated], entry: EntryPoint, spec: ArraySpec) -> tuple[Observation, Verdict]:
    subject = subjects[entry.framework]
    seen = subject.observe(entry.question, "", [spec])[0]
    return seen, judge(entry.under(subject.versions), spec, seen, known_for(entry, subject.versions))


#: Where a fault shows; `PLAIN` for the others.
SHOWN_BY = {
    "zero loses its sign": MINUS_ZERO,
    "truths are inverted": TRUTHS,
    "it divides": INTEGERS,
    "it adds too much": INTEGERS,
}


@pytest.mark.parametrize("fault", symbolic.FAULTS, ids=lambda fault: fault.id)
def test_a_fault_of_a_symbolic_form_is_caught_under_its_law(subjects: dict[str, Isolated], fault: symbolic.Rewritten) -> None:
    entry, spec = ENTRIES[fault.entry], SHOWN_BY.get(fault.name, PLAIN)
    assert fault.law in asked(subjects, entry, spec)[1].held
    seen, verdict = asked(subjects, fault.seeded_in(entry), spec)
    assert fault.law in [broken for broken, _ in verdict.breaches], (seen, verdict)


def test_every_law_of_facts_has_a_fault() -> None:
    assert {fault.law for fault in symbolic.FAULTS} >= set(FACT_LAWS)
    assert tuple(ON_FACTS) == FACT_LAWS


@pytest.mark.parametrize("value", ["numpy.ndarray of object", 3.5, None])
def test_what_comes_out_in_place_of_a_refusal_is_caught(value: object) -> None:
    entry = ENTRIES[CONSTANT]
    seen = Observation("ok", facts=(("symbolic_refusal.asarray", value),))
    assert [law for law, _ in judge(entry, PLAIN, seen).breaches if law in ON_FACTS] == ["symbolic_refusal"]


def test_a_refusal_of_another_type_is_caught() -> None:
    seen = Observation("ok", facts=(("symbolic_refusal.asarray", ("raised", "KeyError", "LookupError", "Exception")),))
    (breach,) = [breach for law, breach in judge(ENTRIES[CONSTANT], PLAIN, seen).breaches if law in ON_FACTS]
    assert breach.observed == "symbolic_refusal.asarray raises KeyError"


def test_what_is_refused_in_one_way_only_is_caught(subjects: dict[str, Isolated]) -> None:
    refusing = replace(ENTRIES[CONSTANT], call="len(1)")
    assert "eager_agreement" in [law for law, _ in asked(subjects, refusing, PLAIN)[1].breaches]


@pytest.mark.parametrize("entry", FORMS, ids=lambda entry: entry.name)
def test_facts_are_told_and_promised(entry: EntryPoint) -> None:
    promised = {clause.topic for clause in entry.promise if clause.topic.partition(".")[0] in FACT_LAWS}
    assert promised == {name for name, _ in entry.facts}


def test_facts_see_the_array_and_not_the_one_before(subjects: dict[str, Isolated]) -> None:
    entry = EntryPoint("made.up", "b = a.copy()\nb", "torch", "in", (), facts=(("static.size", "a.size + b.size"),))
    seen = subjects["torch"].observe(entry.question, "", [PLAIN, TRUTHS])
    assert [observation.facts for observation in seen] == [(("static.size", 12),), (("static.size", 6),)]


def test_facts_leave_the_array_as_it_was(subjects: dict[str, Isolated]) -> None:
    entry = EntryPoint(
        "made.up", "a.copy()", "torch", "in", (), facts=(("snapshot", "a"), ("static.kept", "bool((a == result).all())"))
    )
    seen = subjects["torch"].observe(entry.question, "", [PLAIN])[0]
    assert seen.facts == (("snapshot", "live"), ("static.kept", True))


def test_a_fact_that_kills_is_laid_at_its_door(subjects: dict[str, Isolated]) -> None:
    entry = EntryPoint("made.up", "a.copy()", "torch", "in", (), facts=(("static.death", "__import__('os').abort()"),))
    seen = subjects["torch"].observe(entry.question, "", [PLAIN])[0]
    assert (seen.outcome, seen.stage) == ("crashed", "tell the facts")


def test_a_script_shows_the_fact_that_was_broken(subjects: dict[str, Isolated]) -> None:
    entry = faults()[f"snapshot: {CONSTANT}: it follows the array"].seeded_in(ENTRIES[CONSTANT])
    breaches = dict(asked(subjects, entry, PLAIN)[1].breaches)
    text = script(entry, PLAIN, "snapshot", breaches["snapshot"])
    assert text.index("print(f())") < text.index("buffer[:] = ~buffer") < text.rindex("print(f())")


@pytest.mark.parametrize("seed", range(4))
def test_each_dtype_is_asked_about(seed: int) -> None:
    dtypes = {spec.dtype for spec in grid("", ("plain",), seed, "each")}
    assert dtypes == set(filter(available, DTYPES))


def test_a_few_of_each_seed_make_all() -> None:
    few = [{spec.dtype for spec in grid("", ("plain",), seed, "some")} for seed in range(4)]
    assert set().union(*few) == set(filter(available, DTYPES))
