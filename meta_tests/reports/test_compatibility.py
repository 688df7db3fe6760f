"""What each call does in each release is a word, from the shipped profiles."""

from __future__ import annotations

import pytest

from tensor_conformance.reports.changes import Outcome
from tensor_conformance.reports.compatibility import MARKS, WORDS, _words, tables

SHARES, COPIES = Outcome("answers", memory="shares, writes stay"), Outcome("answers", memory="copies")
REFUSED, GONE = Outcome("raised TypeError", "can't"), Outcome("raised AttributeError", "module 'torch' has no attribute 'x'")


@pytest.mark.parametrize(
    ("ran", "word"),
    [
        ([], "-"),
        ([SHARES, REFUSED], "shares"),
        ([COPIES], "copies"),
        ([SHARES, COPIES], "both"),
        ([Outcome("answers", memory="mixed")], "both"),
        ([Outcome("answers", memory="unknown")], "converts"),
        ([REFUSED, REFUSED], "refuses"),
        ([SHARES, Outcome("crashed (SIGABRT)")], "shares"),
        ([GONE, GONE], "no call"),
    ],
)
def test_outcomes_come_to_a_word(ran: list[Outcome], word: str) -> None:
    assert next(_words(ran)) == word
    assert word in WORDS


def test_every_cell_is_a_known_word() -> None:
    assert {cell.rstrip("".join(MARKS)) for table in tables() for _, *cells in table.rows for cell in cells} <= WORDS.keys()


def test_there_is_a_table_of_each_framework_and_of_numpy() -> None:
    assert {table.package for table in tables()} == {"torch", "tensorflow", "numpy"}


def test_from_numpy_shares_in_every_release_and_kills_the_process_on_some_inputs() -> None:
    (table,) = (table for table in tables() if table.package == "torch")
    cells = next(cells for call, *cells in table.rows if call == "torch.from_numpy")
    assert set(cells) == {"shares†"}


def test_a_call_that_a_release_does_not_have_is_said_not_to_be_there() -> None:
    (table,) = (table for table in tables() if table.package == "tensorflow")
    cells = next(dict(zip(table.columns, cells)) for call, *cells in table.rows if call == "tf.keras.ops.convert_to_tensor")
    assert cells["2.15.1"] == "no call"
    assert cells["2.21.0"] == "copies†"
