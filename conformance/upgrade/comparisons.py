"""The comparisons of a run: each entry point before and after an upgrade."""

from __future__ import annotations

from ..promises import EntryPoint
from ..run.run import Run
from .find import Comparison, Finder
from .pair import Pair
from .rows import comparison_row, difference_row


class Comparisons:
    """Compares what a run's subjects do with what the interpreter does that the run is against."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._pairs: dict[str, Pair] = {}

    def of(self, entry: EntryPoint) -> Comparison:
        """What differs; raises SubjectError where a side cannot be asked."""
        framework, plan = entry.framework, self._run.plan
        if framework not in self._pairs:
            before = self._run.before(framework)
            with self._run.subject(framework) as after:
                self._pairs[framework] = Pair(before, after)
            self._run.finally_(self._pairs[framework].close)
        size, examples = self._run.share(entry)
        examples = examples if plan.examples is None else plan.examples
        size, examples = size if "grid" in plan.phases else "", examples if "search" in plan.phases else 0
        found = Finder(self._pairs[framework], entry, plan.seed, size, examples).comparison
        self._run.rows += [comparison_row(found), *map(difference_row, found.differences)]
        return found
