"""Causes: findings that are one, over many calls and inputs, told once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .results import Row
from .severity import by_severity, rank

#: What differs from input to input: numbers, bytes, lists, dtypes.
_PARTICULAR = re.compile(
    r"0x[0-9a-f]+(\.\.\.)?|\[[^\]]*\]|\b(u?int\d+|b?float\w*\d\w*|complex\d+|c?longdouble|bool)\b|-?\d+(\.\d+)?(e[+-]?\d+)?"
)


@dataclass(frozen=True)
class Cause:
    """Findings that break the same law in the same way.

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
        return f"{row['law']}: expected {row['expected']}, observed {row['observed']}"


def causes(rows: Iterable[Row]) -> list[Cause]:
    """Findings grouped by what happens, the worst first, then by how many calls show it."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in by_severity(rows):
        groups.setdefault(_kind(row), []).append(row)
    found = [Cause(tuple(sorted(group, key=_size))) for group in groups.values()]
    return sorted(found, key=lambda cause: (rank(cause.plainest), -len(cause.calls), cause.plainest["entry"]))


def _kind(row: Row) -> tuple[str, ...]:
    if row["outcome"] in ("crashed", "hung"):
        return row["kind"], row["law"], row["outcome"], _PARTICULAR.sub("*", row["observed"])
    return row["kind"], row["law"], _PARTICULAR.sub("*", row["expected"]), _PARTICULAR.sub("*", row["observed"])


def _size(row: Row) -> tuple[int, int, str]:
    return len(row["script"].splitlines()), len(row["script"]), row["entry"]
