"""Which inputs are put under which pressure, told by rows made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tensor_conformance.conformance.run.pressing import PRESSED, RACED, SHARE, chosen
from tensor_conformance.conformance.subject.observation import Observation
from tensor_conformance.strategies import DTYPES, ArraySpec, TensorSpec
from tensor_conformance.strategies.spec import PALETTE

PLAIN = ArraySpec("float32", (2, 3), (12, 4), 0, 24, seed=7, planted=((0, 1),))
BIG = PLAIN._replace(shape=(8, 8), strides=(32, 4), nbytes=256)
TENSOR = TensorSpec("float32", (2,), (4,), 0, 8)
COPIED, SHARED = Observation("ok", shares="none", follows="none"), Observation("ok", shares="all", follows="all")
RAISED, CRASHED = Observation("raised", ("TypeError",)), Observation("crashed", ("SIGSEGV",))
WARNED = COPIED._replace(warnings=(("UserWarning", ""),))


def pressed(*shown: tuple[Any, Observation], **options: Any) -> dict[str, list[Any]]:
    return dict(chosen(shown, **{"profile": "default", **options}))


def under(pressure: str, *specs: Any, seen: Observation = COPIED, profile: str = "default") -> int:
    return len(pressed(*[(spec, seen) for spec in specs], profile=profile)[pressure])


def test_the_plainest_of_each_kind_is_pressed() -> None:
    found = pressed((BIG, COPIED), (PLAIN, COPIED))
    assert [found[name] for name in ("drop", "many", "crowd", "again", "first", "settings")] == [[PLAIN]] * 6


@pytest.mark.parametrize(
    ("pressure", "endings"),
    [
        ("drop", 1),
        ("many", 2),
        ("crowd", 2),
        ("again", 2),
        ("first", 1),
        ("settings", 2),
        ("contexts", 1),
        ("forms", 1),
        ("capsule", 2),
    ],
)
def test_refusals_are_pressed_where_they_can_do_harm(pressure: str, endings: int) -> None:
    spec = PLAIN._replace(container="dlpack" if pressure == "capsule" else "ndarray")
    assert len(pressed((spec, COPIED), (spec, RAISED), (spec, CRASHED))[pressure]) == endings


@pytest.mark.parametrize(("pressure", "scales"), [("drop", 3), ("many", 2), ("crowd", 3)])
def test_one_element_stands_for_itself_alone(pressure: str, scales: int) -> None:
    assert (
        under(pressure, *(PLAIN._replace(shape=(n,), strides=(4,), nbytes=4 * n, planted=()) for n in (1, 2, 3, 5000))) == scales
    )


def test_a_quick_run_presses_a_quarter_of_the_kinds() -> None:
    shown = [(PLAIN._replace(dtype=name), COPIED) for name in DTYPES[:20]]
    of_quick = dict(chosen(shown, "quick"))
    assert [len(of_quick[name]) for name in ("drop", "again", "settings", "many", "first")] == [19, 8, 16, 1, 0]
    assert list(dict(chosen(shown, "quick", "compiled"))) == ["drop", "overwrite"]


def test_leaks_are_looked_for_in_each_container() -> None:
    assert under("many", *(PLAIN._replace(container=name) for name in ("ndarray", "list", "dlpack"))) == 3


def test_a_copy_that_frameworks_split_among_threads_is_judged_like_others() -> None:
    (spec,) = pressed((PLAIN, COPIED))[""]
    assert (spec.size, spec.seed, spec.planted) == (65536, 1, ())


def test_nothing_is_asked_of_what_is_empty() -> None:
    empty = PLAIN._replace(shape=(0, 3), planted=())
    assert not any(specs for pressure, specs in pressed((empty, COPIED)).items() if pressure not in ("", "overwrite"))


# -- kinds --------------------------------------------------------------------------------------------------------------


def test_lifetimes_are_looked_at_by_dtype_at_home_and_by_place_elsewhere() -> None:
    assert under("drop", PLAIN, PLAIN._replace(dtype="int32"), PLAIN._replace(dtype="int8")) == 3
    away = [PLAIN._replace(dtype=dtype, memory=memory) for dtype in ("int8", "float32") for memory in ("bytes", "memmap_r")]
    assert under("drop", *away) == 2
    assert len(pressed((PLAIN, COPIED), (PLAIN, SHARED))["drop"]) == 2


@pytest.mark.parametrize("pressure", ["many", "crowd"])
def test_leaks_and_threads_are_looked_at_by_how_it_ended(pressure: str) -> None:
    assert under(pressure, PLAIN, PLAIN._replace(dtype="int32")) == 1
    assert len(pressed((PLAIN, COPIED), (PLAIN, SHARED), (PLAIN, RAISED))[pressure]) == 3


@pytest.mark.parametrize("pressure", ["again", "settings"])
def test_answers_are_asked_again_by_dtype(pressure: str) -> None:
    assert under(pressure, PLAIN, PLAIN._replace(dtype="int32"), PLAIN._replace(memory="bytes")) == 2
    assert len(pressed((PLAIN, COPIED), (PLAIN, SHARED), (PLAIN, RAISED))[pressure]) == 2


@pytest.mark.parametrize("pressure", ["again", "settings"])
def test_refusals_leave_room_for_answers(pressure: str) -> None:
    refused = [(PLAIN._replace(dtype=name), RAISED) for name in DTYPES]
    scalars = [(PLAIN._replace(dtype=name, container="scalar"), COPIED) for name in ("float32", "float64")]
    containers = [spec.container for spec in pressed(*refused, *scalars)[pressure]]
    assert containers.count("scalar") == 2


def test_first_calls_are_those_that_warn_and_those_that_do_not() -> None:
    assert len(pressed((PLAIN, COPIED), (PLAIN, WARNED), (PLAIN, SHARED))["first"]) == 2


def test_forms_are_made_of_plain_numbers_with_axes_and_without() -> None:
    others = [PLAIN._replace(dtype=dtype) for dtype in ("bfloat16", "S5", ">float32", "object")]
    assert under("forms", *others, PLAIN._replace(memory="bytes"), PLAIN._replace(container="list")) == 0
    scalar = PLAIN._replace(shape=(), strides=(), planted=())
    assert under("forms", PLAIN, BIG, scalar) == 2
    assert [spec.seed for spec in pressed((PLAIN, COPIED))["forms"]] == [1]
    assert [spec.planted for spec in pressed((PLAIN, COPIED))["forms"]] == [()]


def test_code_around_meets_all_special_values_of_a_dtype_first() -> None:
    palette = PLAIN._replace(shape=(3, 41), strides=(164, 4), nbytes=492, seed=PALETTE, planted=())
    assert pressed((PLAIN, COPIED), (palette, COPIED))["contexts"] == [palette]
    assert under("contexts", PLAIN._replace(dtype="int4"), PLAIN._replace(container="list")) == 0


def test_capsules_come_from_those_that_give_nothing_else() -> None:
    assert under("capsule", PLAIN, TENSOR) == 0
    assert under("capsule", PLAIN._replace(container="dlpack")) == 1


def test_fake_tensors_meet_no_threads() -> None:
    assert under("crowd", TENSOR._replace(state="fake")) == 0
    assert under("crowd", TENSOR) == 1


def test_no_more_than_so_many_are_pressed() -> None:
    spent = {name: pressing.most for name, pressing in PRESSED.items()}
    few = {"many": 8, "crowd": 9, "first": 2, "contexts": 12, "capsule": 6}
    assert spent == {"drop": 96, "again": 32, "settings": 64, "forms": 64, **few}
    raised = [Observation("raised", (f"Error{n}",)) for n in range(20)]
    shown = [(PLAIN._replace(container="dlpack"), seen) for seen in raised]
    found = {profile: pressed(*shown, profile=profile) for profile in SHARE}
    assert {name: [len(pressed[name]) for pressed in found.values()] for name in few} == {
        "many": [2, 8, 8],
        "crowd": [3, 9, 9],
        "first": [0, 0, 0],
        "contexts": [0, 0, 0],
        "capsule": [2, 6, 6],
    }
    assert [under("settings", *(PLAIN._replace(dtype=name) for name in DTYPES[:40]), profile=profile) for profile in SHARE] == [
        16,
        32,
        40,
    ]
    warns = [(PLAIN, COPIED), (PLAIN, WARNED)]
    assert [len(pressed(*warns, profile=profile)["first"]) for profile in SHARE] == [1, 2, 2]


# -- what may be spent --------------------------------------------------------------------------------------------------

MANY = [(PLAIN._replace(dtype=dtype), seen) for dtype in ("float32", "int8", "int16") for seen in (COPIED, RAISED)]


def test_slow_calls_see_two_of_each_and_still_slower_ones_one_of_few() -> None:
    assert len(pressed(*MANY)["again"]) == 6
    slow, slowest = pressed(*MANY, pace="slow"), pressed(*MANY, pace="slowest")
    assert [len(slow[name]) for name in ("drop", "again", "many", "overwrite")] == [2, 2, 2, 1]
    assert {name: len(specs) for name, specs in slowest.items()} == {"drop": 1, "again": 1, "overwrite": 1}


def test_copies_are_raced_at_up_to_64_mebibytes() -> None:
    assert RACED == {"quick": (4096,), "default": (4096, 4 << 20), "thorough": (4096, 16 << 20, 64 << 20)}


@pytest.mark.parametrize("profile", RACED)
def test_copies_are_raced_at_the_profiles_sizes(profile: str) -> None:
    (first, *_), sizes = pressed((PLAIN, COPIED), profile=profile)["overwrite"], RACED[profile]
    assert [spec.nbytes for spec in pressed((PLAIN, COPIED), profile=profile)["overwrite"]] == list(sizes)
    assert (first.shape, first.strides, first.offset, first.address, first.seed) == ((1 << 10,), (4,), 0, 0, 0)
    assert first.planted == ()


@pytest.mark.parametrize("kind", ["list", "int", "float", "complex", "bool"])
def test_megabytes_of_python_numbers_are_not_made(kind: str) -> None:
    assert [spec.nbytes for spec in pressed((PLAIN, COPIED._replace(type=kind)))["overwrite"]] == [1 << 12]
    assert [spec.nbytes for spec in pressed((PLAIN, COPIED), large=False)["overwrite"]] == [1 << 12]


@pytest.mark.parametrize("spec", [PLAIN._replace(dtype="V0"), PLAIN._replace(memory="bytes"), TENSOR._replace(state="neg")])
def test_only_plain_copies_are_raced(spec: Any) -> None:
    spec = spec._replace(planted=()) if spec.dtype == "V0" else spec
    assert "overwrite" not in pressed((spec, COPIED))
    assert "overwrite" not in pressed((PLAIN, SHARED))
    assert "overwrite" in pressed((TENSOR, COPIED))
