"""Programs: conversions, views, writes, drops, and conversions again; what every handle shows after each step."""

from __future__ import annotations

import pytest

from tensor_conformance.conformance.programs.phase import ProgramsPhase, message
from tensor_conformance.conformance.promises.programs import KnownProgram
from tensor_conformance.conformance.run.run import Run
from tensor_conformance.conformance.run.subjects import SubjectError

#: Findings that a failing test shows in full.
SHOWN = 3


def test_after_every_step_each_handle_shows_what_is_promised(
    combination: str, run: Run, programs: ProgramsPhase, program_entries: list[str] | None
) -> None:
    try:
        findings = sorted(programs.findings(combination, program_entries), key=lambda row: len(row["program"]))
    except SubjectError as reason:
        if "+" in combination:  # Of a framework alone, its entry points say it.
            name = f"programs of {combination}"
            run.rows.append({"kind": "not_run", "entry": name, "framework": combination, "reason": str(reason)[:4000]})
        pytest.skip(f"not run: {reason}")
    if findings:
        pytest.fail("\n\n".join(message(row, run.plan.again) for row in findings[:SHOWN]), pytrace=False)


def test_a_known_deviation_of_programs_still_happens(known_program: KnownProgram, programs: ProgramsPhase) -> None:
    try:
        status, seen = programs.known(known_program)
    except SubjectError as reason:
        pytest.skip(f"not run: {reason}")
    if status == "not run":
        pytest.skip(f"recorded for {known_program.package} {known_program.releases}: {seen}")
    if status == "gone":
        pytest.fail(f"{known_program.id} no longer happens ({seen}): {known_program.title}", pytrace=False)
