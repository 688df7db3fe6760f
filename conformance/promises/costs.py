"""Known deviations from the law of cost: calls that copy, at the price of many copies."""

from __future__ import annotations

from typing import NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from .entry_point import EntryPoint


class Costly(NamedTuple):
    """One known break of the law of cost.

    id        short and stable, by which reports name it
    title     what happens, in a sentence
    package   whose releases are meant
    releases  in which it was seen, as a version specifier
    entries   names of the entry points on which it shows
    """

    id: str
    title: str
    package: str
    releases: str
    entries: tuple[str, ...]

    def applies_to(self, entry: EntryPoint, versions: dict[str, str]) -> bool:
        """Whether it is recorded for an entry point in a subject with these releases."""
        release = versions.get(self.package)
        here = release is not None and Version(Version(release).public) in SpecifierSet(self.releases, prereleases=True)
        return here and entry.name in self.entries
