"""What a law is: a MUST sentence with the check that can tell, and all that the suite needs to know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ..promises import EntryPoint, Owed
from ..subject.observation import Observation


class Breach(NamedTuple):
    """How a law was broken: what was owed and what was seen, each in a few words; `topic` of the clause, if not the law's."""

    expected: str
    observed: str
    topic: str = ""


#: What a check answers: None where the law does not apply, True where it holds, else how it was broken.
Answer = Breach | bool | None
Check = Callable[[Owed, Any, Observation], Answer]
#: What laws are about, by which tests are named.
Family = Literal["refusal", "roundtrip", "dtype", "aliasing", "symbolic", "lifetime", "pressure", "devices"]
#: How bad it is when a law is broken, the worst first; crashes and hangs are told from how a conversion ended.
Severity = Literal["wrong data", "memory", "manners"]
#: Of which evidence a law speaks: of any conversion, of the facts of symbolic forms, or of calls about devices.
Evidence = Literal["conversions", "facts", "devices"]


@dataclass(frozen=True)
class Law:
    """A law.

    id         by which results, deviations and reports name it
    family     what it is about
    must       the sentence
    source     where it comes from
    check      (what is owed, spec, observation) to an Answer
    evidence   of which it speaks
    ending     whether it speaks of any "ending", or of conversions that "answer" alone
    pressure   under which its evidence is gathered; none: in a single conversion
    shown      with a pressure: the lines of a reproducer that follow the input's, as string.Template: `convert` is the call,
               $source its argument, $owner the name of the memory beneath, $every both, $setting the lines that enter the
               setting that a breach names, $form those that convert the same in the form that it names, $state an expression
               for what of the process it names, $used one for the device's allocated bytes
    topic      of the clause that it judges
    needs      whether it judges only what such a clause promises
    direction  of the calls to which it applies; "": of any
    severity   how bad it is when it is broken
    """

    id: str
    family: Family
    must: str
    source: str
    check: Check
    evidence: Evidence = "conversions"
    ending: Literal["any", "answers"] = "answers"
    pressure: str = ""
    shown: tuple[str, ...] = ()
    topic: str = ""
    needs: bool = False
    direction: Literal["", "in", "out"] = ""
    severity: Severity = "manners"

    def applies_to(self, entry: EntryPoint) -> bool:
        """Whether the law can apply to an entry point at all."""
        if self.evidence == "facts":
            return any(name.partition(".")[0] == self.id for name, _ in entry.facts)
        if self.evidence == "devices" and not self.needs:
            return bool(entry.device)
        return self.direction in ("", entry.direction) and (not self.needs or entry.promises(self.topic))


def law(registry: dict[str, Law], family: Family, source: str, **fields: Any) -> Callable[[Check], Check]:
    """Make a law of a check and register it: its name is the id, its docstring the sentence."""

    def made(check: Check) -> Check:
        id = check.__name__.strip("_")
        sentence = " ".join((check.__doc__ or "").split())
        registry[id] = Law(id, family, sentence, source, check, **{"topic": id, **fields})
        return check

    return made
