"""Entry points: public calls that carry data across, with what they promise."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field, replace
from typing import Literal

from ...strategies.spec import ArraySpec, Spec
from .clauses import Clause
from .conditions import always
from .releases import Versions, hold

#: Laws that judge facts.
FACT_LAWS = (
    *("static", "snapshot", "retrace", "symbolic_refusal", "eager_agreement", "gradient", "numpy_semantics", "size_limit"),
)


#: What symbolic forms are asked about: arrays. Whatever can stand for one is the eager calls' business.
_ARRAYS = ("ndarray", "subclass", "matrix", "masked")


#: Which way a call carries data: arrays to tensors, or tensors to arrays.
Direction = Literal["in", "out"]
#: What one conversion costs: below half a millisecond ("usual"), more ("slow"), 50 ms or more ("slowest"); of symbolic forms
#: 10 ms or more ("symbolic"), 100 ms or more ("compiled"), or seconds, for a compiler is started ("built").
Cost = Literal["usual", "slow", "slowest", "symbolic", "compiled", "built"]
#: By which protocol of Python's libraries the memory goes across, where that matters to what follows.
Protocol = Literal["", "dlpack"]


@dataclass(frozen=True)
class EntryPoint:
    """One public call that carries data across.

    name       as users write it, options in brackets: "torch.asarray[copy=True]"
    call       the very lines that are run, shown and put into reproducers; `a` is an array, `t` a tensor
    framework  whose promise it is
    direction  "in" (arrays to tensors) or "out" (tensors to arrays)
    promise    clauses; of each topic the first that applies decides
    states     tensor states that it is tried on (direction "out")
    facts      (name, expression): what is to be told beside the result, over the names of the call's lines. The name is
               that of the law that judges it, a dot, and which of its facts this is: "static.shape"
    device     the device that it is about, other than the host: "cuda"; it must be there for the call to be tried
    on         where the tensor lies that it is tried on: the host (""), or a device
    needs      packages that the call imports beside its framework
    like       the call of the host that it goes through: known deviations of that one are its own
    cost       what one conversion costs
    protocol   by which the memory goes across
    others     frameworks that the call names beside its own
    one_by_one whether it takes elements one by one, so that megabytes take seconds
    in_programs  whether programs may use it: no call of 10 ms or more is worth their while
    computes   whether it computes beside converting, so that its price says nothing of the conversion
    containers that it is tried on; none: all
    eager      whether it is no symbolic form, although facts are told of it
    releases   that have the call, as requirements: ("torch>=2.9",); none: all that are supported
    """

    name: str
    call: str
    framework: str
    direction: Direction
    promise: tuple[Clause, ...]
    states: tuple[str, ...] = ("plain",)
    facts: tuple[tuple[str, str], ...] = ()
    device: str = ""
    on: str = ""
    needs: tuple[str, ...] = ()
    like: str = ""
    cost: Cost = "usual"
    protocol: Protocol = ""
    others: tuple[str, ...] = ()
    one_by_one: bool = False
    in_programs: bool = True
    computes: bool = False
    containers: tuple[str, ...] = ()
    eager: bool = False
    releases: tuple[str, ...] = ()
    _topics: dict[str, tuple[Clause, ...]] = field(default_factory=dict, repr=False, compare=False)
    _settled: dict[str, Clause | None] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for clause in self.promise:
            self._topics[clause.topic] = (*self._topics.get(clause.topic, ()), clause)
        for topic, clauses in self._topics.items():
            if clauses[0].when is always:
                self._settled[topic] = clauses[0]

    @property
    def has_keywords(self) -> bool:
        """Whether its name shows keywords: "torch.asarray[copy=True]"."""
        return re.search(r"\[\w+=", self.name) is not None

    @property
    def is_form(self) -> bool:
        """Whether it is a symbolic form."""
        return bool(self.facts) and not self.eager

    @property
    def pace(self) -> Cost:
        """What a conversion costs; of a symbolic form never less than one of them does."""
        return "symbolic" if self.facts and self.cost in ("usual", "slow", "slowest") else self.cost

    def clause(self, topic: str, spec: Spec) -> Clause | None:
        """The clause of a topic that decides for this spec, or None where nothing is promised."""
        for clause in self._topics.get(topic, ()):
            if clause.when.test(spec):
                return clause
        return None

    def lacking(self, versions: Versions) -> str:
        """Why a subject of these releases does not have the call; "" where it does."""
        if hold(self.releases, versions):
            return ""
        have = ", ".join(f"{name} {versions[name]}" for name in (self.framework, "numpy") if name in versions)
        return f"needs {', '.join(self.releases)}; here is {have}"

    def under(self, versions: Versions) -> EntryPoint:
        """The entry point as it is promised in a subject of these releases."""
        if not any(clause.releases for clause in self.promise):
            return self
        kept = tuple(clause for clause in self.promise if hold(clause.releases, versions))
        return self if len(kept) == len(self.promise) else replace(self, promise=kept, _topics={}, _settled={})

    def matches(self, pattern: str) -> bool:
        """Whether a glob pattern names it."""
        return _matches(self.name, pattern)

    def is_covered_by(self, pattern: str) -> bool:
        """Whether a glob pattern names it, or the call that it goes through."""
        return _matches(self.name, pattern) or (self.like != "" and _matches(self.like, pattern))

    def promises(self, topic: str) -> bool:
        """Whether some clause is about the topic."""
        return topic in self._topics

    @property
    def takes_scalars_alone(self) -> bool:
        return self.containers == ("scalar",)

    def takes(self, spec: Spec) -> bool:
        """Whether a run asks it about this spec."""
        wanted = self.containers or (_ARRAYS if self.facts else ())
        return not wanted or spec.container in wanted

    def owed(self, spec: Spec) -> Owed:
        """What is owed for this spec."""
        return Owed(self, spec, self._settled)

    @property
    def question(self) -> str:
        """What a subject is asked: the call's lines, and its facts as comments behind them."""
        return "\n".join([self.call, *(f"#fact {name}: {text}" for name, text in self.facts)])

    @property
    def argument(self) -> str:
        """What the lines of the call name their input."""
        return "a" if self.direction == "in" else "t"

    @property
    def function(self) -> list[str]:
        """The call as the lines of a function `convert`: what it names on the way does not outlive it."""
        *body, last = self.call.strip().splitlines()
        return [f"def convert({self.argument}):", *(f"    {line}" for line in body), f"    return {last}"]

    @property
    def maker(self) -> str:
        """Which framework builds the input, and where if not on the host ("torch@cuda:1"): none for arrays."""
        if self.direction == "in":
            return ""
        return f"{self.framework}@{self.on}" if self.on else self.framework


def _matches(name: str, pattern: str) -> bool:
    # Brackets in a name are the entry point's options, not a class of characters.
    return fnmatch.fnmatchcase(name.replace("[", "<"), pattern.replace("[", "<"))


class Owed(dict[str, "Clause | None"]):
    """The clauses that decide for one spec, by topic, each looked up when it is first wanted unless it is settled."""

    __slots__ = ("_entry", "_spec", "direction")

    def __init__(self, entry: EntryPoint, spec: Spec, settled: dict[str, Clause | None]) -> None:
        super().__init__(settled)
        self.direction = entry.direction
        self._entry, self._spec = entry, spec

    def in_container(self, container: str) -> Owed:
        """What is owed when the same elements are handed over in another container."""
        assert isinstance(self._spec, ArraySpec)
        return self._entry.owed(self._spec._replace(container=container))

    def __missing__(self, topic: str) -> Clause | None:
        clause = self[topic] = self._entry.clause(topic, self._spec)
        return clause
