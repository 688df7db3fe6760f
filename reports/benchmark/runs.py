"""Benchmark runs: pytest-benchmark's JSON with what the suite adds to it, read and checked."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple, NoReturn

from ..results import DIRECTIONS, ResultsError

try:
    import fastjsonschema
except ModuleNotFoundError:  # A machine to run on, as in reports.results.
    fastjsonschema = None

#: Entry points of a file that are no calls but what no call can beat.
BARE_CALL, MEMCPY, FRESH_COPY = "limit: bare C call", "limit: np.copyto, warm", "limit: np.copyto, fresh pages"
#: Visits whose middle half spreads by more than this share of their median are called unstable.
UNSTABLE = 0.2
#: Visits whose range says little.
_FEW = 3


@dataclass(frozen=True)
class Figure:
    """What one cell costs.

    visits  seconds per call: a tuple of rounds for each visit of a process
    bare    for each visit, the seconds of a call that does nothing, timed between those rounds
    busy    for each visit, the seconds per call that a device says it worked; 0 where it says nothing
    The other fields are those of `conformance.benchmarks.cells.Cell`, in words.
    """

    name: str
    entry: str
    framework: str
    direction: str
    axis: str
    dtype: str
    layout: str
    size: str
    nbytes: int
    temperature: str
    promise: str
    source: str
    memory: str
    converts: bool
    symbolic: bool
    deviations: tuple[str, ...]
    costly: tuple[str, ...]
    visits: tuple[tuple[float, ...], ...]
    bare: tuple[float, ...]
    busy: tuple[float, ...] = ()
    device: str = ""
    limits: tuple[str, ...] = (MEMCPY, FRESH_COPY)

    @property
    def beside(self) -> tuple[str, ...]:
        """The names of the two limits that it is shown beside, at most."""
        return self.limits[:2]

    @cached_property
    def medians(self) -> list[float]:
        """The median round of each visit, in order of size."""
        return sorted(median(rounds) for rounds in self.visits)

    @cached_property
    def seconds(self) -> float:
        """What a call takes: the median over visits."""
        return median(self.medians)

    @cached_property
    def _range(self) -> tuple[float, float]:
        # The medians of a few visits lie close together by chance.
        told = self.medians if len(self.visits) > _FEW else [seconds for rounds in self.visits for seconds in rounds]
        return min(told), max(told)

    @cached_property
    def worked(self) -> float:
        """Seconds per call that the device says it worked: the median over visits; 0 where it says nothing."""
        return median(self.busy) if self.busy and all(self.busy) else 0.0

    @property
    def low(self) -> float:
        """The lowest of the visits' medians; of few visits, the fastest round."""
        return self._range[0]

    @property
    def high(self) -> float:
        """The highest of the visits' medians; of few visits, the slowest round."""
        return self._range[1]

    @cached_property
    def best(self) -> list[float]:
        """The fastest round of each visit, in bare calls of the same moment.

        What else the machine does only ever makes a round slower; and when all is slower for a while, so is the bare call.
        """
        return [min(rounds) / bare for rounds, bare in zip(self.visits, self.bare)]

    @property
    def unstable(self) -> bool:
        """Whether the visits disagree so much that their median says little."""
        if len(self.visits) <= _FEW:
            return self.high > (1 + UNSTABLE) * self.low
        first, _, third = quantiles(self.medians, n=4)
        return third - first > UNSTABLE * self.seconds


class Group(NamedTuple):
    """What is shown together; `device` is "" for the host."""

    framework: str
    direction: str
    device: str

    @property
    def place(self) -> str:
        """Framework and device, as in a title."""
        return f"{self.framework} on {self.device}" if self.device else self.framework

    @property
    def ways(self) -> str:
        """From what to what, as in a title."""
        return DIRECTIONS.get(self.direction, self.direction)


