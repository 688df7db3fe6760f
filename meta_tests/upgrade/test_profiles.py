"""Profiles are whole, small, comparable, and say what they cannot."""

from __future__ import annotations

import dataclasses
import gzip
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tensor_conformance.conformance.cli import main
from tensor_conformance.conformance.cli.history import PAGE, compared, page, steps
from tensor_conformance.conformance.frameworks.registry import entry_points
from tensor_conformance.conformance.promises import during, observed, refuses
from tensor_conformance.conformance.promises.conditions import always
from tensor_conformance.conformance.run.subjects import installed
from tensor_conformance.conformance.upgrade.between import differences, notes
from tensor_conformance.conformance.upgrade.inputs import STEPS, Inputs, inputs, list_of
from tensor_conformance.conformance.upgrade.profile import name_of, outcomes_row, promises_digest
from tensor_conformance.conformance.upgrade.profile import profile as profile_of
from tensor_conformance.reports.changes import Outcome
from tensor_conformance.reports.profile_files import END, FOLDER, Profile, ProfileError, closest, read_profile, shipped

OK = Outcome("answers", dtype="float32", values="bit for bit", memory="shares", strides="kept")
ENTRY = next(entry for entry in entry_points() if entry.name == "torch.from_numpy")


def packed(content: bytes) -> bytes:
    """Compressed, without the time: it would be in the bytes."""
    return gzip.compress(content, mtime=0)


def profile(outcome: Outcome = OK, *, of: str = "uint16", **header: Any) -> Profile:
    """Every input answers, but those of one dtype, which end in `outcome`."""
    digest, lists = inputs()
    outcomes = [outcome if spec.dtype == of else OK for spec in lists[list_of(ENTRY)].specs]
    usual = {"name": "p", "environment": {"numpy": "2.4.6", "torch": "2.13.0"}, "machine": "m", "processor": "x", "cells": digest}
    return Profile(usual | header, {ENTRY.name: outcomes}, {ENTRY.name: list_of(ENTRY)})


def row(entry: str = "torch.one") -> dict[str, Any]:
    return outcomes_row(ENTRY, [OK, OK, Outcome()]) | {"entry": entry}


def test_this_interpreter_can_be_profiled_but_for_calls_that_start_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("torch.from_numpy", "torch.Tensor.numpy", "torch.compile[inductor][fed ndarray]")
    chosen = [entry for entry in entry_points() if entry.name in names]
    digest, lists = inputs()
    monkeypatch.setattr("tensor_conformance.conformance.upgrade.profile.entry_points", lambda: chosen)
    few = {name: Inputs(listed.specs[:3], 3, {}) for name, listed in lists.items()}
    monkeypatch.setattr("tensor_conformance.conformance.upgrade.profile.inputs", lambda: (digest, few))
    monkeypatch.setattr("tensor_conformance.conformance.upgrade.profile.frameworks", lambda: ("torch",))
    header, *rows, end = profile_of(sys.executable)
    assert header["name"].endswith(f"torch-{installed(('torch',), {})[0]['torch'].partition('+')[0]}")
    assert ([row["entry"] for row in rows], len(chosen)) == ([entry.name for entry in chosen[:2]], 3)
    assert end == {"kind": "end", "entries": 2}


def test_profiles_without_a_call_in_common_are_not_found_alike(capsys: pytest.CaptureFixture[str]) -> None:
    names = shipped()
    torch, tensorflow = (next(name for name in names if f"{framework}-" in name) for framework in ("torch", "tensorflow"))
    assert main(["diff", torch, tensorflow]) == 2
    assert "nothing to compare" in capsys.readouterr().err


def test_a_file_that_is_no_profile_is_not_said_to_be_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "results.jsonl").write_text("{}")
    assert main(["diff", str(tmp_path / "results.jsonl"), shipped()[0]]) == 2
    assert "exists, but profiles are .jsonl.gz files" in capsys.readouterr().err


def test_every_call_but_those_that_start_a_compiler_has_its_share_of_a_profile() -> None:
    assert {entry.pace for entry in entry_points()} - STEPS.keys() == {"built"}


