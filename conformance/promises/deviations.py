"""Known deviations: where releases break their promises, as data. Strict both ways.

A breach that a deviation covers is reported as "deviates" and does not fail the run. Each deviation's example is run
first of all, and when it no longer breaks the law the run fails and says so: a fix is news too.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...strategies.spec import ArraySpec, Spec, TensorSpec
from . import EntryPoint
from .conditions import Condition
from .releases import hold


@dataclass(frozen=True)
class Deviation:
    """One known break of a promise.

    id         short and stable, by which reports name it
    title      what happens, in a sentence
    package    whose releases are meant: "torch", "tensorflow" or "numpy"
    entries    glob patterns of the entry points on which it shows
    laws       ids of the laws that it breaks
    when       the inputs on which it shows
    url        the promise that is broken
    upstream   the issue that reports it, or "" for "not reported"
    example    the smallest input known to show it; run first of all, on the entry point `shown_by`
    shown_by   an entry point on which the example shows
    severity   "crash", "hang", "wrong data", "memory" (aliasing, read-only) or "manners" (exceptions, warnings)
    releases   in which it was measured to happen: ">=2.4,<2.15"; "": in all that are supported. Without an upper bound it is
               expected to go on
    needs      releases of other packages without which it does not happen: ("numpy>=2.1",)
    under      the settings or contexts in which it shows, where it shows in no other
    """

    id: str
    title: str
    package: str
    entries: tuple[str, ...]
    laws: tuple[str, ...]
    when: Condition
    url: str
    upstream: str
    example: ArraySpec | TensorSpec
    shown_by: str
    severity: str
    releases: str = ""
    needs: tuple[str, ...] = ()
    under: tuple[str, ...] = ()

    def covers(self, entry: EntryPoint) -> bool:
        """Whether it is recorded for the entry point (conditions on arrays say nothing of tensors)."""
        direction = "in" if isinstance(self.example, ArraySpec) else "out"
        return entry.direction == direction and any(map(entry.is_covered_by, self.entries))

    def explains(self, law: str, spec: Spec, observed: str) -> bool:
        """Whether a breach of this law on this input, observed in these words, is what is recorded."""
        if law not in self.laws or not self.when.test(spec):
            return False
        return not self.under or observed.startswith(tuple(f"{name}: " for name in self.under))

    def applies_to(self, versions: dict[str, str]) -> bool:
        """Whether it is recorded for a subject with these releases."""
        return hold((f"{self.package}{self.releases}", *self.needs), versions)
