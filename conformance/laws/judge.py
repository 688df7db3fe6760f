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

    name       "conforms", "refuses" (as promised), "violates", "crashes", "hangs", "deviates", "drifts" or "not run"
    held       ids of the laws that applied and held
    breaches   (law id, breach) of those that were broken, unexplained
    deviations (deviation, law id, breach) of those that were broken as recorded
    drifts     (law id, breach) of those that were broken where only an observation of other releases says otherwise
    clause     of the promise that decided: about memory where the call answered, about refusal where it did not
    """

    name: str
    held: tuple[str, ...] = ()
    breaches: tuple[tuple[str, Breach], ...] = ()
    deviations: tuple[tuple[Deviation, str, Breach], ...] = ()
    drifts: tuple[tuple[str, Breach], ...] = ()
    clause: Clause | None = None


def judge(
    entry: EntryPoint,
    spec: Spec,
    seen: Observation,
    known: tuple[Deviation, ...] = (),
    pressure: str = "",
    extrapolated: bool = False,
) -> Verdict:
    """Ask every law; `known` are the deviations recorded for this entry point and these releases.

    extrapolated  the releases were never measured: what was only observed in others is no promise of these
    """
    if seen.outcome == "unbuildable":
        return Verdict("not run")
    held, breaches, deviations, drifts = [], [], [], []
    owed = entry.owed(spec)
    for id, check in _checks(pressure, seen.outcome, bool(seen.facts), bool(entry.device)):
        answer = check(owed, spec, seen)
        if answer is True:
            held.append(id)
        elif answer:
            covering = next((d for d in known if d.explains(id, spec, answer.observed)), None)
            if covering is not None:
                deviations.append((covering, id, answer))
            elif extrapolated and _is_observed(owed[answer.topic or LAWS[id].topic]):
                drifts.append((id, answer))
            else:
                breaches.append((id, answer))
    if breaches:
        name = {"crashed": "crashes", "hung": "hangs"}.get(seen.outcome, "violates")
    elif deviations:
        name = "deviates"
    elif drifts:
        name = "drifts"
    else:
        name = "refuses" if seen.outcome == "raised" else "conforms"
    clause = owed["aliasing" if seen.outcome == "ok" else "refuses"]
    return Verdict(name, tuple(held), tuple(breaches), tuple(deviations), tuple(drifts), clause)


def _is_observed(clause: Clause | None) -> bool:
    """Whether what was broken is a clause that nothing documents."""
    return clause is not None and not clause.source.url


def pressure_of(deviation: Deviation) -> str:
    """Under which a deviation's example shows it: that of the laws it breaks."""
    return LAWS[deviation.laws[0]].pressure