def written(path: Path, *rows: dict[str, Any]) -> str:
    path.write_bytes(gzip.compress("".join(json.dumps(each) + "\n" for each in rows).encode()))
    return str(path)


@pytest.fixture(scope="module")
def header() -> dict[str, Any]:
    return {
        "kind": "profile",
        "schema": 1,
        "suite": "0",
        "made": "",
        "name": "p",
        "environment": {},
        "machine": "",
        "processor": "",
        "cells": "",
    }


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_profile_is_whole_and_of_the_shipped_inputs(name: str, tmp_path: Path) -> None:
    read = read_profile(shutil.copy(FOLDER / f"{name}{END}", tmp_path))  # Elsewhere each line is held to the schema.
    digest, lists = inputs()
    assert read.header["cells"] == digest
    assert name_of(read.header["environment"]) == name
    assert all(len(outcomes) == len(lists[read.lists[entry]].specs) for entry, outcomes in read.outcomes.items())
    assert len(read.outcomes) > 50


def test_all_profiles_together_are_a_few_megabytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 5 << 20


def test_runs_and_distinct_outcomes_give_back_every_outcome(tmp_path: Path, header: dict[str, Any]) -> None:
    read = read_profile(written(tmp_path / "p.jsonl.gz", header, row(), {"kind": "end", "entries": 1}))
    assert read.outcomes == {"torch.one": [OK, OK, Outcome()]}


def test_a_profile_does_not_differ_from_itself() -> None:
    assert differences(profile(), profile()) == []


def test_a_difference_is_found_with_its_dtype_and_plainest_input() -> None:
    (found,) = differences(profile(Outcome("raised TypeError", "no")), profile())
    assert (found["change"], found["where"], found["spec"]["dtype"]) == ("added", "dtype uint16", "uint16")
    assert found["script"].startswith("# Run this")


def test_inputs_that_a_profile_did_not_run_are_no_difference() -> None:
    assert differences(profile(Outcome()), profile()) == []


def test_profiles_of_other_inputs_do_not_compare() -> None:
    with pytest.raises(ProfileError, match="other inputs"):
        differences(profile(cells="0"), profile())


def test_entry_points_that_were_asked_other_inputs_are_left_out_and_noted() -> None:
    before, after = profile(Outcome("raised TypeError", "no")), profile()
    after.lists[ENTRY.name] = "torch plain"
    assert differences(before, after) == []
    assert "1 entry points were asked other inputs" in " ".join(notes(before, after))


def test_answers_judged_by_an_earlier_edition_of_the_promises_are_noted() -> None:
    now = promises_digest({"numpy": "2.4.6", "torch": "2.13.0"})
    assert "p was judged by an earlier edition" in " ".join(notes(profile(judged=now), profile(judged="0")))
    assert "judged by" not in " ".join(notes(profile(judged=now), profile(judged=now)))


def test_promises_of_other_releases_do_not_age_a_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    older = during("torch<2.4", refuses("TypeError", when=always, source=observed("torch 2.3")))
    changed = dataclasses.replace(ENTRY, promise=(*older, *ENTRY.promise), _topics={}, _settled={})
    releases = [{"numpy": "2.4.6", "torch": torch} for torch in ("2.3.1", "2.13.0")]
    was = [promises_digest(each) for each in releases]
    found = [changed if entry is ENTRY else entry for entry in entry_points()]
    monkeypatch.setattr("tensor_conformance.conformance.upgrade.profile.entry_points", lambda: found)
    assert [promises_digest(each) == then for each, then in zip(releases, was)] == [False, True]


def test_other_processors_and_two_changed_packages_are_noted() -> None:
    told = " ".join(notes(profile(), profile(processor="y", environment={"numpy": "2.0.0", "torch": "2.0.0"})))
    assert "different processors" in told
    assert "numpy and torch differ" in told


