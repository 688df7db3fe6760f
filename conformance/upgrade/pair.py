"""Pairs: two subjects, asked the same at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ...reports.changes import Outcome, changes
from ..promises import EntryPoint
from ..run.subjects import Subject
from .outcome import summarise

#: How often a difference is asked for again before it is believed.
REPEATS = 2
#: Deaths on one side after which the rest of a batch is left out: each costs a fork, or the whole time limit.
PATIENCE = 200
#: Seconds after which a conversion counts as hung at first. Where that makes a difference it is given all its time.
HASTE = 2.0
_UNSTEADY = "unsteady"


class Pair:
    """The subjects before and after an upgrade.

    unsteady   how many conversions did not answer twice the same, on either side
    allowance  seconds that may still be spent on shrinking
    plainest   inputs on which entry points were found to differ, shrunk: worth trying on the next
    """

    def __init__(self, before: Subject, after: Subject) -> None:
        self.before, self.after = before, after
        self.unsteady = 0
        self.allowance = 10.0
        self.plainest: list[Any] = []
        self._threads = ThreadPoolExecutor(2, "pair")

    def ask(self, entry: EntryPoint, specs: Sequence[Any]) -> list[tuple[Outcome, Outcome]]:
        """Both outcomes of each spec. What differs has been asked again, and is the same each time."""
        answers = self.ask_once(entry, specs)
        differing = [n for n, (before, after) in enumerate(answers) if changes(before, after)]
        for _ in range(REPEATS if differing else 0):
            # Backwards: what depends on what was asked before is not the spec's doing.
            again = self._ask(entry, [specs[n] for n in reversed(differing)])
            for n, (before, after) in zip(reversed(differing), again):
                answers[n] = self._steady(answers[n], (before, after))
        return answers

    def ask_once(self, entry: EntryPoint, specs: Sequence[Any]) -> list[tuple[Outcome, Outcome]]:
        """The same, believed at once."""
        return self._ask(entry, specs, HASTE)

    def _ask(self, entry: EntryPoint, specs: Sequence[Any], limit: float | None = None) -> list[tuple[Outcome, Outcome]]:
        def one(subject: Subject) -> list[Outcome]:
            seen = subject.observe(entry.question, entry.maker, list(specs), patience=PATIENCE, limit=limit)
            promised = entry.under(subject.versions)
            return [summarise(promised, spec, each) for spec, each in zip(specs, seen)]

        before, after = self._threads.map(one, (self.before, self.after))
        return list(zip(before, after))

    def _steady(self, first: tuple[Outcome, Outcome], second: tuple[Outcome, Outcome]) -> tuple[Outcome, Outcome]:
        """The pair without the fields in which a side contradicts itself."""
        if first == second:
            return first
        self.unsteady += 1
        if any(a.ending != b.ending for a, b in zip(first, second)):
            return Outcome(), Outcome()
        shaky = {name for a, b in zip(first, second) for name in Outcome._fields if getattr(a, name) != getattr(b, name)}
        blank = dict.fromkeys(shaky, _UNSTEADY)
        return first[0]._replace(**blank), first[1]._replace(**blank)

    def close(self) -> None:
        """End the threads; the subjects are their owner's."""
        self._threads.shutdown()
