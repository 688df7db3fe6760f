"""From an observation to a verdict: every law asked, known deviations told apart."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from conformance.deviations import Deviation
from conformance.law import Breach, Check
from conformance.laws import LAWS, ON_ENDINGS, ON_RESULTS
from conformance.laws_of_devices import ON_DEVICE_ENDINGS, ON_DEVICE_RESULTS
from conformance.laws_of_symbols import ON_FACTS
from conformance.observation import Observation
from conformance.promises import Clause, EntryPoint

_ANY_ENDING = [(law.id, law.check) for law in ON_ENDINGS.values()]
_ALL = _ANY_ENDING + [(law.id, law.check) for law in ON_RESULTS.values()]
_ANY_FACTS = [(law.id, law.check) for law in ON_FACTS.values()]
_ANY_DEVICE_ENDING = [(law.id, law.check) for law in ON_DEVICE_ENDINGS.values()]
_ALL_OF_DEVICES = _ANY_DEVICE_ENDING + [(law.id, law.check) for law in ON_DEVICE_RESULTS.values()]
_SURVIVAL = _ANY_ENDING[:1]


@cache
def _checks(pressure: str, ending: str, facts: bool, device: bool) -> list[tuple[str, Check]]:
    """The laws that are asked of a conversion under a pressure ("" for none) that ended so, with facts told or without.

    device  whether the call is about another device than the host
    """
    if not pressure:
        checks = (_ALL if ending == "ok" else _ANY_ENDING) + (_ANY_FACTS if facts else [])
        return checks + ((_ALL_OF_DEVICES if ending == "ok" else _ANY_DEVICE_ENDING) if device else [])
    # A source that is refused says nothing more under pressure than it did without.
    return [*_SURVIVAL, *((law.id, law.check) for law in LAWS.values() if law.pressure == pressure and ending == "ok")]


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


def judge(entry: EntryPoint, spec: Any, seen: Observation, known: tuple[Deviation, ...] = (), pressure: str = "") -> Verdict:
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
