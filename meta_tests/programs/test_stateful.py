"""The stateful phase must be able to fail: conversions that misbehave on purpose, each caught and shrunk, five times of five."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import jsonschema
import pytest

from meta_tests.helpers import PROGRAM, PROGRAMS, results
from tensor_conformance.conformance.programs.known import known_programs
from tensor_conformance.conformance.programs.machine import ProgramFinding, Searched, search
from tensor_conformance.conformance.programs.model import MUST
from tensor_conformance.conformance.programs.phase import LAW, combinations, known_happens, program_row, programs_row
from tensor_conformance.conformance.programs.play import Play, broken
from tensor_conformance.conformance.programs.program import ProgramError, Step, program_from_json, text
from tensor_conformance.conformance.programs.ways import ways
from tensor_conformance.conformance.promises import Clause, EntryPoint, copies, dtype, may_share, observed, shares
from tensor_conformance.conformance.run.subjects import Isolated
from tensor_conformance.reports.results import Row, schema
from tensor_conformance.reports.summary import summary

#: What these tests share takes long to make: one process of a parallel run has it.
pytestmark = pytest.mark.xdist_group("stateful")

SEEN = observed("this test")
KEPT = dtype(lambda spec: spec.dtype, source=SEEN)
SHARES, COPIES, MAY = shares(source=SEEN), copies(source=SEEN), may_share(source=SEEN)
#: How often this call was made in the program under way.
COUNTS = 'count = globals().setdefault("count", [])\ncount.append(1)\n'
#: Programs within which each fault must be caught.
EXAMPLES = 150


def way(call: str, memory: Clause, framework: str = "numpy", direction: str = "in") -> EntryPoint:
    """A made-up conversion that keeps dtype, shape and values, and uses memory as promised."""
    return EntryPoint(f"made.up {direction} {framework}", call, framework, direction, (KEPT, memory))


def tried(subject: Isolated, *entries: EntryPoint, frameworks: tuple[str, ...] = (), seeded: int = 0) -> Searched:
    return search(subject, frameworks, {entry.name: entry for entry in entries}, EXAMPLES, seed=seeded)


def shortest(subject: Isolated, *entries: EntryPoint, frameworks: tuple[str, ...] = (), seeded: int = 0) -> ProgramFinding:
    found = tried(subject, *entries, frameworks=frameworks, seeded=seeded).findings.values()
    assert found, "the fault was not caught"
    return min(found, key=lambda finding: len(finding.program))


@pytest.fixture(scope="module")
def both() -> Iterator[Isolated]:
    """A subject with both frameworks in one process."""
    pytest.importorskip("torch")
    pytest.importorskip("tensorflow")
    subject = Isolated(("torch", "tensorflow"), limit=10.0)
    yield subject
    subject.close()


FAULTS = {
    "a share that copies": way("a.copy()", SHARES),
    "a copy that shares": way("a.view()", COPIES),
    "only the second conversion copies": way(f"{COUNTS}a.copy() if len(count) == 2 else a.view()", SHARES),
    "a view that does not keep its memory": way(
        'np.asarray(type("Bare", (), {"__array_interface__": a.__array_interface__})())', SHARES
    ),
    "copies that all use one buffer": way(
        'room = globals().setdefault("room", np.zeros(4096, np.uint8))\n'
        "out = np.ndarray(a.shape, a.dtype, room)\nout[...] = a\nout",
        COPIES,
    ),
    "the third conversion changes its source": way(
        f"{COUNTS}if len(count) == 3 and a.flags.writeable: a[...] = 99\na.copy()", COPIES
    ),
    "a conversion changes the one before": way(
        'last = globals().setdefault("last", [])\nif last: last[-1][...] = 99\nlast.append(a.copy())\nlast[-1]', COPIES
    ),
    "a read-only array kills": way("import os\nif not a.flags.writeable: os.abort()\na.copy()", COPIES),
    "a transposed array is scrambled": way("a.copy() if a.flags.c_contiguous else np.ascontiguousarray(a)[::-1].copy()", COPIES),
}


@pytest.mark.parametrize("seeded", range(5))
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_caught_and_shrinks_to_a_few_steps(isolated: Isolated, fault: str, seeded: int) -> None:
    assert len(shortest(isolated, FAULTS[fault], seeded=seeded).program) <= 6


HONEST = (way("a.view()", SHARES), way("a.copy()", COPIES), way("np.ascontiguousarray(a).reshape(a.shape)", MAY))


@pytest.mark.parametrize("seeded", range(5))
@pytest.mark.parametrize("honest", HONEST, ids=[entry.call for entry in HONEST])
def test_an_honest_conversion_is_never_blamed(isolated: Isolated, honest: EntryPoint, seeded: int) -> None:
    searched = search(isolated, (), {honest.name: honest}, 40, seed=seeded)
    assert (searched.findings, searched.programs) == ({}, 40)


#: A read-only view of a tensor whose owner, for all that NumPy can tell, may be written.
UNLOCKABLE = """\
import ctypes
r = np.asarray(t)
room = (ctypes.c_char * r.nbytes).from_address(r.ctypes.data)
room.keep = t
w = np.frombuffer(room, r.dtype).reshape(r.shape)
w.flags.writeable = False
w"""
#: Of both frameworks: name, the honest ways that the fault needs, and the faulty one.
FRAMEWORK_FAULTS = {
    "torch.tensor aliases": ("torch", [], way("torch.from_numpy(a)", COPIES, "torch")),
    "torch.from_numpy copies": ("torch", [], way("torch.from_numpy(a.copy())", SHARES, "torch")),
    "a way out leaves its source with other memory": (
        "torch",
        ["torch.from_numpy"],
        way("r = t.numpy()\nt.data = t.data.clone()\nr", MAY, "torch", "out"),
    ),
    "a tensor is written through its array": ("tensorflow", ["tf.constant"], way("t.__array__()", MAY, "tensorflow", "out")),
    "a tensor is written once its array is unlocked": (
        "tensorflow",
        ["tf.constant"],
        way(UNLOCKABLE, MAY, "tensorflow", "out"),
    ),
    "a variable shares its source": (
        "tensorflow",
        [],
        way("tf.Variable(tf.experimental.dlpack.from_dlpack(a.__dlpack__()))", COPIES, "tensorflow"),
    ),
}


@pytest.mark.parametrize("seeded", range(5))
@pytest.mark.parametrize("fault", FRAMEWORK_FAULTS)
def test_a_fault_of_a_framework_is_caught_and_shrinks_to_a_few_steps(both: Isolated, fault: str, seeded: int) -> None:
    framework, needed, faulty = FRAMEWORK_FAULTS[fault]
    honest = [entry for name, entry in ways((framework,)).items() if name in needed]
    assert len(shortest(both, *honest, faulty, frameworks=(framework,), seeded=seeded).program) <= 6


@pytest.mark.parametrize("seeded", range(5))
def test_the_real_ways_keep_their_promises(both: Isolated, seeded: int) -> None:
    frameworks = ("torch", "tensorflow")
    assert search(both, frameworks, ways(frameworks), 40, seed=seeded).findings == {}


@pytest.mark.parametrize("after", [Step("convert", "h2", "h3", "torch.Tensor.numpy"), Step("view", "h2", "h3", "flat")])
def test_what_is_made_of_a_copy_goes_by_the_copys_own_strides(both: Isolated, after: Step) -> None:
    transposed = Step("array", to="h0", how="float32", at=(2, 2)), Step("view", "h0", "h1", "swapped")
    copied = Step("convert", "h1", "h2", "torch.asarray[copy=True]")  # It keeps the strides.
    assert broken((*transposed, copied, after), Play(both, ("torch",), ways(("torch",)))) is None


def test_nothing_follows_from_the_stride_of_an_axis_of_length_one(both: Isolated) -> None:
    reversed_ = (
        Step("array", to="h0", how="float32", at=()),
        Step("view", "h0", "h1", "flat"),
        Step("view", "h1", "h2", "reversed"),
    )
    there = Step("convert", "h2", "h3", "torch.from_dlpack")  # It does not keep the negative stride,
    back = Step("convert", "h3", "h4", "np.asarray(torch.Tensor)"), Step("convert", "h4", "h5", "torch.from_numpy")
    assert broken((*reversed_, there, *back), Play(both, ("torch",), ways(("torch",)))) is None  # so that it is not refused.


def test_what_shares_with_a_slice_of_a_variable_may_write_to_it_too(both: Isolated) -> None:
    there = "tf.Variable.assign[tf.Tensor]", "tf.experimental.numpy.asarray"
    program = (
        Step("array", to="h0", how="float32", at=(3,)),
        Step("convert", "h0", "h1", there[0]),
        Step("view", "h1", "h2", "rest"),
        Step("convert", "h2", "h3", there[1]),
        Step("write", "h3", at=(63,)),  # No promise says what becomes of it.
    )
    play = Play(both, ("tensorflow",), ways(("tensorflow",)))
    assert broken(program, play) is None
    assert len(play.program) == 4


def test_what_freed_memory_holds_is_not_told(both: Isolated) -> None:
    dangling = next(known for known in known_programs() if known.id == "torch-resize-after-dlpack")
    if not dangling.applies_to(both.versions):
        pytest.skip(f"not run: recorded for {dangling.package} {dangling.releases}")
    breach = broken(dangling.program, Play(both, ("torch",), ways(("torch",)), avoids=lambda step, held: False))
    assert breach is not None
    assert breach.observed == "it shows what its memory, freed, happens to hold"


def test_the_script_of_a_program_goes_on_after_a_refusal(both: Isolated) -> None:
    resized = next(known for known in known_programs() if known.id == "torch-refused-resize-changes-shape")
    row = known_happens(resized, both)
    if row["status"] != "happens":
        pytest.skip(f"not run: {row['observed']}")
    assert "    h1.resize_(1000)\nexcept Exception as error:\n    print(repr(error))\nprint(h1)\n" in row["script"]


def test_the_same_seed_gives_the_same_programs(isolated: Isolated) -> None:
    honest = HONEST[0]
    first, second = (search(isolated, (), {honest.name: honest}, 20, seed=3) for _ in range(2))
    assert (first.programs, first.counts) == (second.programs, second.counts)


def test_a_finding_replays_from_its_row(isolated: Isolated) -> None:
    faulty = FAULTS["copies that all use one buffer"]
    row = program_row("torch", shortest(isolated, faulty))
    again = broken(_steps(row), Play(isolated, (), {faulty.name: faulty}))
    assert again is not None
    assert (again.law, again.expected) == (row["law"], row["expected"])


def _steps(row: Row) -> tuple[Step, ...]:
    return tuple(Step(*words, at=tuple(at)) for *words, at in row["program"])  # The entry points are made up.


def test_the_rows_of_the_phase_keep_to_the_schema(isolated: Isolated) -> None:
    known = known_happens(known_programs()[0], isolated)  # Of torch, which this subject has not.
    row = program_row("torch", shortest(isolated, FAULTS["a share that copies"]))
    counted = programs_row("torch", Searched(3, Counter(converted=2)), 0.5)
    for each in (known, row, counted):
        jsonschema.validate(each, schema())
    assert known["status"] == "not run"


def test_the_script_of_a_finding_runs_by_itself(isolated: Isolated) -> None:
    row = program_row("torch", shortest(isolated, FAULTS["copies that all use one buffer"]))
    exec(compile(row["script"].replace("import torch", ""), "script", "exec"), {})


def test_a_program_survives_json() -> None:
    steps = [["array", "", "h0", "float32", [2]], ["write", "h0", "", "", [7, 1]], ["drop", "h0", "", "", []]]
    assert program_from_json(steps)[1] == Step("write", "h0", at=(7, 1))


@pytest.mark.parametrize(
    "steps",
    [
        [],
        "h0",
        [["array", "", "h0", "float32"]],
        [["array", "", "os.abort()", "float32", [2]]],
        [["array", "", "h0", "'); import os", [2]]],
        [["write", "h0", "", "", [7]]],
        [["array", "", "h0", "float32", [-1]]],
        [["array", "", "h0", "float32", [2]], ["convert", "h0", "h1", "no such call", []]],
        [["launch", "", "", "", []]],
    ],
)
def test_what_is_no_program_is_refused(steps: object) -> None:
    with pytest.raises(ProgramError):
        program_from_json(steps)


def test_every_way_has_its_text() -> None:
    frameworks = ("torch", "tensorflow")
    for entry in ways(frameworks).values():
        lines = text(Step("convert", "h0", "h1", entry.name), entry.maker or "numpy", entry)
        compile(lines, entry.name, "exec")
        assert "h0" in lines


def test_programs_are_asked_of_each_framework_and_of_all_together() -> None:
    assert combinations(ways(("torch", "tensorflow")).values()) == ["torch", "tensorflow", "torch+tensorflow"]
    assert combinations(ways(("torch",)).values()) == ["torch"]


def test_the_summary_counts_programs_and_shows_what_they_found() -> None:
    shown = summary(results(PROGRAMS, PROGRAM))
    assert "programs of fake: 9, 50 steps (20 converted, 30 made)" in shown
    assert "a program on fake breaks stateful: it shows [2], where h1 shows [1] is expected (3x)" in shown


def test_the_law_is_a_sentence_with_must() -> None:
    assert (LAW, "MUST" in MUST) == ("stateful", True)
