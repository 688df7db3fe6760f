"""Tallies: what a run found out about one entry point, counted as it goes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from conformance.judge import Verdict
from conformance.laws import Breach
from conformance.observation import Observation
from conformance.promises import EntryPoint
from strategies.spec import Spec


@dataclass
class Finding:
    """One way in which one law was broken, by its plainest spec; `count` says how often it was seen."""

    entry: EntryPoint
    law: str
    breach: Breach
    spec: Spec
    seen: Observation
    phase: str
    count: int = 1

    @property
    def id(self) -> str:
        """The replay id: a digest of the entry point and the spec."""
        return replay_id(self.entry.name, self.spec)


def replay_id(entry: str, spec: Spec) -> str:
    """A short name for one question: this entry point, that spec."""
    text = json.dumps([entry, spec.to_json()], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()


def plainness(spec: Any) -> tuple[int, ...]:
    """Smaller is plainer: by what makes a reproducer short."""
    marks = (
        (spec.address != 0)
        + (not spec.is_c)
        + (getattr(spec, "memory", "plain") != "plain")
        + (getattr(spec, "container", "ndarray") != "ndarray")
    )
    return (len(spec.shape) > 4, marks, spec.size, len(spec.shape), spec.seed != 0, len(spec.planted), spec.nbytes)


@dataclass
class Tally:
    """All that was seen of one entry point.

    laws      law id to Counter of "held", "broken", "deviated"
    verdicts  verdict name to number of conversions
    matrix    (axis, value) to Counter of headlines: "shares", "copies", "raised TypeError", ...
    findings  the plainest of each distinct breach
    deviated  deviation id to number of conversions
    reasons   why specs could not be built, with counts
    """

    entry: EntryPoint
    laws: dict[str, Counter[str]] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    matrix: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    findings: dict[tuple[str, str, str], Finding] = field(default_factory=dict)
    deviated: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, spec: Any, seen: Observation, verdict: Verdict, phase: str) -> None:
        """Count one judged conversion."""
        self.verdicts[verdict.name] += 1
        if verdict.name == "not run":
            self.reasons[seen.message] += 1
            return
        for law in verdict.held:
            self._law(law)["held"] += 1
        headline = seen.headline
        for axis in ("dtype", "memory", "container", "state"):
            value = getattr(spec, axis, None)
            if value is not None:
                self._cell(axis, value)[headline] += 1
        self._cell("layout", layout_of(spec))[headline] += 1
        for law, breach in verdict.breaches:
            self._law(law)["broken"] += 1
            self._find(law, breach, spec, seen, phase)
        for deviation, law, _ in verdict.deviations:
            self._law(law)["deviated"] += 1
            self.deviated[deviation.id] += 1

    def _law(self, law: str) -> Counter[str]:
        return self.laws.setdefault(law, Counter())

    def _cell(self, axis: str, value: str) -> Counter[str]:
        return self.matrix.setdefault((axis, value), Counter())

    def _find(self, law: str, breach: Breach, spec: Spec, seen: Observation, phase: str) -> None:
        # What is quoted differs from spec to spec; the kind of breach is what counts.
        kind = {"values": spec.dtype, "shape": "", "strides": "", "acceptance": seen.message[:60]}.get(law, breach.expected)
        key = (law, kind, seen.headline)
        found = self.findings.get(key)
        if found is None:
            self.findings[key] = Finding(self.entry, law, breach, spec, seen, phase)
            return
        found.count += 1
        if plainness(spec) < plainness(found.spec):
            found.spec, found.seen, found.breach, found.phase = spec, seen, breach, phase


def layout_of(spec: Any) -> str:
    """The class of a spec's layout, told from its numbers: the first of these that fits."""
    if spec.size == 0:
        return "empty"
    if not spec.shape:
        return "0-d"
    long = [(n, s) for n, s in zip(spec.shape, spec.strides) if n > 1]
    if any(s < 0 for _, s in long):
        return "negative stride"
    if any(s == 0 for _, s in long):
        return "broadcast"
    if spec.itemsize and any(s % spec.itemsize for s in spec.strides):
        return "partial stride"
    if spec.is_c:
        return "C" if all(s == c for s, c in zip(spec.strides, spec.c_strides)) else "C, odd length-1 axes"
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
