"""The results format: JSON Lines, written as they happen.

The first line is a header, the last a footer; a file without a footer is that of a run that was interrupted. Every line
is an object with a `kind`; `schema.json` beside this file says what each kind holds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any, NoReturn

try:
    import fastjsonschema
    import jsonschema
except ModuleNotFoundError:  # A machine with a framework and pytest alone, to run on: rows are taken as they come.
    fastjsonschema = jsonschema = None

#: The version of the format that this suite writes.
SCHEMA_VERSION = 1

Row = dict[str, Any]

#: Which way a call carries data, in words.
DIRECTIONS = {"in": "arrays to tensors", "out": "tensors to arrays"}


class ResultsError(Exception):
    """A file that holds no results; its message says in a line what is wrong and where."""


@cache
def schema() -> dict[str, Any]:
    """The published JSON Schema of one line."""
    return json.loads(Path(__file__).with_name("schema.json").read_text())  # type: ignore[no-any-return]


@cache
def _check(kind: str) -> Callable[[Row], object]:
    """The compiled check of one kind of row: a file may hold a million."""
    return fastjsonschema.compile(_definition(kind))  # type: ignore[no-any-return]


def _definition(kind: str) -> dict[str, Any]:
    return {"$defs": schema()["$defs"], "$ref": f"#/$defs/{kind}"}


@cache
def _kinds() -> frozenset[str]:
    return frozenset(part["$ref"].rpartition("/")[2] for part in schema()["oneOf"])


class Writer:
    """Writes rows to a file, each at once."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[str] = path.open("w", encoding="utf-8")
        except OSError as error:
            raise ResultsError(f"cannot write results to {path}: {error.strerror}") from None
        self._path = path

    def write(self, row: Row) -> None:
        """Append one row; what was written is safe even if the run dies now. Raises ResultsError, where the disk is full say."""
        try:
            self._file.write(json.dumps(row, separators=(",", ":")) + "\n")
            self._file.flush()
        except OSError as error:
            raise ResultsError(f"cannot write results to {self._path}: {error.strerror}") from None

    def close(self) -> None:
        with suppress(OSError):  # What could not be written has been told.
            self._file.close()


@dataclass(frozen=True)
class Results:
    """One results file, read and checked.

    header    environment, seed, profile
    rows      all others, in the order in which they were written
    footer    None when the run was interrupted
    """

    header: Row
    rows: tuple[Row, ...] = field(default=())
    footer: Row | None = None

    @property
    def interrupted(self) -> bool:
        """Whether the run ended without saying so."""
        return self.footer is None

    def of(self, kind: str) -> Iterator[Row]:
        """The rows of one kind."""
        return (row for row in self.rows if row["kind"] == kind)


def read(path: Path) -> Results:
    """The results in a file. Raises ResultsError for anything that is not one; a cut-off last line is left out."""
    try:
        with path.open("rb") as file:
            return _assemble(_parse(file, path), path)
    except OSError as error:
        raise ResultsError(f"cannot read {path}: {error.strerror}") from None


def _parse(lines: Iterable[bytes], path: Path) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line.decode(), parse_constant=_no_number, parse_float=_finite)
        except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError.
            if not line.endswith(b"\n"):
                return  # The run died while writing this line.
            raise ResultsError(f"{path}, line {number}: not JSON; results are JSON Lines, as --results writes them") from None
        problem = _problem(row)
        if problem:
            raise ResultsError(f"{path}, line {number}: {' '.join(problem.split())[:160]}")
        yield number, row


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _problem(row: Any) -> str:
    """What is wrong with a row, in a line; empty when nothing is."""
    if not isinstance(row, dict) or not isinstance(row.get("kind"), str):
        return "not a row: an object with a 'kind'"
    kind = row["kind"]
    if kind not in _kinds():
        return f"rows of kind {kind!r} are unknown to this suite; it reads {', '.join(sorted(_kinds()))}"
    if kind == "header" and isinstance(row.get("schema"), int) and row["schema"] > SCHEMA_VERSION:
        return f"written by a newer suite in format {row['schema']}; this one reads format {SCHEMA_VERSION}"
    if fastjsonschema is None:
        return ""
    try:
        _check(kind)(row)
    except fastjsonschema.JsonSchemaValueException as refusal:
        check = jsonschema.Draft202012Validator(_definition(kind))
        problem = jsonschema.exceptions.best_match(check.iter_errors(row))  # Says it better.
        if problem is None:
            return str(refusal)
        return f"{''.join(f'[{part!r}]' for part in problem.absolute_path)} {problem.message}".strip()
    return ""


def _assemble(rows: Iterator[tuple[int, Row]], path: Path) -> Results:
    _, header = next(rows, (0, {"kind": "nothing"}))
    if header["kind"] != "header":
        raise ResultsError(f"{path} is not a results file: the first line is no header")
    body: list[Row] = []
    for number, row in rows:
        if row["kind"] == "header":
            raise ResultsError(f"{path}, line {number}: a second header")
        if body and body[-1]["kind"] == "footer":
            raise ResultsError(f"{path}, line {number}: a row after the footer")
        body.append(row)
    footer = body.pop() if body and body[-1]["kind"] == "footer" else None
    return Results(header, tuple(body), footer)
