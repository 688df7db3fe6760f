"""One command on a machine with an accelerator runs everything, keeps what there is, and says how each part ended."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from meta_tests import on_device
from meta_tests.faults import device_faults
from meta_tests.faults.devices import SIMULATED
from meta_tests.on_device import Step, main, steps
from tensor_conformance.conformance.run.subjects import installed

pytestmark = pytest.mark.xdist_group("devices")


def ended_as(*codes: int) -> list[Step]:
    return [Step(f"part {code}", (sys.executable, "-c", f"print('kept'); exit({code})"), 60.0) for code in codes]


@pytest.fixture(autouse=True)
def no_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_device, "hardware", lambda device: f"a machine with {device}")


def test_the_summary_names_the_hardware_and_says_how_each_part_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_device, "steps", lambda device, folder: iter(ended_as(0, 3)))
    assert main(["sim", "--output", str(tmp_path)]) == 1
    summary = (tmp_path / "summary.md").read_text()
    assert "a machine with sim" in summary
    assert "| part 0 | passed | " in summary
    assert "| part 3 | failed (3) | " in summary
    assert (tmp_path / "part 3.log").read_text() == "kept\n"


def test_a_run_in_which_all_passes_ends_with_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_device, "steps", lambda device, folder: iter(ended_as(0)))
    assert main(["sim", "--output", str(tmp_path)]) == 0


def test_a_part_that_takes_too_long_is_stopped_and_the_next_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Step("slow", (sys.executable, "-c", "import time; print('begun', flush=True); time.sleep(60)"), 2.0)
    monkeypatch.setattr(on_device, "steps", lambda device, folder: iter([slow, *ended_as(0)]))
    assert main(["sim", "--output", str(tmp_path)]) == 1
    assert "| slow | stopped after 2 s: what it has is kept |" in (tmp_path / "summary.md").read_text()
    assert (tmp_path / "slow.log").read_text() == "begun\n"


def test_all_parts_together_take_less_than_eight_minutes(tmp_path: Path) -> None:
    assert sum(step.seconds for step in steps("cuda", tmp_path)) < 480


def test_a_folder_that_cannot_be_made_is_said_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["sim", "--output", str(tmp_path / "file" / "in")]) == 2
    assert capsys.readouterr().err == f"cannot write {tmp_path / 'file' / 'in'}: Not a directory\n"


def test_faults_are_seeded_in_the_devices_own_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "torch" in installed(("torch",), {})[1]:
        pytest.skip("not run: torch is not installed")
    few = [fault for fault in device_faults().values() if fault.law == "device_refusal"]
    monkeypatch.setattr(on_device, "device_faults", lambda: {fault.id: fault for fault in few})
    assert main(["sim", "--output", str(tmp_path), "--faults"]) == 0
    rows = [json.loads(line) for line in (tmp_path / "faults.jsonl").read_text().splitlines()]
    assert [row["caught"] for row in rows] == [True] * len(few)


def test_a_fault_that_is_missed_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = [fault for fault in device_faults().values() if fault.deed not in SIMULATED][:1]
    monkeypatch.setattr(on_device, "device_faults", lambda: {fault.id: fault for fault in few})
    monkeypatch.setattr(on_device, "_is_caught", lambda fault, entry, subject: False)
    assert main(["sim", "--output", str(tmp_path), "--faults"]) == 1
