"""What each pressure reports of conversions made by hand."""

from __future__ import annotations

import importlib
import os
import random
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
import pytest

from tensor_conformance.conformance.subject import on_numpy, pressures
from tensor_conformance.conformance.subject.handle import Handle
from tensor_conformance.conformance.subject.pressures import Conversion, Sight, press, traces
from tensor_conformance.conformance.subject.setting import Context
from tensor_conformance.conformance.subject.side import _build_in
from tensor_conformance.strategies import ArraySpec
from tensor_conformance.strategies.build import build
from tensor_conformance.strategies.dtypes import available

#: Modules that are named like the pressures in them.
MANY, FORMS = (importlib.import_module(f"{pressures.__name__}.{name}") for name in ("many", "forms"))
PLAIN = ArraySpec("float32", (2, 3), (12, 4), 0, 24, seed=7)
TRUTHS = ArraySpec("bool", (3,), (1,), 0, 3, planted=((0, 0x80), (1, 1)))


def conversion(convert: Callable[[Any], Any], spec: ArraySpec = PLAIN, **options: Any) -> Conversion:
    return Conversion(convert, partial(_build_in, spec), on_numpy.describe, **options)  # type: ignore[arg-type]


def facts(pressure: str, convert: Callable[[Any], Any], spec: ArraySpec = PLAIN, **options: Any) -> dict[str, Any]:
    seen = press(pressure, conversion(convert, spec, **options))
    assert seen.outcome == "ok", seen
    return dict(seen.facts)


def copy(a: Any) -> Any:
    return np.array(a)


def refuse(a: Any) -> Any:
    raise KeyError(str(a))


