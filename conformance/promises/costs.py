"""Known deviations from the law of cost: calls that copy, at the price of many copies."""

from __future__ import annotations

from typing import NamedTuple

from .entry_point import EntryPoint
from .releases import hold


class Costly(NamedTuple):
    """One known break of the law of cost.

    id        short and stable, by which reports name it
    title     what happens, in a sentence
    package   whose releases are meant
    entries   names of the entry points on which it shows
    releases  in which it was measured, as of a `Deviation`
    """

    id: str
    title: str
    package: str
    entries: tuple[str, ...]
    releases: str = ""

    def applies_to(self, entry: EntryPoint, versions: dict[str, str]) -> bool:
        """Whether it is recorded for an entry point in a subject with these releases."""
        return entry.name in self.entries and hold((f"{self.package}{self.releases}",), versions)
