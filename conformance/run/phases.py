"""The phases of one entry point: known deviations, grid, pressure, search."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import groupby

from ...strategies.spec import Spec
from ..frameworks.registry import extrapolation, known_for
from ..laws.judge import Verdict, judge, pressure_of
from ..promises import EntryPoint
from ..promises.deviations import Deviation
from ..subject.observation import Observation
from . import grid, pressing
from .plan import PROFILES, Plan
from .rationing import rationed
from .search import search, shrink
from .subjects import Subject
from .tally import Tally

#: Seconds that a conversion may take for which a compiler is started.
_BUILT_LIMIT = 180.0
#: How many inputs that are known to kill or to hang are tried on one entry point, by the deviation's severity.
SPARED = {"crash": 1, "hang": 0}
#: Seconds after which what is known to hang is believed to.
HANGS_AFTER = 2.0
#: Findings of one entry point that are shrunk; more are recorded as they were drawn.
SHRUNK_FINDINGS = 8


class Asking:
    """The phases of one entry point."""

    def __init__(self, plan: Plan, entry: EntryPoint, subject: Subject) -> None:
        self._plan, self._entry, self._subject = plan, entry.under(subject.versions), subject
        self._extrapolated = bool(extrapolation(entry.framework, subject.versions))
        self._known = known_for(entry, subject.versions)
        self._phase = "pinned"
        self._met: Counter[str] = Counter()
        self._size, self._examples = PROFILES[plan.profile].share(entry)
        self._limit = _BUILT_LIMIT if entry.pace == "built" else None
        #: What the grid has shown, where the next phase wants to know.
        self._shown: list[tuple[Spec, Observation]] = []
        self.tally = Tally(self._entry)
        if plan.only is not None:
            self._attempt(*plan.only[1:])
            return
        phases = {"pinned": self._pins, "grid": self._grid, "pressure": self._pressure, "search": self._search}
        for phase, go in phases.items():
            if phase in plan.phases:
                self._phase = phase
                go()

    def _pins(self) -> None:
        for deviation in self._known:
            if deviation.shown_by == self._entry.name:
                example = self._ask([deviation.example], pressure_of(deviation), limit_of(deviation))
                self.tally.examples[deviation.id] = example[0]

    def _grid(self) -> None:
        wanted = rationed(self._entry, self._specs(self._size), PROFILES[self._plan.profile].refused)
        asked = [spec for spec in wanted if not self._is_left_out(spec)]
        seen = self._ask(asked)
        if "pressure" in self._plan.phases:
            self._shown = list(zip(asked, seen))
        self._shrink_findings()

    def _pressure(self) -> None:
        if not self._shown:  # The grid was left out of this run: look, without judging, at what it would have shown.
            size = "sample" if self._size == "pairs" else self._size
            specs = [spec for spec in self._specs(size) if not self._is_left_out(spec)]
            self._shown = list(zip(specs, self._subject.observe(self._entry.call, self._entry.maker, specs)))
        large = not self._entry.one_by_one
        for pressure, specs in pressing.chosen(self._shown, self._plan.profile, self._entry.pace, large):
            self._ask([spec for spec in specs if self._deadly(spec, pressure) is None], pressure)

    def _search(self) -> None:
        examples = self._examples if self._plan.examples is None else self._plan.examples
        if examples:
            search(self._attempt, self._entry.maker, self._entry.states, examples)

    def _specs(self, size: str) -> tuple[Spec, ...]:
        return grid.grid(self._entry.maker, self._entry.states, self._plan.seed, size, self._entry.takes_scalars_alone)

    def _ask(self, specs: list[Spec], pressure: str = "", limit: float | None = None) -> list[Observation]:
        """Observe, judge and count."""
        observed = self._subject.observe(self._entry.question, self._entry.maker, specs, pressure, limit=limit or self._limit)
        for spec, seen in zip(specs, observed):
            self._judged(spec, seen, pressure)
        return observed

    def _judged(self, spec: Spec, seen: Observation, pressure: str = "") -> Verdict:
        verdict = judge(self._entry, spec, seen, self._known, pressure, self._extrapolated)
        self.tally.add(spec, seen, verdict, self._phase, pressure)
        return verdict

    def _attempt(self, spec: Spec, pressure: str = "") -> tuple[Verdict, str]:
        if self._is_left_out(spec):
            return Verdict("not run"), "not run"
        seen = self._subject.observe(self._entry.question, self._entry.maker, [spec], pressure)[0]
        return self._judged(spec, seen, pressure), seen.headline

    def _deadly(self, spec: Spec, pressure: str = "") -> Deviation | None:
        """The first recorded deviation by which this spec kills or hangs, as it is or under the pressure, if any does."""
        deadly = (known for known in self._known if known.severity in SPARED and pressure_of(known) in ("", pressure))
        return next((known for known in deadly if known.when(spec)), None)

    def _is_left_out(self, spec: Spec) -> bool:
        return not self._entry.takes(spec) or self._is_spared(spec)

    def _is_spared(self, spec: Spec) -> bool:
        """Whether to leave the spec out: it is known to kill or to hang, and has been seen to often enough.

        Each such costs a fork or the whole time limit, and says nothing new.
        """
        deadly = self._deadly(spec)
        if deadly is None:
            return False
        self._met[deadly.id] += 1
        patient = self._plan.profile == "thorough" and deadly.severity != "hang"
        if patient or self._met[deadly.id] <= SPARED[deadly.severity]:
            return False
        self._judged(spec, Observation("unbuildable", message=f"known to {deadly.severity}, and seen often enough: {deadly.id}"))
        return True

    def _shrink_findings(self) -> None:
        """Hand the grid's findings, the plainest of each law, to Hypothesis."""
        self._phase = "search"
        findings = sorted((f for f in self.tally.findings.values() if f.phase == "grid"), key=lambda finding: finding.law)
        plainest = [(law, next(group).spec) for law, group in groupby(findings, key=lambda finding: finding.law)]
        maker, states = self._entry.maker, self._entry.states
        for law, spec in plainest[:SHRUNK_FINDINGS]:
            choices = partial(grid.choices_of, maker, states, self._plan.seed, self._size, self._entry.takes_scalars_alone, spec)
            shrink(spec, partial(self._breaks, law), maker, states, choices)

    def _breaks(self, law: str, spec: Spec) -> bool:
        return any(law == broken for broken, _ in self._attempt(spec)[0].breaches)


def limit_of(deviation: Deviation) -> float | None:
    """Seconds after which its example counts as hung; None for the usual ones."""
    return HANGS_AFTER if deviation.severity == "hang" else None
