"""From an observation to a verdict: every law asked, known deviations told apart."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from ...strategies.spec import Spec
from ..promises import Clause, EntryPoint
from ..promises.deviations import Deviation
from ..subject.observation import Observation
from . import LAWS
from .law import Breach, Check


@cache
def _checks(pressure: str, ending: str, facts: bool, device: bool) -> list[tuple[str, Check]]:
    """The laws that are asked of a conversion under a pressure ("" for none) that ended so, with facts told or without.

    device  whether the call is about another device than the host
    """
    kinds = ("conversions", *["facts"] * facts, *["devices"] * device)
    if pressure:
        # A source that is refused says nothing more under pressure than it did without.
        asked = [LAWS["survival"], *(law for law in LAWS.values() if law.pressure == pressure and ending == "ok")]
    else:
        asked = [
            law
            for kind in kinds
            for law in LAWS.values()
            if law.evidence == kind and not law.pressure and (ending == "ok" or law.ending == "any")
        ]
    return [(law.id, law.check) for law in asked]


class Verdict(NamedTuple):
    """What the laws say of one conversion.

    name       "conforms", "refuses" (as promised), "violates", "crashes", "hangs", "deviates" or "not run"
    held       ids of the laws that applied and held
    breaches   (law id, breach) of those that were broken, unexplained
    deviations (deviation, law id, breach) of those that were broken as recorded
    clause     of the promise that decided: about memory where the call answered, about refusal where it did not
    """

    name: str
    held: tuple[str, ...] = ()
    breaches: tuple[tuple[str, Breach], ...] = ()
    deviations: tuple[tuple[Deviation, str, Breach], ...] = ()
    clause: Clause | None = None


def judge(entry: EntryPoint, spec: Spec, seen: Observation, known: tuple[Deviation, ...] = (), pressure: str = "") -> Verdict:
    """Ask every law; `known` are the deviations recorded for this entry point and these releases."""
    if seen.outcome == "unbuildable":
        return Verdict("not run")
    held, breaches, deviations = [], [], []
    owed = entry.owed(spec)
    for id, check in _checks(pressure, seen.outcome, bool(seen.facts), bool(entry.device)):
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
    clause = owed["aliasing" if seen.outcome == "ok" else "refuses"]
    return Verdict(name, tuple(held), tuple(breaches), tuple(deviations), clause)


def pressure_of(deviation: Deviation) -> str:
    """Under which a deviation's example shows it: that of the laws it breaks."""
    return LAWS[deviation.laws[0]].pressure
