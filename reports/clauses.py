"""The clauses of a promise, as the rows of entry points hold them."""

from __future__ import annotations

from typing import NamedTuple

from .results import Row


class Clause(NamedTuple):
    """One clause.

    topic     what it is about
    says      what is promised
    when      the inputs to which it applies; "": to all
    url       of the documentation, "" where nothing is written
    observed  the releases in which it was observed, where nothing is written
    quote     from the documentation
    """

    topic: str
    says: str
    when: str
    url: str
    observed: str
    quote: str

    @property
    def sentence(self) -> str:
        """What is promised, and when."""
        return self.says + (f" when {self.when}" if self.when else "")

    @property
    def documented(self) -> bool:
        return not self.observed


def clause(row: Row) -> Clause:
    """A clause from its row; one of an older suite has two sentences in the place of the fields."""
    if "says" in row:
        return Clause(row["topic"], row["says"], row["when"], row["url"], row["observed"], row["quote"])
    says, _, when = row["text"].removeprefix(f"{row['topic']}: ").partition(" when ")
    if row["source"].startswith("observed in "):
        return Clause(row["topic"], says, when, "", row["source"].removeprefix("observed in "), row["quote"])
    return Clause(row["topic"], says, when, row["source"].removeprefix("documented: "), "", row["quote"])


def is_documented(row: Row) -> bool:
    """Whether a clause is written somewhere, or was only observed."""
    return clause(row).documented