def after(calls: int, good: Callable[[Any], Any], bad: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Good so many times, then bad."""
    counted: list[int] = []
    return lambda a: (counted.append(1), good(a) if len(counted) <= calls else bad(a))[1]


def test_what_raises_under_pressure_is_an_observation() -> None:
    assert (press("drop", conversion(refuse)).error[0], press("overwrite", conversion(refuse)).outcome) == ("KeyError", "raised")


# -- sights -------------------------------------------------------------------------------------------------------------


def test_the_first_difference_of_two_sights_is_told() -> None:
    one = Sight("answers", "", "list", "int8", (2,), data=b"\1\2")
    assert one.difference(one) == ""
    assert one.difference(one._replace(dtype="int16", data=b"")) == "dtype int16, not int8"
    assert one.difference(one._replace(data=bytes(range(20)))) == f"data {bytes(range(16)).hex()}, not 0102"


def test_any_byte_but_zero_is_seen_as_true() -> None:
    built = build(TRUTHS)
    assert pressures.sight(conversion(copy, TRUTHS), built).data == b"\1\1\0"
    for spec in (PLAIN, PLAIN._replace(dtype="bfloat16" if available("bfloat16") else "int32")):
        assert pressures.sight(conversion(copy, spec), build(spec)).data == spec.values


def test_a_sight_tells_all() -> None:
    built = build(PLAIN)
    seen = pressures.sight(conversion(lambda a: a), built)
    wanted = Sight("answers", "cpu", "numpy.ndarray", "float32", (2, 3), (12, 4), (), True, PLAIN.values, "all")
    assert seen == wanted
    assert pressures.sight(conversion(refuse), built) == Sight("raises KeyError")


# -- lifetimes ----------------------------------------------------------------------------------------------------------


def test_a_view_holds_its_source_and_lets_go() -> None:
    assert facts("drop", lambda a: a.view()) == {"shares": "all", "held": 1, "later": "same", "kept": 0}


def test_a_copy_holds_nothing() -> None:
    assert facts("drop", copy) == {"shares": "none", "held": 0, "later": "same", "kept": 0}


def test_each_reference_that_is_kept_is_counted() -> None:
    kept: list[Any] = []
    seen = facts("drop", lambda a: (kept.append(a.base), a.copy())[1])
    assert (seen["held"], seen["kept"]) == (1, 1)


def test_what_is_let_go_only_at_a_later_call_is_let_go() -> None:
    last: list[Any] = []
    assert facts("drop", lambda a: (last.clear(), last.append(a), a.copy())[2])["kept"] == 0


@pytest.mark.parametrize("owned", [object(), None], ids=["owned", "unowned"])
@pytest.mark.parametrize(("soon", "later"), [(b"old", "same"), (b"new", "changed"), (b"zzz", "changed")])
def test_a_result_without_its_source_is_watched_by_its_values(owned: Any, soon: bytes, later: str) -> None:
    class Source:
        value, owner, start, nbytes = 0, owned, 0, 8
        flip = close = lambda self: None

    reads = iter((b"old", soon))
    watched = Conversion(lambda _: 0, Source, lambda _: Handle("made.up", "", (3,), data=lambda: next(reads)))
    seen = dict(press("drop", watched).facts)
    assert (seen["shares"], seen["later"], seen["kept"] is None) == ("", later, owned is None)


# -- leaks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("convert", "ending"), [(copy, "answers"), (refuse, "raises")])
def test_nothing_is_left_of_what_leaves_nothing(convert: Callable[[Any], Any], ending: str) -> None:
    seen = facts("many", convert)
    assert (seen["ending"], 24 <= seen["conversions"] <= 1000) == (ending, True)
    assert seen["references"] <= 0
    assert seen["blocks"] < seen["conversions"] // 2
    assert seen["bytes"] < 16 * seen["conversions"]


@pytest.fixture
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MANY, "_ROUNDS", 3)


@pytest.mark.usefixtures("few_rounds")
def test_references_that_stay_are_counted_for_each_conversion() -> None:
    kept: list[Any] = []
    seen = facts("many", lambda a: (kept.append(a), a.copy())[1])
    assert seen["references"] == seen["conversions"]


@pytest.mark.usefixtures("few_rounds")
def test_objects_and_memory_that_stay_are_counted() -> None:
    kept: list[Any] = []
    seen = facts("many", lambda a: kept.append(bytearray(1 << 12)))
    assert seen["blocks"] >= seen["conversions"]
    assert seen["bytes"] >= seen["conversions"] << 12 or MANY._mallinfo is None


@pytest.mark.usefixtures("few_rounds")
def test_a_cache_that_fills_is_no_leak() -> None:
    kept: list[Any] = []

    def convert(a: Any) -> Any:
        time.sleep(3e-4)
        return len(kept) < 400 and kept.append([])

    seen = facts("many", convert)
    assert len(kept) == 400
    assert seen["conversions"] > 24
    assert seen["blocks"] < 16


Growth = tuple[int, int, int]


def grown(monkeypatch: pytest.MonkeyPatch, *rounds: Growth) -> tuple[Growth, int]:
    """What is told where rounds add so much, and how many of them are made."""
    levels = [at for add in rounds for at in ((100, 200, 300, 0), (100 + add[0], 200 + add[1], 300 + add[2], 0))]
    monkeypatch.setattr(MANY, "_ROUNDS", len(rounds))
    monkeypatch.setattr(MANY, "_MOST", MANY._LEAST)  # No longer rounds, however busy the machine is.
    monkeypatch.setattr(MANY, "_levels", lambda watched: levels.pop(0))
    seen = facts("many", copy)
    return (seen["references"], seen["blocks"], seen["bytes"]), len(rounds) - len(levels) // 2


def test_a_leak_is_what_every_round_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert grown(monkeypatch, (5, 30, 9000), (4, 40, 9900), (6, 20, 9999)) == ((4, 20, 9000), 3)


@pytest.mark.parametrize(
    ("growth", "rounds"), [((0, 11, 4095), 1), ((-1, 0, 0), 1), ((1, 0, 0), 2), ((0, 12, 0), 2), ((0, 0, 4096), 2)]
)
def test_rounds_end_when_one_adds_next_to_nothing(monkeypatch: pytest.MonkeyPatch, growth: Growth, rounds: int) -> None:
    assert grown(monkeypatch, growth, (5, 99, 9999)) == (growth, rounds)


def test_slow_conversions_are_made_a_few_times() -> None:
    assert facts("many", lambda a: time.sleep(1e-3))["conversions"] == 24


def test_a_small_leak_of_a_slow_conversion_is_looked_at_for_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MANY, "_added", lambda once, count, watched, rounds: (0, 0, 17 * count, 0))
    monkeypatch.setattr(MANY, "_ENOUGH_SECONDS", 0.2)
    assert facts("many", lambda a: time.sleep(2e-2))["conversions"] == 24
    assert facts("many", copy)["conversions"] > 24


def test_a_small_leak_of_a_conversion_that_is_not_too_slow_is_looked_at_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MANY, "_added", lambda once, count, watched, rounds: (0, 0, 17 * count, 0))
    assert facts("many", lambda a: time.sleep(1e-2))["conversions"] == 96


# -- company and repetition -----------------------------------------------------------------------------------------------


def overwritten(convert: Callable[[Any], Any]) -> tuple[str, str]:
    seen = facts("overwrite", convert)
    return seen["shares"], seen["later"]


def test_a_copy_keeps_the_old_values_and_a_view_does_not() -> None:
    assert overwritten(copy) == ("none", "same")
    assert overwritten(lambda a: a) == ("all", "changed")


@pytest.mark.parametrize(
    ("at_once", "soon", "later"),
    [(b"old", b"old", "same"), (b"new", b"old", "changed"), (b"old", b"new", "changed"), (b"zzz", b"old", "changed")],
)
def test_a_copy_that_is_late_is_seen_to_change(at_once: bytes, soon: bytes, later: str) -> None:
    reads = iter((b"old", at_once, soon))
    late = conversion(copy)._replace(describe=lambda _: Handle("made.up", "", (3,), data=lambda: next(reads)))
    assert dict(press("overwrite", late).facts)["later"] == later


def test_threads_that_get_something_else_are_heard() -> None:
    assert facts("crowd", copy) == {"alone": ""}
    main = threading.get_ident()
    seen = facts("crowd", lambda a: copy(a) if threading.get_ident() == main else a.astype("f8"))
    assert seen == {"alone": "dtype float64, not float32"}


def test_threads_share_one_source_and_have_their_own() -> None:
    sources: list[int] = []
    facts("crowd", lambda a: (sources.append(a.ctypes.data), copy(a))[1])
    assert sorted(Counter(sources).values()) == [3, 3, 3, 3, 9]


@pytest.mark.parametrize("calls", [1, 2, 5, 8])
def test_an_answer_that_changes_is_heard(calls: int) -> None:
    assert facts("again", copy)["again"] == ""
    seen = facts("again", after(calls + (calls > 4), copy, lambda a: np.zeros((2, 3), "f4")))
    assert seen["again"].startswith("data 0000")


def test_an_answer_is_asked_for_so_many_times_and_once_after_a_refusal() -> None:
    asked: list[Any] = []
    facts("again", lambda a: (asked.append(a), copy(a))[1])
    assert [type(a).__name__ for a in asked] == ["ndarray"] * 5 + ["object"] + ["ndarray"] * 7  # Three of other contents.


def test_another_content_of_the_same_object_is_another_question() -> None:
    cached: dict[int, Any] = {}
    seen = facts("again", lambda a: cached.setdefault(id(a), copy(a)).copy())
    assert seen["again"].startswith("data ")


def test_results_may_not_live_in_one_place_in_turn() -> None:
    places = [np.zeros((2, 3), "f4"), np.zeros((2, 3), "f4")]

    def into_the_next(a: np.ndarray) -> np.ndarray:
        places.append(places.pop(0))
        places[0][...] = a
        return places[0]

    assert facts("again", into_the_next)["again"] == "an earlier copy has changed"


def test_what_a_conversion_does_to_the_process_is_seen() -> None:
    traces.remember()
    errors = np.geterr()
    try:
        seen = facts("again", lambda a: (np.seterr(over="raise"), copy(a))[1])
    finally:
        np.seterr(**errors)
    assert seen == {"again": "", "left": "np.geterr()"}


@pytest.mark.parametrize(
    ("deed", "left"),
    [
        (lambda: os.environ.update(TENSOR_CONFORMANCE="1"), "dict(os.environ)"),
        (lambda: np.random.seed(3), "np.random.get_state()[1].tolist(), np.random.get_state()[2]"),
        (lambda: np.random.rand(), "np.random.get_state()[1].tolist(), np.random.get_state()[2]"),
        (lambda: random.random(), "random.getstate()"),
        (lambda: warnings.simplefilter("ignore"), "list(warnings.filters)"),
        (lambda: None, ""),
    ],
)
def test_a_trace_that_a_conversion_leaves_is_named_once(deed: Callable[[], Any], left: str) -> None:
    traces.remember()
    with mock.patch.dict(os.environ), warnings.catch_warnings():
        assert facts("again", lambda a: (deed(), copy(a))[1])["left"] == left
        assert facts("again", copy)["left"] == ""
    traces.remember()


def test_random_numbers_that_others_drew_are_no_trace() -> None:
    traces.remember()
    np.random.rand()
    assert facts("again", copy)["left"] == ""


def test_a_setting_that_was_made_before_is_a_trace() -> None:
    traces.remember()
    with mock.patch.dict(os.environ):
        os.environ["TENSOR_CONFORMANCE"] = "1"
        assert facts("again", copy)["left"] == "dict(os.environ)"
    traces.remember()


def test_the_first_answer_is_held_against_the_second() -> None:
    assert facts("first", copy) == {"first": "", "warned": ()}
    seen = facts("first", after(1, lambda a: a.astype("f8"), copy))
    assert seen["first"] == "dtype float64, not float32"


def test_settings_that_change_the_answer_are_named() -> None:
    wide: list[int] = []

    @contextmanager
    def widened() -> Any:
        wide.append(1)
        yield
        wide.clear()

    known = {"plain": nullcontext, "wide": widened}
    seen = facts("settings", lambda a: a.astype("f8") if wide else a, settings=known)
    assert seen == {"plain": "", "wide": "dtype float64, not float32"}


def test_code_in_which_the_answer_changes_is_named() -> None:
    around = {"as it is": lambda convert: convert, "doubled": lambda convert: lambda a: convert(a).astype("f8")}
    assert facts("contexts", copy, contexts=around) == {"as it is": "", "doubled": "dtype float64, not float32"}


def test_code_around_a_conversion_is_an_expression() -> None:
    inside = Context("[convert(source), other][0]").around({"other": 7}, copy)
    assert inside(np.arange(3)).tolist() == [0, 1, 2]


# -- capsules and forms ---------------------------------------------------------------------------------------------------

PRODUCER = PLAIN._replace(container="dlpack")


def test_a_capsule_is_given_and_deleted_once() -> None:
    assert facts("capsule", np.from_dlpack, PRODUCER) == {"given": 1, "early": 0, "deleted": 1, "again": "raised"}


def test_who_asks_for_no_capsule_gets_none() -> None:
    assert facts("capsule", lambda a: np.zeros(3), PRODUCER) == {"given": 0, "early": 0, "deleted": 0, "again": None}
    assert facts("capsule", refuse, PRODUCER) == {"given": 0, "early": 0, "deleted": 0, "again": None}


def test_a_capsule_that_is_thrown_away_is_deleted_early_but_without_a_result() -> None:
    seen = facts("capsule", lambda a: (a.__dlpack__(), np.zeros(3))[1], PRODUCER)
    assert (seen["given"], seen["early"], seen["deleted"], seen["again"]) == (1, 0, 1, "ok")
    assert facts("capsule", lambda a: (a.__dlpack__(), [1])[1], PRODUCER)["early"] == 0


def test_a_deleter_that_runs_while_its_memory_is_shared_is_early() -> None:
    seen = facts("capsule", lambda a: (np.from_dlpack(a), a.__dlpack__())[0], PRODUCER)
    assert (seen["given"], seen["early"], seen["deleted"]) == (2, 1, 2)


def test_no_capsule_outlives_its_deleter() -> None:
    call = "from meta_tests.subject.test_pressures import *; facts('capsule', lambda a: a.__dlpack__() and np.zeros(3), PRODUCER)"
    assert subprocess.run([sys.executable, "-c", call]).returncode == 0


def test_every_form_of_an_array_is_held_against_it() -> None:
    seen = facts("forms", lambda a: np.from_dlpack(a) if hasattr(a, "__dlpack__") else np.array(a))
    assert list(seen) == list(pressures.FORMS)
    assert {
        form: seen[form] for form in ("list", "array_interface", "array", "buffer", "dlpack", "nested list")
    } == dict.fromkeys(("list", "array_interface", "array", "buffer", "dlpack", "nested list"), "")


def test_a_form_that_differs_is_told_and_one_that_is_refused_is_not() -> None:
    def convert(a: Any) -> Any:
        if isinstance(a, memoryview):
            return np.array(a).astype("f8")
        if isinstance(a, list):
            raise TypeError("no lists")
        return np.from_dlpack(a) if hasattr(a, "__dlpack__") else np.array(a)

    seen = facts("forms", convert)
    assert (seen["buffer"], seen["list"], seen["nested list"]) == ("dtype float64, not float32", None, None)


def test_a_scalar_is_held_against_the_array() -> None:
    one = PLAIN._replace(shape=(), strides=())
    seen = facts("forms", lambda a: np.array(a, "f8" if isinstance(a, np.generic) else "f4"), one)
    assert seen["scalar"] == "dtype float64, not float32"


@pytest.mark.parametrize(
    ("answer", "difference"),
    [
        (lambda a: np.array(a), ""),
        (lambda a: np.array(a, "f2"), ""),
        (lambda a: np.array(a, "i8"), ""),
        (lambda a: np.array(a).ravel(), "shape (6,), not (2, 3)"),
        (lambda a: np.array(a) + 1, "data"),
    ],
)
def test_a_nested_list_is_what_numpy_makes_of_it(answer: Callable[[Any], Any], difference: str) -> None:
    seen = facts("forms", lambda a: answer(a) if isinstance(a, list) and isinstance(a[0], list) else np.array(a))
    assert seen["nested list"].split(" 0")[0] == difference


def test_numbers_that_numpy_cannot_hold_are_not_compared() -> None:
    one = Sight("answers", dtype="uint8", shape=(), data=b"\1")
    assert FORMS._as_numbers([[1], [2, 3]], one) is None
    assert FORMS._as_numbers(2**70, one) is None
    assert FORMS._as_numbers("text", one) is None
    assert FORMS._as_numbers(1, one._replace(data=None)) is None
    assert FORMS._as_numbers(1, one._replace(dtype="made_up")) is None
    assert FORMS._as_numbers(1, one) == ""
