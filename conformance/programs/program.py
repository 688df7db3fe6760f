"""Programs: sequences of steps as pure data, and the Python text that each of them is."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from ..frameworks.registry import entry_points, framework
from ..promises import EntryPoint
from ..promises.programs import NUMPY, OTHER, Program, Programs, Step
from .crossings import crossings

#: Dtypes of the arrays that programs begin with: what both frameworks and NumPy have under one name.
DTYPES = tuple("float32 float64 int64 int32 int16 int8 uint8 complex64 bool".split())


class ProgramError(ValueError):
    """Steps that are no program; its message says in a line why."""


#: Every view, by name.
VIEWS = tuple(NUMPY.views)


def spelt(kind: str) -> Programs:
    """How steps are spelt over a handle of this kind: "numpy", the name of a framework, or "other"."""
    found = _LIBRARIES.get(kind) or framework(kind).programs
    return OTHER if found is None else found


_LIBRARIES = {"numpy": NUMPY, "other": OTHER}

_ARRAY = """\
import gc
import numpy as np


def array(shape, dtype):
    size = int(np.prod(shape))
    room = np.zeros(size * np.dtype(dtype).itemsize + 64, np.uint8)
    result = np.ndarray(shape, dtype, room, -room.ctypes.data % 64)  # address % 64 == 0
    result[...] = np.arange(size).reshape(shape)
    return result
"""


def header(frameworks: Iterable[str]) -> str:
    """The lines before the first step."""
    return "\n".join([*(spelt(name).imports for name in frameworks), _ARRAY])


def known_ways() -> dict[str, EntryPoint]:
    """Every entry point that a program may name, by name: what is traced has no memory that could be followed."""
    return {entry.name: entry for entry in (*entry_points(), *crossings()) if not entry.facts}


def call(entry: EntryPoint, handle: str) -> tuple[str, str]:
    """The lines to be run before an entry point's call on a handle, and the call as an expression."""
    *body, last = entry.call.strip().splitlines()
    if not body:
        return "", re.sub(rf"\b{entry.argument}\b", handle, last)
    return "\n".join(entry.function) + "\n", f"convert({handle})"


def text(step: Step, kind: str, entry: EntryPoint | None = None) -> str:
    """A step as Python lines.

    kind   what the handle is that it is done to: "numpy", or a framework's name
    entry  the entry point of a conversion
    """
    if step.do == "array":
        return f"{step.to} = array({step.at}, {step.how!r})"
    if step.do == "convert":
        assert entry is not None
        before, expression = call(entry, step.on)
        return f"{before}{step.to} = {expression}"
    if step.do == "view":
        return f"{step.to} = {spelt(kind).views[step.how].format(step.on)}"
    if step.do == "write":
        number, *index = step.at
        return spelt(kind).write.format(handle=step.on, value=number, index=", ".join(map(str, index)) or "...")
    if step.do in ("lock", "unlock"):
        return f"{step.on}.flags.writeable = {step.do == 'unlock'}"
    if step.do == "resize":
        return spelt(kind).resize.format(handle=step.on, size=step.at[0])
    return f"del {step.on}\ngc.collect()"


def script(frameworks: Iterable[str], lines: Iterable[str], told: Iterable[str], shown: str) -> str:
    """A self-contained Python script that runs a program's lines and prints a handle.

    told   lines of comment to begin with
    """
    heading = [f"# {line}" for line in told]
    return "\n".join([*heading, header(frameworks), "", *lines, *([f"print({shown})"] if shown else [])]) + "\n"


def replay_id(subject: str, program: Program) -> str:
    """A short name for one program on one subject."""
    told = json.dumps([subject, program])
    return hashlib.blake2b(told.encode(), digest_size=5).hexdigest()


def program_from_json(data: Any) -> Program:
    """The program that was written as JSON; ProgramError for anything else. Safe on untrusted data."""
    _require(isinstance(data, list) and 0 < len(data) <= 1000, "a program is a list of at most 1000 steps")
    ways = known_ways()
    steps = tuple(_step(fields) for fields in data)
    made: set[str] = set()
    for step in steps:
        _require(not step.on or step.on in made, f"there is no handle {step.on!r} yet")
        _require(not step.to or re.fullmatch("h[0-9]{1,4}", step.to) is not None, f"{step.to!r} is no name of a handle")
        _require(step.do in _NEEDS and _NEEDS[step.do] == (bool(step.on), bool(step.to)), f"no such step: {step.do!r}")
        names: dict[str, Iterable[str]] = {"array": DTYPES, "convert": ways, "view": VIEWS}
        _require(step.how in names.get(step.do, ("",)), f"step {step.do!r} does not know {step.how!r}")
        _require(step.do not in ("resize", "write") or len(step.at) > 0, f"{step.do} needs a number")
        made.add(step.to)
    return steps


#: Step to whether it is done to a handle, and whether it makes one.
_NEEDS = {
    "array": (False, True),
    "convert": (True, True),
    "view": (True, True),
    **dict.fromkeys(("write", "lock", "unlock", "resize", "drop"), (True, False)),
}


def _step(fields: Any) -> Step:
    _require(isinstance(fields, list) and len(fields) == 5, "a step has five fields")
    *words, at = fields
    _require(all(isinstance(word, str) for word in words), "the first four fields of a step are strings")
    numbers = isinstance(at, list) and len(at) <= 8 and all(type(n) is int and 0 <= n <= 4096 for n in at)
    _require(numbers, "the last field of a step is a short list of small numbers")
    return Step._make((*words, tuple(at)))


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ProgramError(message)
