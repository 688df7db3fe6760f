"""Releases: to which versions of packages behaviour belongs, and which of them were measured.

A requirement such as "torch>=2.4,<2.15" says where something holds: from the first measured release in which it does to the
first in which it no longer does. Without an upper bound it does in the newest that was measured, and is expected to go on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.version import Version

#: Package to release: those of a subject.
Versions = Mapping[str, str]


@cache
def release(version: str) -> Version:
    """The release that a version is of, or will be: 2.16.0 for "2.16.0.dev20261101+cpu"."""
    return Version(Version(version).base_version)


def hold(requirements: Iterable[str], versions: Versions) -> bool:
    """Whether all of the requirements, such as "torch>=2.4", hold in a subject; of a package that it lacks none does."""
    parsed = map(_parsed, requirements)
    return all(each.name in versions and release(versions[each.name]) in each.specifier for each in parsed)


@cache
def _parsed(requirement: str) -> Requirement:
    return Requirement(requirement)


def series(version: str) -> str:
    """The first two numbers of a version, within which behaviour is expected to stay: "2.15" of "2.15.1+cpu"."""
    return ".".join(map(str, release(version).release[:2]))


# -- what was measured ----------------------------------------------------------------------------------------------------


@cache
def measured(table: Path) -> Mapping[str, tuple[str, ...]]:
    """Package to the series that runs were made with, from a table of runs: see `tensor-conformance measured`."""
    found: dict[str, set[str]] = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        for name, version in row["environment"].items():
            found.setdefault(name, set()).add(series(version))
    return {name: tuple(sorted(several, key=Version)) for name, several in found.items()}


def beyond(versions: Versions, known: Mapping[str, tuple[str, ...]], packages: Iterable[str]) -> str:
    """Why what is promised of these packages is extrapolated in a subject, in a line; "" where all were measured."""
    return "; ".join(filter(None, (_beyond(name, versions[name], known.get(name, ())) for name in packages if name in versions)))


def _beyond(name: str, version: str, known: tuple[str, ...]) -> str:
    here = series(version)
    if not known or here in known:
        return ""
    if Version(here) > Version(known[-1]):
        return f"{name} {version} is newer than {known[-1]}, the newest that was measured"
    if Version(here) < Version(known[0]):
        return f"{name} {version} is older than {known[0]}, the oldest that was measured"
    return f"{name} {version} was not measured"
