"""The inputs of profiles: a fixed sample of the grid, and for each entry point those that its promise tells apart.

    python -m tensor_conformance.conformance.upgrade.inputs

writes them anew. Profiles of other inputs do not compare: whoever does so rebuilds all that are shipped.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ...reports.profile_files import CELLS
from ...strategies.spec import Spec, spec_from_json
from ..frameworks.registry import entry_points, frameworks
from ..promises import EntryPoint
from ..promises.deviations import Deviation
from ..promises.entry_point import Cost
from ..run.grid import grid
from ..run.tally import plainness

SEED, SIZE, CANDIDATES = 0, "sample", "pairs"
#: Of how many inputs of the sample one is tried, by what a call costs: multiples, so that any two profiles have inputs in common.
#: What starts a compiler is not tried.
STEPS: Mapping[Cost, int] = {"usual": 1, "slow": 6, "slowest": 6, "symbolic": 36, "compiled": 180}
#: Of what costs no more than this, every dtype is tried.
_CHEAP: tuple[Cost, ...] = ("usual", "slow")
#: Dtypes with which a condition is tried where it holds, if there are as many.
_DTYPES = 3


class Inputs(NamedTuple):
    """The inputs of one maker and its states.

    specs   the sample, then what entry points need beside it
    sample  how many of them are the sample's
    chosen  by entry point the places of what it needs beside it
    """

    specs: tuple[Spec, ...]
    sample: int
    chosen: dict[str, tuple[int, ...]]

    def of(self, entry: EntryPoint) -> list[int]:
        """The places of the inputs on which the entry point is tried."""
        wanted = [*range(0, self.sample, STEPS[entry.pace]), *self.chosen.get(entry.name, ())]
        return [place for place in wanted if entry.takes(self.specs[place])]


def list_of(entry: EntryPoint) -> str:
    """The name of the list of inputs on which an entry point is tried."""
    return f"{entry.maker or 'array'} {' '.join(entry.states)}"


@cache
def inputs(path: Path = CELLS) -> tuple[str, dict[str, Inputs]]:
    """The digest of the lists, and each list by name."""
    data = gzip.decompress(path.read_bytes())
    found = {
        name: Inputs(
            tuple(map(spec_from_json, listed["specs"])),
            listed["sample"],
            {entry: tuple(places) for entry, places in listed["chosen"].items()},
        )
        for name, listed in json.loads(data).items()
    }
    return hashlib.blake2b(data, digest_size=8).hexdigest(), found


def needs(entry: EntryPoint, spec: Spec, deviations: Iterable[Deviation]) -> Iterator[tuple[str, ...]]:
    """What an input shows of the promise: on which side of each condition it stands, and with which dtypes."""
    told: set[str] = set()
    for number, clause in enumerate(entry.promise):
        # Behind a clause of all releases, the others of its topic decide nothing.
        holds = clause.topic not in told and clause.when.test(spec)
        yield f"clause {number}", str(holds)
        if holds:
            yield f"clause {number}", spec.dtype
            if not clause.releases:
                told.add(clause.topic)
    for deviation in deviations:
        yield deviation.id, str(deviation.when.test(spec))
    if entry.pace in _CHEAP:
        yield "dtype", spec.dtype


def choose(entry: EntryPoint, sample: Iterable[Spec], candidates: Iterable[Spec]) -> list[Spec]:
    """The plainest candidates that show what the sample does not show of the entry point's promise."""
    deviations = [one for one in frameworks()[entry.framework].deviations if one.covers(entry)]
    seen: set[tuple[str, ...]] = set()
    dtypes: dict[str, set[str]] = {}

    def news(spec: Spec) -> bool:
        found = False
        for need in needs(entry, spec, deviations):
            few = need[0].startswith("clause") and need[1] not in ("True", "False")
            if need in seen or (few and len(dtypes.setdefault(need[0], set())) >= _DTYPES):
                continue
            seen.add(need)
            if few:
                dtypes[need[0]].add(need[1])
            found = True
        return found

    for spec in sample:
        news(spec)
    examples = [deviation.example for deviation in deviations]
    tried = [spec for spec in (*examples, *candidates) if entry.takes(spec)]
    return [spec for spec in tried if news(spec)]


def write(path: Path = CELLS) -> None:
    """Draw the lists of inputs."""
    lists: dict[str, dict[str, Any]] = {}
    for entry in entry_points():
        if entry.pace not in STEPS:
            continue
        sample = grid(entry.maker, entry.states, SEED, SIZE)
        listed = lists.setdefault(list_of(entry), {"specs": dict.fromkeys(sample), "sample": len(sample), "chosen": {}})
        assert len(listed["specs"]) >= len(sample), "the sample holds an input twice"
        asked = [spec for spec in sample[:: STEPS[entry.pace]] if entry.takes(spec)]
        candidates = sorted(grid(entry.maker, entry.states, SEED, CANDIDATES), key=plainness)
        chosen = choose(entry, asked, candidates)
        listed["specs"].update(dict.fromkeys(chosen))
        listed["chosen"][entry.name] = chosen
    for listed in lists.values():
        places = {spec: place for place, spec in enumerate(listed["specs"])}
        listed["chosen"] = {name: sorted(places[spec] for spec in chosen) for name, chosen in listed["chosen"].items()}
        listed["specs"] = [spec.to_json() for spec in listed["specs"]]
    save_whole(path, json.dumps(lists, separators=(",", ":")).encode())


def save_whole(path: Path, data: bytes) -> None:
    """Write gzipped, whole or not at all."""
    scratch = path.with_name(f"{path.name}.part")
    with scratch.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, 0) as file:
        file.write(data)
    os.replace(scratch, path)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if sys.argv[1:] else CELLS)