def test_support_for_unsigned_integers_came_with_torch_2_3() -> None:
    found = differences(read_profile("numpy-1.26.4+torch-2.2.2"), read_profile("numpy-1.26.4+torch-2.3.1"))
    added = [one for one in found if one["entry"] == "torch.from_numpy" and one["change"] == "added"]
    assert {one["spec"]["dtype"].lstrip(">") for one in added} <= {"uint16", "uint32", "uint64"}
    assert added


def test_negative_strides_no_longer_kill_dlpack_from_torch_2_14() -> None:
    found = differences(read_profile("numpy-2.4.6+torch-2.13.0"), read_profile("numpy-2.4.6+torch-2.14.1"))
    fixed = [one for one in found if one["entry"] == "torch.from_dlpack" and one["change"] == "fixed"]
    assert [one["before"] for one in fixed] == ["crashed (SIGABRT)"]
    assert "negative stride" in fixed[0]["where"]


def test_the_page_shows_a_release_and_an_entry_point() -> None:
    old = profile(Outcome("raised TypeError", "no"), environment={"numpy": "2.4.6", "torch": "2.12.0"})
    text = page(compared([profile(), old]))
    assert "## torch 2.12.0 → 2.13.0\n\nWith numpy 2.4.6.\n" in text
    assert "- **added**: `torch.from_numpy` accepts uint16 now, where it raised TypeError\n" in text


def test_the_history_of_a_call_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "--entry-point", "torch.from_numpy"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("- ")]
    assert lines
    assert all("`torch.from_numpy`" in line for line in lines)


def test_a_history_can_fail_on_what_some_release_did() -> None:
    assert main(["history", "--entry-point", "torch.from_numpy", "--fail-on", "crash"]) == 1
    assert main(["history", "--entry-point", "memoryview(torch.Tensor)", "--fail-on", "any"]) == 0


def test_the_dtype_of_buffers_that_asarray_reads_is_seen_to_change_with_torch_2_15() -> None:
    found = differences(read_profile("numpy-2.4.6+torch-2.13.0"), read_profile("numpy-2.4.6+torch-2.15.0"))
    changed = [one for one in found if one["entry"] == "torch.asarray" and one["topic"] == "reading"]
    assert {(one["spec"]["container"], one["change"]) for one in changed} == {("buffer", "breaking")}


def test_booleans_are_seen_to_come_back_from_dlpack_as_booleans_with_tensorflow_2_16() -> None:
    sides = [read_profile(f"numpy-1.26.4+tensorflow-{release}") for release in ("2.15.1", "2.16.2")]
    out = "np.from_dlpack(tf.experimental.dlpack.to_dlpack)"
    (found,) = (one for one in differences(*sides) if one["entry"] == out and one["topic"] == "dtype")
    assert (found["before"], found["after"], found["change"]) == ("uint8", "bool", "fixed")


def test_steps_change_one_package_only() -> None:
    releases = [("2.4.6", "2.13.0"), ("2.4.6", "2.12.0"), ("1.26.4", "2.0.0")]
    made = [profile(name=torch, environment={"numpy": numpy, "torch": torch}) for numpy, torch in releases]
    assert [(package, before.name, after.name) for package, before, after in steps(made)] == [("torch", "2.12.0", "2.13.0")]


def test_a_step_says_where_ml_dtypes_came_along() -> None:
    made = [
        profile(name=torch, environment={"numpy": "2.4.6", "torch": torch, **beside})
        for torch, beside in (("2.11.0", {}), ("2.12.0", {"ml_dtypes": "0.5.4"}), ("2.13.0", {"ml_dtypes": "0.6.0"}))
    ]
    assert [line for line in page(compared(made)).splitlines() if line.startswith(("## ", "With "))] == [
        "## torch 2.11.0 → 2.12.0",
        "With ml_dtypes none → 0.5.4, numpy 2.4.6.",
        "## torch 2.12.0 → 2.13.0",
        "With ml_dtypes 0.5.4 → 0.6.0, numpy 2.4.6.",
    ]


def test_every_profile_is_part_of_a_step() -> None:
    found = [read_profile(name) for name in shipped()]
    assert {one.name for one in found} == {one.name for _, before, after in steps(found) for one in (before, after)}


