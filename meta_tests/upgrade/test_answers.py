"""What a call does is said in a sentence, with its sources, from what is shipped."""

from __future__ import annotations

from typing import Any

import pytest

from tensor_conformance.conformance.cli import main
from tensor_conformance.conformance.frameworks.registry import entry_points
from tensor_conformance.conformance.promises import (
    EntryPoint,
    accepts,
    copies,
    documented,
    dtype,
    during,
    observed,
    refuses,
    shares,
    warns,
)
from tensor_conformance.conformance.promises.conditions import backwards, readonly, swapped
from tensor_conformance.conformance.upgrade.answers import FORMS, answer
from tensor_conformance.conformance.upgrade.inputs import inputs, list_of
from tensor_conformance.reports.changes import Outcome
from tensor_conformance.reports.profile_files import Profile, shipped

SEEN = observed("torch 2")
DOCS = documented("https://example.org")
ENTRY = EntryPoint(
    "fake.call",
    "a",
    "torch",
    "in",
    (
        refuses("ValueError", when=backwards, source=DOCS),
        refuses("TypeError", when=swapped, source=SEEN),
        accepts(source=SEEN),
        *during("torch<2", copies(source=SEEN)),
        shares(source=DOCS),
        warns("UserWarning", readonly, SEEN),
        dtype(lambda spec: spec.dtype.lstrip(">"), source=SEEN),
    ),
)


def profile(torch: str = "2.13.0", outcome: Outcome = Outcome("answers")) -> Profile:  # noqa: B008
    listed = inputs()[1][list_of(ENTRY)]
    header = {"name": "p", "environment": {"numpy": "2.4.6", "torch": torch}}
    return Profile(header, {ENTRY.name: [outcome] * len(listed.specs)}, {ENTRY.name: list_of(ENTRY)})


def test_the_sentence_says_what_it_does_and_where_it_does_otherwise() -> None:
    told = answer(ENTRY, profile(), {"dtype": "float32"}).sentence
    assert told == (
        "fake.call shares memory; raises ValueError for negative strides; "
        "warns (UserWarning) for read-only memory, memory of bytes objects, write-protected pages and a NumPy scalar."
    )


def test_the_answer_is_that_of_the_release() -> None:
    assert answer(ENTRY, profile("1.13.0"), {"dtype": "float32"}).sentence.startswith("fake.call copies;")


def test_an_input_that_is_refused_is_said_to_be() -> None:
    assert answer(ENTRY, profile(), {"dtype": "float32", "layout": "reversed"}).sentence == "fake.call raises ValueError."
    assert "raises TypeError for swapped byte order" in answer(ENTRY, profile(), {}).sentence


def test_each_part_has_its_source() -> None:
    parts = {part.does: part.source for part in answer(ENTRY, profile(), {}).parts}
    assert parts["shares memory"] == "documented: https://example.org"
    assert parts["raises TypeError"] == "observed in torch 2"


def test_what_was_tried_is_counted_by_how_it_compares_with_the_promise() -> None:
    wanted = {"dtype": "float32", "layout": "fortran"}
    (word,) = answer(ENTRY, profile(), wanted).tried
    assert word == "converted"
    (word,) = answer(ENTRY, profile(outcome=Outcome("answers", broken="values")), wanted).tried
    assert word == "against the promise"


def test_a_promise_that_no_input_keeps_is_not_told_as_if_it_were_kept() -> None:
    broken = profile(outcome=Outcome("raised ValueError", broken="acceptance"))
    told = answer(ENTRY, broken, {"dtype": "float32", "layout": "fortran"}).sentence
    assert told.startswith("Promised of fake.call, and kept by no input that was tried: shares memory")


@pytest.mark.parametrize("layout", FORMS)
def test_there_is_an_answer_for_every_layout(layout: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["answer", "torch.asarray", "--layout", layout, "--dtype", "float64"]) == 0
    assert "torch.asarray" in capsys.readouterr().out


@pytest.mark.parametrize("name", [entry.name for entry in entry_points()][::17])
def test_there_is_an_answer_for_every_call(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["answer", name]) == 0
    assert capsys.readouterr().out.count(name) >= 1


def test_a_zero_dimensional_array_is_copied_against_the_documentation(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["answer", "torch.asarray", "--layout", "scalar", "--dtype", "float16"]) == 0
    told = capsys.readouterr().out
    assert "torch.asarray shares memory;" in told
    assert "against its promise: asarray takes a 0-d array for a scalar and copies it" in told


def test_another_release_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["answer", "torch.asarray", "--release", "torch==2.13.0", "--release", "numpy<2"]) == 0
    assert "numpy 1.26.4, torch 2.13.0" in capsys.readouterr().out


def test_a_series_names_its_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["answer", "torch.asarray", "--release", "torch==2.4"]) == 0
    assert "torch 2.4.1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["torch.as_arry"], "no call is called 'torch.as_arry'; closest: "),
        (["torch.asarray", "--dtype", "float17"], "no dtype is called 'float17'; known: "),
        (["torch.asarray", "--layout", "diagonal"], "no layout is called 'diagonal'; known: c, fortran"),
        (["torch.asarray", "--state", "neg"], "--state says nothing of this call"),
        (["torch.asarray", "--release", "torch==9"], "no profile of torch fits torch==9, such as torch==2.15; shipped: "),
        (["torch.asarray", "--release", "newest!"], "is no requirement, such as torch==2.15.0"),
        (["torch.from_dlpack[copy=True]", "--release", "torch==2.8.0"], "needs numpy>=2.1, torch>=2.9; here is torch 2.8.0"),
        (["torch.asarray", "--dtype", "S0", "--layout", "partial"], "there is no such input: dtype S0, layout partial"),
    ],
)
def test_what_is_not_known_is_said_in_a_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[Any]) -> None:
    assert main(["answer", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err
    assert told.err.count("\n") == 1


def test_every_shipped_profile_can_be_asked_for() -> None:
    for name in shipped():
        framework, call = ("torch", "torch.from_numpy") if "torch-" in name else ("tensorflow", "tf.constant")
        releases = [part.rpartition("-") for part in name.split("+")]
        wanted = [word for package, _, version in releases for word in ("--release", f"{package}=={version}")]
        assert main(["answer", call, *wanted]) == 0, (framework, name)


def test_containers_are_an_axis_of_arrays(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["answer", "torch.asarray", "--dtype", "float64", "--release"]
    assert main([*asked, "torch==2.13"]) == 0
    assert "gives float32 for a buffer (memoryview)" in capsys.readouterr().out
    assert main([*asked, "torch==2.15"]) == 0
    assert "for a buffer" not in capsys.readouterr().out
    assert main([*asked, "torch==2.13", "--container", "scalar"]) == 0
    assert "torch.asarray copies" in capsys.readouterr().out
