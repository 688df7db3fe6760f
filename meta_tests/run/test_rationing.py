"""What a promise refuses is tried until the refusal is judged; what it takes is tried all."""

from __future__ import annotations

from tensor_conformance.conformance.promises import Clause, EntryPoint, may_refuse, observed, refuses
from tensor_conformance.conformance.promises.conditions import always, dtype_in
from tensor_conformance.conformance.run.grid import grid
from tensor_conformance.conformance.run.plan import PROFILES
from tensor_conformance.conformance.run.rationing import rationed
from tensor_conformance.conformance.run.tally import layout_of

SEEN = observed("this test")
SPECS = grid("", ("plain",), 0, "pairs")
REFUSING = refuses("TypeError", when=dtype_in("int8", "S5"), source=SEEN)


def kept(*promise: Clause, profile: str = "default") -> list[object]:
    return list(rationed(EntryPoint("made.up", "a", "numpy", "in", promise), SPECS, PROFILES[profile].refused))


def test_what_is_taken_is_tried_all() -> None:
    assert kept() == list(SPECS)
    assert kept(may_refuse("TypeError", source=SEEN)) == list(SPECS)


def test_what_is_refused_is_tried_with_each_dtype_layout_address_memory_and_container() -> None:
    found = kept(refuses("TypeError", when=always, source=SEEN))
    assert len(found) < len(SPECS) / 4
    for trait in (lambda s: s.dtype, layout_of, lambda s: s.address, lambda s: s.memory, lambda s: s.container):
        assert {trait(spec) for spec in found} == {trait(spec) for spec in SPECS}  # type: ignore[no-untyped-call]


def test_a_refusal_of_some_inputs_leaves_the_others_alone() -> None:
    found = kept(REFUSING)
    assert [spec for spec in found if not REFUSING.when(spec)] == [spec for spec in SPECS if not REFUSING.when(spec)]  # type: ignore[arg-type]
    assert 0 < sum(REFUSING.when(spec) for spec in found) < sum(map(REFUSING.when, SPECS))  # type: ignore[arg-type]


def test_each_clause_is_judged_by_itself() -> None:
    first = refuses("TypeError", when=dtype_in("int8"), source=SEEN)
    both = kept(first, refuses("ValueError", when=always, source=SEEN))
    alone = kept(refuses("ValueError", when=always, source=SEEN))
    assert sum(spec.dtype == "int8" for spec in both) > sum(spec.dtype == "int8" for spec in alone)  # type: ignore[attr-defined]


def test_a_longer_run_tries_more_of_them() -> None:
    sizes = [len(kept(refuses("TypeError", when=always, source=SEEN), profile=profile)) for profile in PROFILES]
    assert sizes == sorted(set(sizes))
