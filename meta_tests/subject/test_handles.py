"""What is seen of a result: by address, of any strides; and of one conversion, whose source and result are made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tensor_conformance.conformance.subject import trial
from tensor_conformance.conformance.subject.handle import Handle
from tensor_conformance.conformance.subject.observation import KEPT_BYTES, Observation, Report, Shown, fingerprint

ROOM = np.arange(64, dtype=np.uint8)
HOME: int = ROOM.ctypes.data


def handle(shape: tuple[int, ...], strides: tuple[int, ...] | None, itemsize: int = 1, at: int = 0, **fields: Any) -> Handle:
    return Handle("made.up", "uint8", shape, strides, itemsize, HOME + at, **fields)


# -- elements by address --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "strides", "itemsize", "at"),
    [
        ((4,), (1,), 1, 0),
        ((4,), (-1,), 1, 8),
        ((4,), (3,), 1, 0),
        ((4,), (0,), 1, 5),
        ((2, 3), (3, 1), 1, 7),
        ((2, 3), (1, 2), 1, 0),
        ((2, 3), (-8, 2), 2, 16),
        ((1, 3), (-9, 1), 1, 9),
        ((3, 1), (1, -9), 1, 9),
        ((2, 1, 2), (16, 5, 8), 8, 0),
        ((), (), 4, 3),
    ],
)
def test_elements_are_read_in_c_order(shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int, at: int) -> None:
    seen, starts = handle(shape, strides, itemsize, at), [at + int(np.dot(index, strides)) for index in np.ndindex(shape)]
    assert seen.read() == b"".join(bytes(range(start, start + itemsize)) for start in starts)
    assert seen.span == (HOME + min(starts), HOME + max(starts) + itemsize)


@pytest.mark.parametrize(
    "nothing",
    [
        handle((0, 3), (3, 1)),
        handle((3,), (0,), itemsize=0),
        handle((3,), None),
        Handle("made.up", "", (3,), (1,), 1),
    ],
)
def test_what_has_no_elements_or_no_address_spans_nothing(nothing: Handle) -> None:
    assert nothing.span == (0, 0)
    assert nothing.read() == (None if nothing.address is None else b"")
    assert nothing.overlaps(0, 1 << 62) == ""


def test_what_has_no_address_may_read_itself() -> None:
    assert Handle("int", "int", (), data=lambda: b"\1").read() == b"\1"
    assert handle((2,), (1,), data=lambda: None).read() is None


@pytest.mark.parametrize(
    ("low", "high", "much"),
    [(8, 16, "all"), (0, 64, "all"), (9, 64, "part"), (0, 15, "part"), (9, 15, "part"),
     (0, 8, "none"), (16, 20, "none"), (0, 9, "part"), (15, 20, "part"), (8, 8, "")],
)  # fmt: skip
def test_how_much_of_a_result_lies_in_the_source(low: int, high: int, much: str) -> None:
    assert handle((8,), (1,), at=8).overlaps(HOME + low, HOME + high) == much


# -- observations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "follows", "word"),
    [("all", "all", "shares"), ("all", "", "shares"), ("", "all", "shares"), ("none", "none", "copies"), ("", "none", "copies"),
     ("none", "", "copies"), ("", "", "unknown"), ("all", "none", "mixed"), ("part", "part", "mixed"), ("none", "all", "mixed")],
)  # fmt: skip
def test_aliasing_is_told_in_a_word(shares: str, follows: str, word: str) -> None:
    assert Observation("ok", shares=shares, follows=follows).aliasing == word


@pytest.mark.parametrize(
    ("seen", "headline"),
    [
        (Observation("ok", shares="none"), "copies"),
        (Observation("raised", ("KeyError", "LookupError")), "raised KeyError"),
        (Observation("raised"), "raised"),
        (Observation("crashed", ("SIGABRT", "more")), "crashed (SIGABRT)"),
        (Observation("hung"), "hung"),
        (Observation("hung", ("late",)), "hung"),
    ],
)
def test_an_outcome_has_a_headline(seen: Observation, headline: str) -> None:
    assert seen.headline == headline


def test_nothing_is_wrong_that_nobody_saw() -> None:
    assert not Observation("hung").source_changed


def test_facts_are_found_by_name() -> None:
    seen = Observation("ok", facts=(("one", 1), ("two", 2), ("two", 3)))
    assert (seen.fact("one"), seen.fact("two"), seen.fact("three")) == (1, 2, None)


def test_fingerprints_are_the_data_or_a_digest_of_it() -> None:
    assert fingerprint(bytes(KEPT_BYTES)) == bytes(KEPT_BYTES)
    assert fingerprint(bytes(KEPT_BYTES + 1)).hex() == "626c616b6532623af969955c2a51ca5de0ac7e317680b086"
    assert fingerprint(b"\1" + bytes(KEPT_BYTES)) != fingerprint(bytes(KEPT_BYTES + 1))


def test_reports_survive_the_way_between_processes() -> None:
    shown = Shown("h", "t", "d", (1,), None, 5, True, (), b"")
    report = Report("ok", shown=(shown, shown))
    assert type(report.pack()[-1][0]) is tuple
    assert Report.unpack(report.pack()) == report


# -- one conversion -----------------------------------------------------------------------------------------------------


class Made:
    """A source of eight bytes; conversions are handed the source itself."""

    def __init__(self, mutable: bool = True) -> None:
        self.room, self.owner, self.is_mutable = np.arange(8, dtype=np.uint8), None, mutable
        self.value, self.start, self.nbytes = self, self.room.ctypes.data, 8

    def flip(self) -> None:
        self.room ^= 255

    def contents(self) -> bytes:
        return self.room.tobytes()

    def close(self) -> None:
        pass


def look(array: np.ndarray, poke: Callable[[bool], None] | None = None) -> Handle:
    return Handle("made.up", "uint8", array.shape, array.strides, 1, array.ctypes.data, writable=True, poke=poke, keep=array)


def observed(convert: Callable[[Made], np.ndarray], pokes: list[Any] | None = None, **options: Any) -> Observation:
    """What is seen of the conversion; `pokes` hears what each poke was told, and has the result changed."""

    def describe(array: np.ndarray) -> Handle:
        def poke(blank: bool) -> None:
            pokes.append(blank)  # type: ignore[union-attr]
            array.__ixor__(255)

        return look(array, None if pokes is None else poke)

    return trial.observe(convert, options.pop("source", None) or Made(), describe, **options)


@pytest.mark.parametrize(
    ("convert", "shares", "follows", "leads"),
    [
        (lambda made: made.room, "all", "all", "some"),
        (lambda made: made.room[2:4], "all", "all", "some"),
        (lambda made: made.room.copy(), "none", "none", "none"),
        (lambda made: np.zeros(8, np.uint8), "none", "none", "none"),
    ],
)
def test_sharing_is_seen_both_ways(convert: Callable[[Made], np.ndarray], shares: str, follows: str, leads: str) -> None:
    pokes: list[Any] = []
    seen = observed(convert, pokes)
    assert (seen.shares, seen.follows, seen.leads) == (shares, follows, leads)
    assert pokes == [not convert(Made()).any()]


@pytest.mark.parametrize("before", [0, 254])
def test_a_result_that_changes_some_other_way_follows_in_part(before: int) -> None:
    made = Made()
    late = np.full(8, before, np.uint8)
    source_flip = made.flip
    made.flip = lambda: (source_flip(), late.__iadd__(1))[0]  # type: ignore[method-assign]
    assert observed(lambda _: late, source=made).follows == "part"


def test_the_source_is_as_before_when_the_result_is_poked() -> None:
    made = Made()
    observed(lambda made: made.room.copy(), [], source=made)
    assert made.contents() == bytes(range(8))


def test_what_cannot_be_changed_is_not() -> None:
    made = Made(mutable=False)
    made.flip = lambda: pytest.fail("it was changed")  # type: ignore[method-assign]
    assert observed(lambda made: made.room, source=made).follows == ""
    assert observed(lambda made: made.room, [], pokeable=False).leads == ""
    assert observed(lambda made: made.room).leads == ""


def test_empty_results_are_not_poked() -> None:
    pokes: list[Any] = []
    seen = observed(lambda made: made.room[:0], pokes)
    assert (seen.data, seen.follows, seen.leads, pokes) == (b"", "", "", [])


def test_a_result_of_an_empty_source_is_not_poked() -> None:
    made, pokes = Made(), []  # type: ignore[var-annotated]
    made.nbytes = 0
    assert (observed(lambda made: made.room.copy(), pokes, source=made).leads, pokes) == ("", [])


@pytest.mark.parametrize(
    ("second", "twin"), [(slice(None), True), (slice(2, 4), True), (slice(0, 0), False)], ids=["the same", "within", "nothing"]
)
def test_a_second_copy_is_held_against_the_first(second: slice, twin: bool) -> None:
    first, calls = np.arange(8, dtype=np.uint8), []

    def convert(made: Made) -> np.ndarray:
        calls.append(made)
        return first if len(calls) == 1 else first[second]

    assert (observed(convert).twin, len(calls)) == (twin, 2)


def test_a_second_copy_that_overlaps_the_first_is_a_twin() -> None:
    room, calls = np.arange(16, dtype=np.uint8), []

    def convert(made: Made) -> np.ndarray:
        calls.append(made)
        return room[4:12] if len(calls) == 1 else room[:6]

    assert observed(convert).twin is True


def test_only_copies_are_converted_again() -> None:
    made = Made()
    made.start += 4  # Half of what is handed out is another's.
    assert (observed(lambda made: made.room).twin, observed(lambda made: made.room, source=made).twin) == (None, None)
    assert observed(lambda made: made.room, source=made).shares == "part"


def test_a_refusal_of_the_second_call_says_nothing_of_twins() -> None:
    results = [np.zeros(8, np.uint8)]
    assert observed(lambda made: results.pop()).twin is None


@pytest.mark.parametrize(("place", "byte"), [(0, 9), (7, 0)])
def test_a_conversion_that_changes_its_source_is_noticed(place: int, byte: int) -> None:
    def convert(made: Made) -> np.ndarray:
        made.room[place] = byte
        return made.room.copy()

    def refuse(made: Made) -> np.ndarray:
        made.room[0] = 9
        raise KeyError("m" * 301)

    assert observed(convert).source_changed
    assert not observed(lambda made: made.room).source_changed
    refused = observed(refuse)
    assert (refused.source_changed, refused.error, len(refused.message)) == (True, ("KeyError", "LookupError", "Exception"), 300)


def test_stages_are_told_as_they_come() -> None:
    stages: list[int] = []
    observed(lambda made: made.room.copy(), [], stage=stages.append)
    assert [trial.STAGES[stage] for stage in stages] == ["look at the result", "convert again", "write to the result"]


def test_warnings_are_those_of_the_call_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_seen", [("Old", "")])

    def convert(made: Made) -> np.ndarray:
        trial._seen.append(("New", ""))
        return made.room.copy()

    assert observed(convert).warnings == (("New", ""),)
    assert trial.heard()
    assert trial.heard() == ()


def test_facts_are_told_in_place_of_a_second_call() -> None:
    stages: list[int] = []
    convert = trial.compile_call("b = a.room.copy()\nb\n#fact static.size: len(b)", "a")
    seen = observed(convert, stage=stages.append)
    assert (seen.facts, seen.twin) == ((("static.size", 8),), None)
    assert [trial.STAGES[stage] for stage in stages] == ["look at the result", "tell the facts"]


def test_of_a_refusal_only_comparisons_are_told() -> None:
    convert = trial.compile_call("int('x')\n#fact static.size: 1\n#fact numpy_semantics.x: a.room", "a")
    seen = observed(convert)
    assert (seen.outcome, [name for name, _ in seen.facts]) == ("raised", ["numpy_semantics.x"])


def test_a_call_shows_its_source_to_who_parses_it() -> None:
    import inspect

    assert "    b = a + 1\n" in inspect.getsource(trial.compile_call("b = a + 1\nb", "a"))
    assert trial.compile_call("a + 1", "a")(1) == 2
