"""From an observation to a verdict: every law asked, known deviations told apart."""

from __future__ import annotations

from typing import Any, NamedTuple

from conformance.deviations import Deviation
from conformance.laws import ON_ENDINGS, ON_FACTS, ON_RESULTS, Breach
from conformance.observation import Observation
from conformance.promises import EntryPoint

_ANY_ENDING = [(law.id, law.check) for law in ON_ENDINGS.values()]
_ALL = _ANY_ENDING + [(law.id, law.check) for law in ON_RESULTS.values()]
_ANY_FACTS = [(law.id, law.check) for law in ON_FACTS.values()]


class Verdict(NamedTuple):
    """What the laws say of one conversion.

    name       "conforms", "refuses" (as promised), "violates", "crashes", "hangs", "deviates" or "not run"
    held       ids of the laws that applied and held
    breaches   (law id, breach) of those that were broken, unexplained
    deviations (deviation, law id, breach) of those that were broken as recorded
    """

    name: str
    held: tuple[str, ...] = ()
    breaches: tuple[tuple[str, Breach], ...] = ()
    deviations: tuple[tuple[Deviation, str, Breach], ...] = ()


def judge(entry: EntryPoint, spec: Any, seen: Observation, known: tuple[Deviation, ...] = ()) -> Verdict:
    """Ask every law; `known` are the deviations recorded for this entry point and these releases."""
    if seen.outcome == "unbuildable":
        return Verdict("not run")
    held, breaches, deviations = [], [], []
    owed = entry.owed(spec)
    checks = _ALL if seen.outcome == "ok" else _ANY_ENDING
    for id, check in checks + _ANY_FACTS if seen.facts else checks:
        answer = check(owed, spec, seen)
        if answer is True:
            held.append(id)
        elif answer:
            covering = next((d for d in known if id in d.laws and d.when.test(spec)), None)
            if covering is None:
                breaches.append((id, answer))
            else:
                deviations.append((covering, id, answer))
    if breaches:
        name = {"crashed": "crashes", "hung": "hangs"}.get(seen.outcome, "violates")
    elif deviations:
        name = "deviates"
    else:
        name = "refuses" if seen.outcome == "raised" else "conforms"
    return Verdict(name, tuple(held), tuple(breaches), tuple(deviations))
