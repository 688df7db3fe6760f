"""Profile files: gzipped JSON Lines that say how one environment answers the shipped list of inputs."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from .changes import Outcome
from .results import ResultsError

SCHEMA_VERSION = 1
FOLDER = Path(__file__).parent / "profiles"
CELLS = FOLDER / "cells.json.gz"
END = ".jsonl.gz"
#: Inputs in one run at most.
_MOST = 100_000


class ProfileError(ResultsError):
    """A profile that cannot be had; its message says in a line why."""


@dataclass(frozen=True)
class Profile:
    """One profile, read and checked.

    header    environment, machine, digest of the inputs
    outcomes  entry point to the outcomes, in the order of its list of inputs
    lists     entry point to the name of that list
    """

    header: dict[str, Any]
    outcomes: dict[str, list[Outcome]]
    lists: dict[str, str]

    @property
    def name(self) -> str:
        return str(self.header["name"])

    def release(self, package: str) -> Version | None:
        """The release of a package, or None where the environment has none."""
        found = self.header["environment"].get(package)
        return None if found is None else Version(Version(found).public)


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of one line."""
    return json.loads(Path(__file__).with_name("profile_schema.json").read_text())  # type: ignore[no-any-return]


@cache
def _check(kind: str) -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator({"$defs": schema()["$defs"], "$ref": f"#/$defs/{kind}"})


def shipped() -> list[str]:
    """The names of the shipped profiles."""
    return sorted(path.name.removesuffix(END) for path in FOLDER.glob(f"*{END}"))


def read_profile(name: str) -> Profile:
    """A shipped profile by name, or any by its path; raises ProfileError."""
    path = Path(name) if name.endswith(END) else FOLDER / f"{name}{END}"
    try:
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    except FileNotFoundError:
        if Path(name).exists():
            raise ProfileError(
                f"{name} exists, but profiles are {END} files: gzipped JSON Lines, as profile writes them"
            ) from None
        raise ProfileError(f"there is no profile {name!r}; closest: {', '.join(closest(name)) or 'none is shipped'}") from None
    except (OSError, EOFError, ValueError) as error:
        raise ProfileError(f"{path} is no profile: {error}") from None
    # What is shipped was held to the schema by the suite's own tests: to do so costs more than all the rest.
    foreign = path.parent != FOLDER
    return _assembled([_row(line, path, number, foreign) for number, line in enumerate(lines, 1)], path)


def closest(name: str) -> list[str]:
    """Up to three shipped profiles: those of the same packages, nearest releases first; else those with similar names."""
    wanted = _releases(name)
    apart: dict[str, list[int]] = {}
    for found in reversed(shipped()):  # Of equals the newest first.
        releases = _releases(found)
        if wanted and wanted.keys() <= releases.keys():
            apart[found] = [sum(parts) for parts in zip(*(_apart(wanted[each], releases[each]) for each in wanted))]
    return sorted(apart, key=apart.__getitem__)[:3] or get_close_matches(name, shipped(), 3, 0.3) or shipped()[:3]


def _releases(name: str) -> dict[str, Version]:
    """The releases in a profile's name by package; none where it is not made like one."""
    try:
        return {package: Version(release) for package, _, release in (part.rpartition("-") for part in name.split("+"))}
    except InvalidVersion:
        return {}


def _apart(one: Version, other: Version) -> list[int]:
    """How far apart two releases are: major, minor, micro."""
    return [abs(a - b) for a, b in zip((one.major, one.minor, one.micro), (other.major, other.minor, other.micro))]


def _row(line: str, path: Path, number: int, foreign: bool) -> dict[str, Any]:
    try:
        row: dict[str, Any] = json.loads(line)
    except (ValueError, RecursionError):
        raise ProfileError(f"{path}, line {number}: not JSON") from None
    if not isinstance(row, dict):
        raise ProfileError(f"{path}, line {number}: not an object")
    kind = row.get("kind")
    if kind not in ("profile", "outcomes", "end"):
        raise ProfileError(f"{path}, line {number}: no line of a profile: its kind is {kind!r:.60}")
    if kind == "profile" and row.get("schema") != SCHEMA_VERSION:
        raise ProfileError(f"{path}: a profile in format {row.get('schema')!r:.60}; this suite reads format {SCHEMA_VERSION}")
    if foreign:
        _hold(row, kind, f"{path}, line {number}")
    return row


def _hold(row: dict[str, Any], kind: str, where: str) -> None:
    """Raise ProfileError unless the schema has room for the row."""
    import jsonschema

    # Of long lists it sees the first; the others are proved where they are used. Seconds otherwise.
    short = {
        name: value[:2] if name in ("distinct", "runs") and isinstance(value, list) else value for name, value in row.items()
    }
    problem = jsonschema.exceptions.best_match(_check(kind).iter_errors(short))
    if problem is not None:
        at = "".join(f"[{part!r}]" for part in problem.absolute_path)
        raise ProfileError(f"{where}: {(at + ' ' + problem.message).strip()[:160]}")


def _assembled(rows: list[dict[str, Any]], path: Path) -> Profile:
    if not rows or rows[0]["kind"] != "profile" or rows[-1]["kind"] != "end" or rows[-1]["entries"] != len(rows) - 2:
        raise ProfileError(f"{path} is no whole profile: header, entry points and footer do not fit")
    body = rows[1:-1]
    try:
        outcomes = {row["entry"]: _outcomes(row) for row in body}
    except (IndexError, TypeError, ValueError):
        raise ProfileError(f"{path} names outcomes that it does not have") from None
    return Profile(rows[0], outcomes, {row["entry"]: row["list"] for row in body})


def _outcomes(row: dict[str, Any]) -> list[Outcome]:
    distinct = [Outcome(*map(str, fields)) for fields in row["distinct"]]
    if any(number < 0 or not 0 < count <= _MOST for number, count in row["runs"]):
        raise ValueError("runs out of bounds")
    return [distinct[number] for number, count in row["runs"] for _ in range(count)]
