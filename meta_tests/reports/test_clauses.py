"""Clauses are read from their fields, and from the two sentences of older files."""

from __future__ import annotations

import pytest

from meta_tests.site import DOCS, written
from tensor_conformance.conformance.frameworks.registry import entry_points
from tensor_conformance.conformance.run.rows import entry_row
from tensor_conformance.conformance.run.tally import Tally
from tensor_conformance.reports.clauses import Clause, clause, is_documented
from tensor_conformance.reports.results import Row

FIELDS = ("says", "when", "url", "observed")


def older(row: Row) -> Row:
    """The clause as older suites wrote it."""
    return {name: value for name, value in row.items() if name not in FIELDS}


@pytest.mark.parametrize(
    ("row", "read"),
    [
        (written("aliasing", "shares", url=DOCS, quote="x"), Clause("aliasing", "shares", "", DOCS, "", "x")),
        (
            written("refuses", "accepts", "it is 0-d", observed="fake 1.0"),
            Clause("refuses", "accepts", "it is 0-d", "", "fake 1.0", ""),
        ),
    ],
)
def test_a_clause_is_read_whichever_suite_wrote_it(row: Row, read: Clause) -> None:
    assert clause(row) == clause(older(row)) == read
    assert is_documented(row) == is_documented(older(row)) == bool(read.url)


def test_every_clause_of_ours_reads_alike_from_fields_and_from_sentences() -> None:
    rows = [row for entry in entry_points() for row in entry_row(Tally(entry), 0)["promise"]]
    for row in rows:
        assert clause(row).sentence == clause(older(row)).sentence
        assert is_documented(row) == is_documented(older(row))
