"""The page on symbolic forms: its table is what is promised and recorded, its snippets run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tensor_conformance.conformance.frameworks.registry import claims as known_claims
from tensor_conformance.conformance.frameworks.registry import entry_points, frameworks
from tensor_conformance.conformance.frameworks.tensorflow.deviations import symbolic as tensorflow_symbolic
from tensor_conformance.conformance.frameworks.torch.deviations import symbolic as torch_symbolic
from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.run.rows import claim_row, entry_row
from tensor_conformance.conformance.run.subjects import installed
from tensor_conformance.conformance.run.tally import Tally
from tensor_conformance.reports.results import Results
from tensor_conformance.reports.symbolic import answer, claims, is_form, page, table

ROOT = Path(__file__).resolve().parents[2]
_HERE, _ = installed(tuple(frameworks()), {})
#: What is recorded of arrays and of the pinned releases; the rest is about lists and scalars.
DEVIATIONS = tuple(one for one in (*torch_symbolic.DEVIATIONS, *tensorflow_symbolic.DEVIATIONS) if one.applies_to(_HERE))
PAGE = ROOT / "docs" / "symbolic.md"
TEXT = PAGE.read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def recorded(entry: EntryPoint) -> dict[str, Any]:
    """The row of an entry point of which nothing was seen but what is recorded."""
    row = entry_row(Tally(entry), 0)
    laws = {law for deviation in DEVIATIONS if deviation.covers(entry) for law in deviation.laws}
    return row | {"laws": {law: {"deviated": 1} for law in laws}}


ROWS = [recorded(entry) for entry in entry_points()]


#: What the page begins with: what `answer` says of a run, with the routes by name.
ANSWER = TEXT.split("\n\n")[1].replace("\n", " ")


def seen(**laws: dict[str, int]) -> dict[str, Any]:
    """A symbolic form of which this was seen."""
    return next(row for row in ROWS if is_form(row)) | {"laws": laws}


def test_the_page_begins_with_the_answer() -> None:
    assert ANSWER.startswith("**Yes.**")
    assert answer([seen(values={"held": 9})]).startswith("**Yes.** Of 1 symbolic forms, 1 ")


@pytest.mark.parametrize("how", ["broken", "deviated"])
def test_the_answer_is_no_where_every_form_loses_values(how: str) -> None:
    assert answer([seen(values={"held": 9, how: 1})]).startswith("**No.**")
    assert answer([seen(values={"held": 9}, acceptance={how: 1})]).startswith("**No.**")
    assert answer([seen(values={"held": 9}), seen(values={how: 1})]).startswith("**Yes.** Of 2 symbolic forms, 1 ")


def test_the_table_of_the_page_is_what_is_promised_and_recorded() -> None:
    assert table(ROWS) in TEXT, "write it anew: python -m reports symbolic RESULTS"


def test_the_page_tells_where_forms_break() -> None:
    for deviation in DEVIATIONS:
        assert deviation.title in TEXT
        assert deviation.upstream in TEXT


def test_the_claims_of_the_page_are_those_that_are_tested() -> None:
    assert claims([claim_row(claim, True) for claim in known_claims()]) in TEXT


def test_the_readme_leads_to_the_page() -> None:
    readme = (ROOT / "README.md").read_text()
    assert ANSWER in readme.replace("\n", " ")
    assert "(docs/symbolic.md)" in readme


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_the_snippets_of_the_page_run(framework: str) -> None:
    ours = [snippet for snippet in SNIPPETS if f"import {framework}" in snippet]
    assert len(ours) >= 4
    # Each in a namespace of its own, all in one process: importing a framework takes seconds.
    program = f"for snippet in {ours!r}:\n    exec(compile(snippet, snippet, 'exec'), {{'__name__': '__main__'}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_every_snippet_checks_what_it_shows() -> None:
    assert all("assert " in snippet for snippet in SNIPPETS)


def test_forms_are_told_by_their_facts() -> None:
    assert {row["entry"] for row in ROWS if is_form(row)} == {entry.name for entry in entry_points() if entry.is_form}


def test_a_broken_law_marks_its_cell() -> None:
    row = next(row for row in ROWS if row["entry"] == "tf.function[ndarray]")
    assert "live ✗" not in table([row])
    assert "live ✗" in table([row | {"laws": {"snapshot": {"broken": 1}}}])


def test_a_claim_that_changed_says_so() -> None:
    assert "was true: CHANGED" in claims([claim_row(known_claims()[0], False)])


def test_a_file_without_symbolic_forms_gives_no_answer() -> None:
    assert page(Results({}, ())) == "**Not tested.** These results hold no symbolic form."
