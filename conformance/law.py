"""What a law is: a MUST sentence with the check that can tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from conformance.observation import Observation
from conformance.promises import Owed


class Breach(NamedTuple):
    """How a law was broken: what was owed and what was seen, each in a few words; `topic` of the clause, if not the law's."""

    expected: str
    observed: str
    topic: str = ""


#: What a check answers: None where the law does not apply, True where it holds, else how it was broken.
Answer = Breach | bool | None
Check = Callable[[Owed, Any, Observation], Answer]


@dataclass(frozen=True)
class Law:
    """A law.

    id      by which results, deviations and reports name it
    module  the conformance module that asserts it
    must    the sentence
    source  where it comes from
    check   (what is owed, spec, observation) to an Answer
    pressure  under which its evidence is gathered; none: in a single conversion
    """

    id: str
    module: str
    must: str
    source: str
    check: Check
    pressure: str = ""


def register(laws: dict[str, Law], module: str, source: str, pressure: str = "") -> Callable[[Check], Check]:
    """Make a law of a check: its name is the id, its docstring the sentence."""

    def law(check: Check) -> Check:
        id = check.__name__.strip("_")
        laws[id] = Law(id, module, " ".join((check.__doc__ or "").split()), source, check, pressure)
        return check

    return law
