"""Tallies: what a run found out about one entry point, counted as it goes."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ...strategies.spec import Spec
from ..laws.judge import Verdict
from ..laws.law import Breach
from ..promises import EntryPoint
from ..subject.observation import Observation

_NUMBER = re.compile(r"\d+")


@dataclass
class Finding:
    """One way in which one law was broken, by its plainest spec; `count` says how often it was seen.

    drift  what was broken was only observed in other releases: no promise
    """

    entry: EntryPoint
    law: str
    breach: Breach
    spec: Spec
    seen: Observation
    phase: str
    pressure: str = ""
    count: int = 1
    drift: bool = False

    @property
    def id(self) -> str:
        """The replay id: a digest of the entry point and the spec."""
        return replay_id(self.entry.name, self.spec, self.pressure)


def replay_id(entry: str, spec: Spec, pressure: str = "") -> str:
    """A short name for one question: this entry point, that spec, under that pressure if any."""
    text = json.dumps([entry, spec.to_json(), *filter(None, [pressure])], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()


def plainness(spec: Spec) -> tuple[int, ...]:
    """Smaller is plainer: by what makes a reproducer short."""
    marks = (spec.address != 0) + (not spec.is_c) + (spec.memory != "plain") + (spec.container not in ("", "ndarray"))
    return (len(spec.shape) > 4, marks, spec.size, len(spec.shape), spec.seed != 0, len(spec.planted), spec.nbytes)


@dataclass
class Tally:
    """All that was seen of one entry point.

    verdicts  verdict name to number of conversions
    findings  the plainest of each distinct breach
    deviated  deviation id to number of conversions
    reasons   why specs were not run, with counts
    examples  deviation id to what its example showed
    """

    entry: EntryPoint
    verdicts: Counter[str] = field(default_factory=Counter)
    findings: dict[tuple[Any, ...], Finding] = field(default_factory=dict)
    deviated: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Observation] = field(default_factory=dict)
    # Counted whole here and taken apart when asked: this happens hundreds of thousands of times.
    _held: Counter[tuple[str, ...]] = field(default_factory=Counter)
    _failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    _seen: Counter[tuple[Any, ...]] = field(default_factory=Counter)

    def add(self, spec: Spec, seen: Observation, verdict: Verdict, phase: str, pressure: str = "") -> None:
        """Count one judged conversion."""
        self.verdicts[verdict.name] += 1
        if verdict.name == "not run":
            self.reasons[seen.message] += 1
            return
        self._held[verdict.held] += 1
        if not pressure:  # Facts say nothing of how memory is used.
            # A clause by its identity: its contents take long to hash.
            self._seen[(seen.headline, layout_of(spec), *spec.traits, verdict.name, id(verdict.clause))] += 1
        for law, breach in verdict.breaches:
            self._failed[law, "broken"] += 1
            self._find(law, breach, spec, seen, phase, pressure)
        for law, breach in verdict.drifts:
            self._failed[law, "drifted"] += 1
            self._find(law, breach, spec, seen, phase, pressure, drift=True)
        if verdict.deviations:
            self._failed.update((law, "deviated") for _, law, _ in verdict.deviations)
            self.deviated.update({deviation.id for deviation, _, _ in verdict.deviations})

    @property
    def laws(self) -> dict[str, Counter[str]]:
        """Law to how often it "held", was "broken", "deviated" as known, or "drifted"; only laws that applied."""
        laws: dict[str, Counter[str]] = {}
        for held, count in self._held.items():
            for law in held:
                laws.setdefault(law, Counter())["held"] += count
        for (law, how), count in self._failed.items():
            laws.setdefault(law, Counter())[how] += count
        return laws

    @property
    def matrix(self) -> dict[str, dict[str, Counter[str]]]:
        """Axis ("layout", "dtype", ...) to value to how many conversions had which headline ("shares", ...)."""
        matrix: dict[str, dict[str, Counter[str]]] = {}
        axes = ("layout", "dtype", "memory", "container") if self.entry.direction == "in" else ("layout", "dtype", "state")
        for (headline, *values), count in self._seen.items():
            for axis, value in zip(axes, values):
                matrix.setdefault(axis, {}).setdefault(value, Counter())[headline] += count
            if self.entry.device:
                matrix.setdefault("device", {}).setdefault(self.entry.device, Counter())[headline] += count
        return matrix

    @property
    def cells(self) -> dict[str, Any]:
        """What happened in each cell of dtype x layout, and by which clause: see "cells" in the schema of results."""
        clauses = {id(clause): index for index, clause in enumerate(self.entry.promise)}
        counts: Counter[tuple[int, int, int]] = Counter()
        dtypes: dict[str, int] = {}
        layouts: dict[str, int] = {}
        outcomes: dict[tuple[str, str, int, bool], int] = {}
        for (headline, layout, dtype, *place, verdict, clause), count in self._seen.items():
            home = place in (["plain", "ndarray"], ["plain"])
            outcome = (verdict, headline, clauses.get(clause, -1), home)
            where = dtypes.setdefault(dtype, len(dtypes)), layouts.setdefault(layout, len(layouts))
            counts[(*where, outcomes.setdefault(outcome, len(outcomes)))] += count
        return {
            "dtypes": list(dtypes),
            "layouts": list(layouts),
            "outcomes": [dict(zip(("verdict", "headline", "clause", "home"), outcome)) for outcome in outcomes],
            "counts": ",".join(f"{dtype} {layout} {how} {n}" for (dtype, layout, how), n in counts.items()),
        }

    def _find(
        self, law: str, breach: Breach, spec: Spec, seen: Observation, phase: str, pressure: str, drift: bool = False
    ) -> None:
        # What is quoted differs from spec to spec; the kind of breach is what counts.
        message = _NUMBER.sub("", seen.message)[:60]
        kind = {"values": spec.dtype, "shape": "", "strides": "", "acceptance": message}.get(law, breach.expected)
        key = (law, kind, pressure or seen.headline, drift)
        found = self.findings.get(key)
        if found is None:
            self.findings[key] = Finding(self.entry, law, breach, spec, seen, phase, pressure, drift=drift)
            return
        found.count += 1
        if plainness(spec) < plainness(found.spec):
            found.spec, found.seen, found.breach, found.phase = spec, seen, breach, phase


def layout_of(spec: Spec) -> str:
    """The class of a spec's layout, told from its numbers: the first of these that fits."""
    if spec.size == 0:
        return "empty"
    if not spec.shape:
        return "0-d"
    if spec.itemsize and spec.strides == spec.c_strides:
        return "C"
    long = [(n, s) for n, s in zip(spec.shape, spec.strides) if n > 1]
    if any(s < 0 for _, s in long):
        return "negative stride"
    if any(s == 0 for _, s in long):
        return "broadcast"
    if spec.itemsize and any(s % spec.itemsize for s in spec.strides):
        return "partial stride"
    if spec.is_c:
        return "C" if spec.strides == spec.c_strides else "C, odd length-1 axes"
    ordered = sorted(((s, n) for n, s in long))
    step, dense = spec.itemsize, True
    for s, n in ordered:
        dense &= s == step
        if s < step:
            return "overlapping"
        step = s * n
    if dense:
        return "Fortran" if [s for _, s in long] == sorted(s for _, s in long) else "permuted"
    return "holes"