def test_the_history_page_is_what_the_profiles_say() -> None:
    assert main(["history", "--check", "--output", str(PAGE)]) == 0


@pytest.mark.parametrize("content", [b"", b"not gzip", packed(b"not json"), packed(b'{"kind": "end"}\n')], ids=range(4))
def test_what_is_no_profile_is_refused_in_a_line(tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.jsonl.gz"
    path.write_bytes(content)
    assert main(["diff", str(path), str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"kind": "profile", "schema": 99}, "p.jsonl.gz: a profile in format 99; this suite reads format 1"),
        ({"kind": "finding"}, "line 1: no line of a profile: its kind is 'finding'"),
        ({"kind": "end", "entries": -1}, "line 1: ['entries'] -1 is less than the minimum of 0"),
        ({"kind": "profile", "schema": 1, "name": "p"}, "line 1: 'suite' is a required property"),
    ],
)
def test_a_line_that_breaks_the_schema_is_told_what_is_wrong_with_it(tmp_path: Path, line: dict[str, Any], said: str) -> None:
    with pytest.raises(ProfileError) as refusal:
        read_profile(written(tmp_path / "p.jsonl.gz", line))
    assert str(refusal.value).endswith(said)


def test_a_cut_off_profile_is_refused(tmp_path: Path, header: dict[str, Any]) -> None:
    with pytest.raises(ProfileError, match="no whole profile"):
        read_profile(written(tmp_path / "p.jsonl.gz", header, row()))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("numpy-2.4.6+torch-2.14.0", ["numpy-2.4.6+torch-2.14.1", "numpy-2.4.6+torch-2.15.0", "numpy-2.4.6+torch-2.13.0"]),
        ("torch-2.13.0", ["numpy-2.4.6+torch-2.13.0", "numpy-2.3.5+torch-2.13.0", "numpy-2.2.6+torch-2.13.0"]),
        ("numpy-2.4.6+tensorflow-2.22", ["numpy-2.4.6+tensorflow-2.21.0"]),
        ("numpy-2.4.6+touch-2.13.0", ["numpy-2.4.6+torch-2.13.0"]),
    ],
)
def test_the_closest_profiles_are_of_the_same_packages_and_the_nearest_releases(name: str, expected: list[str]) -> None:
    assert closest(name)[: len(expected)] == expected


@pytest.mark.parametrize("output", ["new/", "new", "new.jsonl.gz/", "new/deep/mine.jsonl.gz"])
def test_a_profile_is_put_into_a_folder_that_is_made(tmp_path: Path, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{"kind": "profile", "name": "p"}, {"kind": "end", "entries": 0}]
    monkeypatch.setattr("tensor_conformance.conformance.upgrade.profile.profile", lambda python: lines)
    assert main(["profile", sys.executable, "--output", f"{tmp_path}/{output}"]) == 0
    (made,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert made == tmp_path / (output if output.endswith(".gz") else f"{output}/p.jsonl.gz")


def unasked(python: str) -> list[dict[str, Any]]:
    raise AssertionError("it was asked before what it says could be kept")


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tensor_conformance.conformance.upgrade.profile.profile", unasked)
    assert main(["profile", sys.executable, "--output", "/proc/foo/"]) == 2
    assert capsys.readouterr().err.startswith("cannot write /proc/foo")


def test_an_interrupted_profile_is_not_written_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(python: str) -> Iterator[dict[str, Any]]:
        yield {"kind": "profile", "name": "p"}
        raise KeyboardInterrupt

    monkeypatch.setattr("tensor_conformance.conformance.upgrade.profile.profile", interrupted)
    assert main(["profile", sys.executable, "--output", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "interrupted: no profile was written\n"
    assert not list(tmp_path.iterdir())


def test_an_unknown_profile_is_refused_with_the_closest_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "numpy-2.4.6+torch-2.13", "x"]) == 2
    assert "numpy-2.4.6+torch-2.13.0" in capsys.readouterr().err
