"""What a run is to do: its profile, phases, seed, subjects and devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ...strategies.spec import Spec
from ..promises import EntryPoint
from ..promises.programs import Program
from .subjects import LIMIT

PHASES = ("pinned", "grid", "pressure", "search", "stateful")


class Share(NamedTuple):
    """What one entry point is asked: how much of the grid (a name from `grid.SIZES`), and how many Hypothesis examples."""

    grid: str
    examples: int


NOTHING = Share("", 0)


class Profile(NamedTuple):
    """How thorough a run is, in words, by what a call costs (see `EntryPoint.pace`), and in programs.

    keyworded  of usual cost, calls with keywords: they go the way of the call without
    refused    inputs that one clause of a promise refuses, with each dtype, layout and place: see `run.rationing`
    """

    text: str
    usual: Share
    keyworded: Share
    slow: Share
    slowest: Share
    symbolic: Share
    compiled: Share
    built: Share
    programs: int
    refused: int

    def share(self, entry: EntryPoint) -> Share:
        """What this entry point is asked."""
        return self.keyworded if entry.pace == "usual" and entry.has_keywords else getattr(self, entry.pace)


PROFILES = {
    "quick": Profile(
        "a sample of the pairs",
        *(
            Share("half", 10),
            Share("little", 5),
            Share("little", 10),
            Share("few", 2),
            Share("some", 0),
            Share("least", 0),
            NOTHING,
        ),
        programs=30,
        refused=1,
    ),
    "default": Profile(
        "all pairs; of slow calls a sample",
        *(
            Share("pairs", 60),
            Share("pairs", 60),
            Share("half", 30),
            Share("few", 10),
            Share("each", 5),
            Share("some", 0),
            NOTHING,
        ),
        programs=150,
        refused=3,
    ),
    "thorough": Profile(
        "up to 12000 of all combinations, of slow calls 3000",
        *(
            Share("full", 2000),
            Share("full", 2000),
            Share("part", 500),
            Share("sample", 50),
            Share("sample", 100),
            Share("sample", 100),
        ),
        Share("some", 0),
        programs=3000,
        refused=20,
    ),
}


#: What a run replays: an entry point with its spec and pressure, or frameworks with a program.
Only = tuple[str, Spec, str] | tuple[str, Program]


@dataclass(frozen=True)
class Plan:
    """What to run.

    profile     a name from `PROFILES`
    seed        of the grid's specs and of the search
    examples    Hypothesis examples per entry point; None: the profile's
    phases      of `PHASES`
    subjects    framework to interpreter; None: this one
    in_process  convert in this process, for debugging
    limit       seconds that one conversion may take
    only        (entry point, spec, pressure), or (frameworks, program), to replay, instead of all phases
    against     the interpreter before an upgrade, with which the subjects are compared
    devices     of the tensors
    fail_on_drift  whether drift fails, too
    again       options by which a finding of this run is tried again, beside --replay
    processes   subjects that convert at the same time, where there is as much to convert
    """

    profile: str = "default"
    seed: int = 0
    examples: int | None = None
    phases: tuple[str, ...] = PHASES
    subjects: Mapping[str, str] = field(default_factory=dict)
    in_process: bool = False
    limit: float = LIMIT
    only: Only | None = None
    against: str | None = None
    devices: tuple[str, ...] = ("cpu",)
    fail_on_drift: bool = False
    again: str = ""
    processes: int = 1