@dataclass(frozen=True)
class Run:
    """One run: its figures by name, what was not timed, and where it ran."""

    figures: dict[str, Figure]
    not_timed: tuple[dict[str, Any], ...] = ()
    machine: dict[str, Any] = field(default_factory=dict)
    datetime: str = ""
    seconds: float = 0
    path: str = ""

    @cached_property
    def entries(self) -> dict[str, list[Figure]]:
        """Figures by entry point, in the file's order; limits are none."""
        found: dict[str, list[Figure]] = {}
        for figure in self.figures.values():
            if figure.framework:
                found.setdefault(figure.entry, []).append(figure)
        return found

    @cached_property
    def groups(self) -> dict[Group, list[str]]:
        """Entry points by framework, direction and device."""
        found: dict[Group, list[str]] = {}
        for entry, figures in self.entries.items():
            found.setdefault(Group(figures[0].framework, figures[0].direction, figures[0].device), []).append(entry)
        return found

    def ladder(self, entry: str) -> list[Figure]:
        """An entry point's figures by size, the smallest first."""
        chosen = [f for f in self._by_entry.get(entry, ()) if f.axis == "size" and f.temperature == "warm"]
        return sorted(chosen, key=lambda figure: figure.nbytes)

    @cached_property
    def _by_entry(self) -> dict[str, list[Figure]]:
        found: dict[str, list[Figure]] = {}
        for figure in self.figures.values():
            found.setdefault(figure.entry, []).append(figure)
        return found

    @property
    def bare(self) -> Figure | None:
        """A call that does nothing."""
        return next(iter(self.ladder(BARE_CALL)), None)

    def limit(self, name: str, nbytes: int) -> Figure | None:
        """A copy of the size nearest to this one, or None where there is none within a factor of 4."""
        sized = [figure for figure in self.ladder(name) if figure.nbytes]
        near = min(sized, key=lambda figure: abs(math.log(figure.nbytes / max(nbytes, 1))), default=None)
        return near if near and 0.25 <= near.nbytes / max(nbytes, 1) <= 4 else None

    def copies(self, figure: Figure) -> list[Figure]:
        """What no copy of this size beats where it goes, and what together makes up a plain one; empty where one is missing."""
        found = [limit for name in figure.limits if (limit := self.limit(name, figure.nbytes))]
        return found if len(found) == len(figure.limits) >= 2 else []

    @property
    def releases(self) -> str:
        """The releases timed, in a line."""
        said = self.machine.get("releases")
        return ", ".join(f"{name} {release}" for name, release in said.items()) if isinstance(said, dict) else ""

    @property
    def hardware(self) -> dict[str, str]:
        """What must be the same in two runs whose times are compared."""
        cpu = self.machine.get("cpu")
        told = {name: self.machine.get(name, "") for name in ("node", "machine", "system", "release", "cores", "threads")}
        told["processor"] = cpu.get("brand_raw", "") if isinstance(cpu, dict) else ""
        return {name: str(value) for name, value in told.items()}


_TEXT = {"type": "string", "maxLength": 1000}
_FIELDS: dict[str, Any] = {
    **dict.fromkeys(
        "name entry framework direction axis dtype layout size temperature promise source memory".split(),
        _TEXT,
    ),
    "nbytes": {"type": "integer", "minimum": 0, "maximum": 1 << 62},
    "converts": {"type": "boolean"},
    "symbolic": {"type": "boolean"},
    "deviations": {"type": "array", "items": _TEXT},
    "costly": {"type": "array", "items": _TEXT},
}
#: What calls about devices add.
_BESIDE: dict[str, Any] = {"device": _TEXT, "limits": {"type": "array", "items": _TEXT}}
_SECONDS = {"type": "number", "minimum": 1e-12, "maximum": 1e9}
_BUSY = {"type": "number", "minimum": 0, "maximum": 1e9}
_ROUNDS = {"type": "array", "minItems": 1, "items": _SECONDS}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["benchmarks", "machine_info", "conformance"],
    "properties": {
        "machine_info": {"type": "object"},
        "datetime": _TEXT,
        "conformance": {
            "type": "object",
            "required": ["format", "not_timed"],
            "properties": {
                "format": {"type": "integer", "const": 1},
                "seconds": {"type": "number"},
                "not_timed": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": [*_FIELDS, "outcome", "message"],
                        "properties": {**_FIELDS, "outcome": _TEXT, "message": _TEXT},
                    },
                },
            },
        },
        "benchmarks": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["extra_info", "stats"],
                "properties": {
                    "extra_info": {
                        "type": "object",
                        "required": [*_FIELDS, "visits"],
                        "properties": {
                            **_FIELDS,
                            **_BESIDE,
                            "visits": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "object",
                                    "required": ["rounds", "bare"],
                                    "properties": {"rounds": {"type": "integer", "minimum": 1}, "bare": _SECONDS, "busy": _BUSY},
                                },
                            },
                        },
                    },
                    "stats": {"type": "object", "required": ["data"], "properties": {"data": _ROUNDS}},
                },
            },
        },
    },
}


