"""The differences of one entry point: the grid on both sides, then a search, each difference shrunk and set aside."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ...reports.changes import Change, Outcome, changes, is_gone
from ...strategies.spec import Spec
from ..promises import EntryPoint
from ..run import grid
from ..run.search import find_by, shrink
from ..run.tally import plainness
from .extent import Extent, extent
from .pair import Pair

#: Seconds that the shrinking of one difference may take.
SHRINK_SECONDS = 2.0
#: Differences of one kind of change that are told apart by their conditions, and those that a search looks for.
CONDITIONS, FOUND = 4, 10
#: Seconds that a pair may spend on shrinking for each entry point compared so far; what is over is reported as it was met.
ALLOWANCE = 1.0


@dataclass
class Difference:
    """One way in which an entry point behaves differently, by the plainest input that shows it.

    where   the inputs on which it shows, in words
    count   on how many of the grid's inputs it showed, or 1 where only the search met it
    shrunk  whether Hypothesis shrank the input
    """

    entry: EntryPoint
    change: Change
    spec: Spec
    before: Outcome
    after: Outcome
    where: str
    phase: str
    count: int = 1
    shrunk: bool = True


@dataclass
class Comparison:
    """All that was compared of one entry point.

    compared      inputs that ran on both sides
    differing     those on which the sides differ
    not_compared  inputs that did not run on one side, or not the same twice
    """

    entry: EntryPoint
    compared: int = 0
    differing: int = 0
    not_compared: int = 0
    unsteady: int = 0
    differences: list[Difference] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class _Seen:
    """A change met on a spec."""

    change: Change
    spec: Spec
    before: Outcome
    after: Outcome


class Finder:
    """Compares one entry point on a pair of subjects.

    size      of the grid: "pairs", "sample", "full", or "" for none
    examples  drawn by the search in all
    """

    def __init__(self, pair: Pair, entry: EntryPoint, seed: int, size: str, examples: int) -> None:
        self._pair, self._entry, self._seed, self._size = pair, entry, seed, size
        self._aside: list[tuple[tuple[str, ...], Extent]] = []
        self.comparison = Comparison(entry)
        started, unsteady = time.monotonic(), pair.unsteady
        pair.allowance += ALLOWANCE
        whole = self._grid() if size else False
        if examples and not whole:
            self._search(examples)
        self.comparison.unsteady = pair.unsteady - unsteady
        self.comparison.seconds = time.monotonic() - started

    def _ask(self, specs: list[Any]) -> list[tuple[Any, Outcome, Outcome]]:
        answers = self._pair.ask(self._entry, specs)
        self.comparison.compared += sum(bool(before.ending and after.ending) for before, after in answers)
        self.comparison.not_compared += sum(not (before.ending and after.ending) for before, after in answers)
        return [(spec, *answer) for spec, answer in zip(specs, answers)]

    def _grid(self) -> bool:
        """Compare the grid; whether the whole call came or went, so that nothing is left to search."""
        entry = self._entry
        specs = grid.grid(entry.maker, entry.states, self._seed, self._size, entry.takes_scalars_alone)
        answers = self._ask([spec for spec in specs if entry.takes(spec)])
        ran = [(spec, before, after) for spec, before, after in answers if before.ending and after.ending]
        gone = [is_gone([answer[side] for answer in ran]) for side in (1, 2)]
        if gone[0] != gone[1]:
            self._came_or_went(ran, came=gone[0])
            return True
        seen: dict[tuple[str, ...], list[_Seen]] = {}
        for spec, before, after in ran:
            found = changes(before, after)
            self.comparison.differing += bool(found)
            for change in found:
                seen.setdefault(change.key, []).append(_Seen(change, spec, before, after))
        for key, met in sorted(seen.items(), key=lambda group: -len(group[1])):
            self._tell_apart(key, sorted(met, key=lambda one: plainness(one.spec)))
        return False

    def _came_or_went(self, ran: list[Any], came: bool) -> None:
        answering = [one for one in ran if one[2 if came else 1].ending == "answers"] or ran
        spec, before, after = min(answering, key=lambda one: plainness(one[0]))
        change = Change("call", "added" if came else "removed", "different", before.ending, after.ending)
        self.comparison.differing += len(ran)
        self._add(_Seen(change, spec, before, after), "any input", "grid", len(ran), False)

    def _tell_apart(self, key: tuple[str, ...], met: list[_Seen]) -> None:
        """Shrink the plainest of a kind of change, set aside all that its condition explains, and go on with the rest."""
        if met[0].change.kind == "message only":  # One line says it all.
            self._add(met[0], "any input", "grid", len(met), False)
            return
        for _ in range(CONDITIONS):
            if not met:
                return
            best, shrunk = self._shrunk(key, met[0])
            where = self._set_aside(best)
            explained = [one for one in met if one is met[0] or where.covers(one.spec)]
            self._add(best, where.text, "grid", len(explained), shrunk)
            met = [one for one in met if one not in explained]
        if met:  # Too many conditions to tell apart: the rest is one difference.
            self._add(met[0], "other inputs", "grid", len(met), False)
            self._aside.append((key, Extent({})))

    def _shrunk(self, key: tuple[str, ...], first: _Seen) -> tuple[_Seen, bool]:
        """The plainest spec that shows the change, and whether it was shrunk."""
        look = self._look(key)
        for spec in self._pair.plainest:  # What another entry point stumbled over is as plain as it gets.
            if plainness(spec) <= plainness(first.spec) and not self._known(first.change, spec) and (seen := look(spec)):
                return self._confirmed(seen, first)
        if self._pair.allowance <= 0:
            return first, False
        entry = self._entry
        watch = _Watch(look, SHRINK_SECONDS)
        started = time.monotonic()
        drawn = entry.maker, entry.states, self._seed, self._size, entry.takes_scalars_alone
        shrink(first.spec, watch, entry.maker, entry.states, lambda: _choices(*drawn)[first.spec])
        self._pair.allowance -= time.monotonic() - started
        best, shrunk = (first, False) if watch.best is None else self._confirmed(watch.best, first)
        if shrunk:
            self._pair.plainest.append(best.spec)
        return best, shrunk

    def _confirmed(self, best: _Seen, first: _Seen) -> tuple[_Seen, bool]:
        ((before, after),) = self._pair.ask(self._entry, [best.spec])
        held = any(change.key == best.change.key for change in changes(before, after))
        return (best, True) if held else (first, False)

    def _set_aside(self, best: _Seen) -> Extent:
        key = best.change.key
        where = extent(self._pair, self._entry, best.spec, lambda b, a: any(c.key == key for c in changes(b, a)))
        self._aside.append((key, where))
        return where

    def _look(self, key: tuple[str, ...] | None) -> Callable[[Any], _Seen | None]:
        """Looks at a spec for the change with this key, or (None) for any that has not been set aside."""

        def look(spec: Spec) -> _Seen | None:
            if not self._entry.takes(spec):
                return None
            ((before, after),) = self._pair.ask_once(self._entry, [spec])
            for change in changes(before, after):
                if change.key == key if key else not self._known(change, spec):
                    return _Seen(change, spec, before, after)
            return None

        return look

    def _known(self, change: Change, spec: Spec) -> bool:
        return change.kind == "message only" or any(key == change.key and where.covers(spec) for key, where in self._aside)

    def _search(self, examples: int) -> None:
        """Draw until nothing new comes: each find is shrunk and set aside, and the search goes on."""
        for turn in range(examples):
            hunt = _Hunt(self._look, SHRINK_SECONDS)
            find_by(hunt, self._entry.maker, self._entry.states, examples, f"{self._entry.name} {self._seed} {turn}")
            examples -= hunt.drawn
            if hunt.best is None:
                return
            best, confirmed = self._confirmed(hunt.best, hunt.best)
            where = self._set_aside(best)
            if confirmed:
                self.comparison.differing += 1
                self._add(best, where.text, "search", 1, True)
            if examples <= 0 or turn >= FOUND:
                return

    def _add(self, seen: _Seen, where: str, phase: str, count: int, shrunk: bool) -> None:
        """Keep a difference; what differs alike under the same condition is one."""
        for known in self.comparison.differences:
            if (known.change.key, known.where) == (seen.change.key, where):
                known.count += count
                return
        found = Difference(self._entry, seen.change, seen.spec, seen.before, seen.after, where, phase, count, shrunk)
        narrower = [
            known
            for known in self.comparison.differences
            if known.change.key == found.change.key and known.where.startswith(f"{where}; ")
        ]
        for known in narrower:  # A part of what shows more widely.
            found.count += known.count
            self.comparison.differences.remove(known)
        self.comparison.differences.append(found)


@lru_cache(maxsize=4)
def _choices(maker: str, states: tuple[str, ...], seed: int, size: str, scalars: bool) -> dict[Spec, list[tuple[int, int]]]:
    """The choices by which the grid drew each of its specs."""
    return dict(grid.drawn(maker, states, seed, size, scalars))


class _Watch:
    """A predicate for Hypothesis that keeps the plainest spec it held for, and ends the shrinking when time is up."""

    def __init__(self, look: Callable[[Any], _Seen | None], seconds: float) -> None:
        self._look, self._seconds = look, seconds
        self._deadline: float | None = None
        self.best: _Seen | None = None

    def __call__(self, spec: Spec) -> bool:
        if self._deadline is not None and time.monotonic() > self._deadline:
            return False
        seen = self._look(spec)
        if seen is None:
            return False
        if self._deadline is None:
            self._deadline = time.monotonic() + self._seconds
        self.best = seen  # Hypothesis only ever keeps what is simpler.
        return True


class _Hunt(_Watch):
    """The same for a change that is not known yet: the first one met is the one that is shrunk.

    drawn  specs tried before it was met
    """

    def __init__(self, look_for: Callable[[tuple[str, ...] | None], Callable[[Any], _Seen | None]], seconds: float) -> None:
        super().__init__(look_for(None), seconds)
        self._look_for = look_for
        self.drawn = 0

    def __call__(self, spec: Spec) -> bool:
        if self.best is None:
            self.drawn += 1
        held = super().__call__(spec)
        if held and self.best is not None:
            self._look = self._look_for(self.best.change.key)
        return held
