"""Causes: findings, or differences, that are one over many calls and inputs, told once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from . import sentences
from .changes import KINDS, harm
from .results import Row
from .severity import rank

#: What differs from input to input: numbers, bytes, lists, dtypes.
_PARTICULAR = re.compile(
    r"0x[0-9a-f]+(\.\.\.)?|\[[^\]]*\]|\b(u?int\d+|b?float\w*\d\w*|complex\d+|c?longdouble|bool)\b|-?\d+(\.\d+)?(e[+-]?\d+)?"
)


@dataclass(frozen=True)
class Cause:
    """Findings that break the same law in the same way, or differences of the same kind.

    rows   the plainest first
    """

    rows: tuple[Row, ...]

    @property
    def plainest(self) -> Row:
        return self.rows[0]

    @property
    def calls(self) -> list[str]:
        """The entry points that show it."""
        return list(dict.fromkeys(row["entry"] for row in self.rows))

    @property
    def count(self) -> int:
        """How many conversions showed it."""
        return sum(row["count"] for row in self.rows)

    @property
    def sentence(self) -> str:
        """What happens, in a line."""
        row = self.plainest
        return sentences.difference(row) if row["kind"] == "difference" else sentences.finding(row)

    @property
    def in_full(self) -> str:
        """Of differences: what happens and where, in a line."""
        return sentences.difference(self.plainest, self.where)

    @property
    def where(self) -> str:
        """Of differences: the inputs of the call that is named on which it shows, in words."""
        return sentences.condition(row["where"] for row in self.rows if row["entry"] == self.plainest["entry"])


def causes(rows: Iterable[Row]) -> list[Cause]:
    """Findings or differences grouped by what happens, the worst first, then by how many calls show it."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(_kind(row), []).append(row)
    found = [Cause(tuple(sorted(group, key=_size))) for group in groups.values()]
    return sorted(found, key=lambda cause: (_badness(cause.plainest), -len(cause.calls), cause.plainest["entry"]))


def _badness(row: Row) -> tuple[int, int]:
    if row["kind"] == "difference":
        return KINDS.index(row["change"]), harm(row["topic"], row["after"])
    return rank(row), 0


def _kind(row: Row) -> tuple[str, ...]:
    if row["kind"] == "difference":
        if row["change"] == "message only":
            return row["change"], row["topic"]
        # How a result uses memory is no part of how a conversion ended.
        sides = (re.sub(r"^answers.*", "answers", _PARTICULAR.sub("*", row[side])) for side in ("before", "after"))
        return row["change"], row["topic"], row["standing"], *sides
    if row["outcome"] in ("crashed", "hung"):
        return row["kind"], row["law"], row["outcome"], _PARTICULAR.sub("*", row["observed"])
    return row["kind"], row["law"], _PARTICULAR.sub("*", row["expected"]), _PARTICULAR.sub("*", row["observed"])


def _size(row: Row) -> tuple[bool, int, int, str]:
    lines = row["script"].splitlines()
    return not row.get("shrunk", True), len(lines), len(row["script"]), row["entry"]