@cache
def _check() -> Any:
    return fastjsonschema.compile(_SCHEMA)


def load(path: Path) -> dict[str, Any]:
    """What a file of pytest-benchmark holds. Raises ResultsError, in a line, for anything that is none."""
    try:
        data = json.loads(path.read_bytes().decode(), parse_constant=_no_number, parse_float=_number)
    except OSError as error:
        raise ResultsError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise ResultsError(f"{path} is not JSON, or was cut off") from None
    if not isinstance(data, dict) or not isinstance(data.get("benchmarks"), list):
        raise ResultsError(f"{path} is no file of pytest-benchmark: it has no list of benchmarks")
    return data


def read_run(path: Path) -> Run:
    """The run in a file. Raises ResultsError, in a line, for anything that is none."""
    data = load(path)
    if fastjsonschema is None:
        raise ResultsError("to read a benchmark run takes fastjsonschema, which is not installed here")
    if "conformance" not in data:
        raise ResultsError(f"{path} holds benchmarks, but not of conversions")
    try:
        _check()(data)
    except fastjsonschema.JsonSchemaValueException as refusal:
        raise ResultsError(f"{path} is no benchmark run of this suite: {_line(refusal.message)}") from None
    figures = []
    for row in data["benchmarks"]:
        rounds, info = list(row["stats"]["data"]), row["extra_info"]
        if sum(visit["rounds"] for visit in info["visits"]) != len(rounds):
            raise ResultsError(f"{path}: the visits of {_line(info['name'])} do not add up to its {len(rounds)} rounds")
        visits = []
        for visit in info["visits"]:
            visits.append(rounds[: visit["rounds"]])
            del rounds[: visit["rounds"]]
        told = {"bare": [visit["bare"] for visit in info["visits"]], "busy": [v["busy"] for v in info["visits"] if "busy" in v]}
        figures.append(info | {"rounds": visits, **told})
    said = data["conformance"]
    more: dict[str, Any] = {"machine": data["machine_info"], "datetime": data.get("datetime", ""), "path": str(path)}
    return run_of(figures, not_timed=tuple(said["not_timed"]), seconds=said.get("seconds", 0), **more)


def run_of(rows: Iterable[dict[str, Any]], **more: Any) -> Run:
    """A run of rows: the fields of a figure, with `rounds`, `bare` and `busy` for its visits; without rounds it is left out."""
    figures = []
    for row in rows:
        named = [*_FIELDS, *(name for name in (*_BESIDE, "busy") if name in row)]
        told: dict[str, Any] = {name: tuple(row[name]) if isinstance(row[name], list) else row[name] for name in named}
        if row["rounds"]:
            figures.append(Figure(**told, visits=tuple(map(tuple, row["rounds"])), bare=tuple(row["bare"])))
    return Run({figure.name: figure for figure in figures}, **more)


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() else value  # To JSON Schema 1.0 is an integer.


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _line(text: Any) -> str:
    return " ".join(str(text).split())[:160]
