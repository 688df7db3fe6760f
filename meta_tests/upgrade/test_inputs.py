"""The inputs of profiles show every condition of every promise from both sides."""

from __future__ import annotations

import pytest

from tensor_conformance.conformance.frameworks.registry import entry_points, frameworks
from tensor_conformance.conformance.promises import EntryPoint, accepts, dtype, during, observed, refuses
from tensor_conformance.conformance.promises.conditions import always, container_in, dtype_in, swapped
from tensor_conformance.conformance.upgrade.inputs import STEPS, choose, inputs, list_of, needs
from tensor_conformance.strategies.spec import ArraySpec

SEEN = observed("now")
PLAIN = ArraySpec("float32", (2,), (4,), 0, 8)
BUFFER, SWAPPED = PLAIN._replace(container="buffer"), PLAIN._replace(dtype=">float32")
WIDE = BUFFER._replace(dtype="float64", strides=(8,), nbytes=16)

CALLS = ("torch.asarray", "torch.from_dlpack", "tf.constant", "np.from_dlpack(tf.Tensor)", "torch.Tensor.numpy")


def entry(*promise: object) -> EntryPoint:
    return EntryPoint("fake.call", "a", "torch", "in", promise)  # type: ignore[arg-type]


def test_what_the_sample_does_not_show_of_a_condition_is_chosen() -> None:
    promised = entry(refuses("TypeError", when=container_in("buffer"), source=SEEN), accepts(source=SEEN))
    assert choose(promised, [PLAIN, SWAPPED], [BUFFER, PLAIN]) == [BUFFER]


def test_where_a_condition_holds_other_dtypes_are_chosen_too() -> None:
    promised = entry(dtype("float32", when=container_in("buffer"), source=SEEN), accepts(source=SEEN))
    assert choose(promised, [PLAIN], [BUFFER, BUFFER, WIDE]) == [BUFFER, WIDE]


def test_a_clause_behind_one_that_decides_in_all_releases_shows_nothing() -> None:
    promised = entry(refuses("TypeError", when=swapped, source=SEEN), refuses("ValueError", when=always, source=SEEN))
    assert ("clause 1", "True") not in set(needs(promised, SWAPPED, ()))
    assert ("clause 1", "True") in set(needs(promised, PLAIN, ()))


def test_a_clause_behind_one_of_some_releases_decides_in_the_others() -> None:
    older = during("torch<2", refuses("TypeError", when=swapped, source=SEEN))
    promised = entry(*older, refuses("ValueError", when=dtype_in(">float32"), source=SEEN))
    assert ("clause 1", "True") in set(needs(promised, SWAPPED, ()))


#: Call to known deviations that are younger than the shipped inputs, which show them when they are drawn the next time.
YOUNGER: dict[str, set[str]] = {}


@pytest.mark.parametrize("name", CALLS)
def test_the_shipped_inputs_show_every_known_deviation_and_all_that_surrounds_it(name: str) -> None:
    (found,) = (one for one in entry_points() if one.name == name)
    listed = inputs()[1][list_of(found)]
    specs = [listed.specs[place] for place in listed.of(found)]
    known = [deviation for deviation in frameworks()[found.framework].deviations if deviation.covers(found)]
    lacking = {deviation.id for deviation in known if not any(map(deviation.when.test, specs))}
    assert lacking == YOUNGER.get(name, set())


def test_nearly_every_condition_of_a_promise_is_shown_from_both_sides() -> None:
    shown = missing = 0
    for found in entry_points():
        if found.pace not in STEPS:
            continue
        listed = inputs()[1][list_of(found)]
        seen = {need for place in listed.of(found) for need in needs(found, listed.specs[place], ())}
        for number, clause in enumerate(found.promise):
            if clause.when is not always:
                both = {(f"clause {number}", side) for side in ("True", "False")} <= seen
                shown, missing = shown + both, missing + (not both)
    # The others never decide, behind clauses that they share with other calls, or need two rare things at once.
    assert missing < 0.15 * shown, f"{missing} of {shown + missing}: python -m tensor_conformance.conformance.upgrade.inputs"


def test_a_buffer_whose_dtype_is_not_the_default_is_among_the_inputs_of_asarray() -> None:
    (found,) = (one for one in entry_points() if one.name == "torch.asarray")
    listed = inputs()[1][list_of(found)]
    dtypes = {listed.specs[place].dtype for place in listed.of(found) if listed.specs[place].container == "buffer"}
    assert dtypes - {"float32"}
