"""What an entry point owes: clauses, each with its condition and its source."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from conformance.conditions import Condition, always


class Source(NamedTuple):
    """Where a clause comes from: `url` of the documentation, or, where nothing is written, the releases it was seen in."""

    url: str = ""
    quote: str = ""
    observed: str = ""

    @property
    def text(self) -> str:
        return f"documented: {self.url}" if self.url else f"observed in {self.observed}"


def documented(url: str, quote: str = "") -> Source:
    """A promise that the documentation makes, in its words."""
    return Source(url=url, quote=quote)


def observed(releases: str) -> Source:
    """A behaviour that nothing documents; `releases` names those in which it was seen, as "torch 2.13"."""
    return Source(observed=releases)


class Clause(NamedTuple):
    """One thing that is owed.

    topic   "refuses", "type", "dtype", "aliasing", "warns", "writable", "flags", "values", "shape", "strides", "device",
            "device_refusal", "settled", "ordered", or the name of a fact
    value   what is owed; see the functions below
    when    the inputs to which it applies; the first clause of a topic that applies decides
    source  where it is written, or was seen
    """

    topic: str
    value: Any
    when: Condition
    source: Source

    @property
    def text(self) -> str:
        """The clause as a sentence for people."""
        value = self.value if isinstance(self.value, str) else repr(self.value)
        if callable(self.value):  # Its address would differ from run to run.
            value = self.value.__doc__ or "as the input decides"
        if isinstance(self.value, tuple) and self.value[:1] == ("raised",):
            value = f"raises {' or '.join(self.value[1:])}"
        if self.topic == "type":
            value = " or ".join(self.value) or "any"
        if self.topic == "flags":
            value = " and ".join(self.value) or "none"
        if self.topic == "warns":
            value = self.value or "nothing"
        if self.topic == "refuses":
            value = (
                f"{'must' if self.value.must else 'may'} raise {' or '.join(self.value.types)}" if self.value.types else "accepts"
            )
        return f"{self.topic}: {value}" + ("" if self.when is always else f" when {self.when.text}")


class Refusal(NamedTuple):
    """An exception that is owed (`must`) or allowed; no types means that the input must be accepted."""

    types: tuple[str, ...]
    must: bool


def refuses(*types: str, when: Condition, source: Source) -> Clause:
    """The call must raise one of these exception types (or a subclass)."""
    return Clause("refuses", Refusal(types, True), when, source)


def may_refuse(*types: str, when: Condition = always, source: Source) -> Clause:
    """The call may raise one of these exception types; if it answers, the answer is held to all other clauses."""
    return Clause("refuses", Refusal(types, False), when, source)


def accepts(when: Condition = always, *, source: Source) -> Clause:
    """The call must answer."""
    return Clause("refuses", Refusal((), False), when, source)


def dtype(value: str | Callable[[Any], str | None], when: Condition = always, *, source: Source) -> Clause:
    """The result's dtype: a name, or a function of the spec that gives one (None: not promised)."""
    return Clause("dtype", value, when, source)


def shares(when: Condition = always, *, source: Source) -> Clause:
    """The result uses the source's memory."""
    return Clause("aliasing", "shares", when, source)


def copies(when: Condition = always, *, source: Source) -> Clause:
    """The result has memory of its own."""
    return Clause("aliasing", "copies", when, source)


def may_share(when: Condition = always, *, source: Source) -> Clause:
    """The result shares or copies, as it likes; but all of it, and always one of the two."""
    return Clause("aliasing", "may share", when, source)


def warns(category: str, when: Condition, source: Source) -> Clause:
    """The call gives a warning of this category, every time. An empty category promises silence."""
    return Clause("warns", category, when, source)


def writable(value: bool, when: Condition = always, *, source: Source) -> Clause:
    """Whether the result lets itself be written."""
    return Clause("writable", value, when, source)


def values(value: str | Callable[[Any], bytes], when: Condition = always, *, source: Source) -> Clause:
    """How values cross: "bits" (the default), "astype" (as NumPy's astype to the result's dtype), "unspecified", or a
    function of the spec that gives the bytes owed."""
    return Clause("values", value, when, source)


def type_(*names: str, when: Condition = always, source: Source) -> Clause:
    """The result's type, qualified, or one of several; "numpy." is any type of that module, no name is any type at all."""
    return Clause("type", names, when, source)


def shape(value: Callable[[Any], tuple[int, ...] | None], when: Condition = always, *, source: Source) -> Clause:
    """The result's shape as a function of the spec, where it is not the source's (None: not promised)."""
    return Clause("shape", value, when, source)


def flags(*names: str, when: Condition = always, source: Source) -> Clause:
    """The marks on the result, all of them: "requires_grad", "non_leaf", "conj", "neg"."""
    return Clause("flags", names, when, source)


def immutable(*, when: Condition = always, source: Source) -> Clause:
    """The source can never be changed through the result."""
    return Clause("immutable", True, when, source)


def settings(*names: str, when: Condition = always, source: Source) -> Clause:
    """Settings of the framework (see `settings` of its subject module) that may change the answer; no others may."""
    return Clause("settings", names, when, source)


def forms(*names: str, when: Condition = always, source: Source) -> Clause:
    """Forms of an array (see `subject.pressures.FORMS`) whose answer may differ from the ndarray's; no others may."""
    return Clause("agreement", names, when, source)


def fact(name: str, value: Any, when: Condition = always, *, source: Source) -> Clause:
    """What the fact of this name owes: plain data, or a function of the spec that gives it (None: not promised)."""
    return Clause(name, value, when, source)


def device(value: str, when: Condition = always, *, source: Source) -> Clause:
    """Where the result is: "cpu", or a device with its number, "cuda:0"; "" where that is not promised."""
    return Clause("device", value, when, source)


def device_refusal(value: str, when: Condition = always, *, source: Source) -> Clause:
    """The words in which a refusal names the device; of refusals with the same source."""
    return Clause("device_refusal", value, when, source)


def settled(when: Condition = always, *, source: Source) -> Clause:
    """The copy, which does not block, is waited for: the result holds what the source held when it was asked for."""
    return Clause("settled", "waited for", when, source)


def ordered(when: Condition = always, *, source: Source) -> Clause:
    """The result is made on another stream than the source was written on, and holds all of it."""
    return Clause("ordered", "all that was written", when, source)


def raises(*types: str) -> tuple[str, ...]:
    """The value of a fact whose expression must raise one of these exception types (or a subclass)."""
    return "raised", *types


#: Laws that judge only what a clause of this topic promises.
_NEEDED_TOPICS = {
    **dict.fromkeys(("memory", "follows", "leads", "twins", "independence"), "aliasing"),
    "type": "type",
    "dtype": "dtype",
    "flags": "flags",
    "immutability": "immutable",
    "writable": "writable",
    **dict.fromkeys(("warnings", "first_warning"), "warns"),
    **{law: law for law in ("device", "device_refusal", "settled", "ordered")},
}


#: Laws that judge facts.
FACT_LAWS = (
    *("static", "snapshot", "retrace", "symbolic_refusal", "eager_agreement", "gradient", "numpy_semantics", "size_limit"),
)


#: What symbolic forms are asked about: arrays. Whatever can stand for one is the eager calls' business.
_ARRAYS = ("ndarray", "subclass", "matrix", "masked")


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
    """

    name: str
    call: str
    framework: str
    direction: str
    promise: tuple[Clause, ...]
    states: tuple[str, ...] = ("plain",)
    facts: tuple[tuple[str, str], ...] = ()
    device: str = ""
    on: str = ""
    needs: tuple[str, ...] = ()
    like: str = ""
    _topics: dict[str, tuple[Clause, ...]] = field(default_factory=dict, repr=False, compare=False)
    _settled: dict[str, Clause | None] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for clause in self.promise:
            self._topics[clause.topic] = (*self._topics.get(clause.topic, ()), clause)
        for topic, clauses in self._topics.items():
            if clauses[0].when is always:
                self._settled[topic] = clauses[0]

    def clause(self, topic: str, spec: Any) -> Clause | None:
        """The clause of a topic that decides for this spec, or None where nothing is promised."""
        for clause in self._topics.get(topic, ()):
            if clause.when.test(spec):
                return clause
        return None

    def matches(self, pattern: str) -> bool:
        """Whether a glob pattern names it."""
        return _matches(self.name, pattern)

    def is_covered_by(self, pattern: str) -> bool:
        """Whether a glob pattern names it, or the call that it goes through."""
        return _matches(self.name, pattern) or (self.like != "" and _matches(self.like, pattern))

    def owes(self, law: str) -> bool:
        """Whether the law can apply at all: some need a clause of their topic."""
        if law in ("readonly", "agreement", "capsules"):
            return self.direction == "in"
        if law == "device_leaks":
            return bool(self.device)
        if law in FACT_LAWS:
            return any(name.partition(".")[0] == law for name, _ in self.facts)
        topic = _NEEDED_TOPICS.get(law)
        return topic is None or topic in self._topics

    def takes(self, spec: Any) -> bool:
        """Whether a run asks it about this spec."""
        return not self.facts or spec.container in _ARRAYS

    def owed(self, spec: Any) -> Owed:
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

    def __init__(self, entry: EntryPoint, spec: Any, settled: dict[str, Clause | None]) -> None:
        super().__init__(settled)
        self.direction = entry.direction
        self._entry, self._spec = entry, spec

    def in_container(self, container: str) -> Owed:
        """What is owed when the same elements are handed over in another container."""
        return self._entry.owed(self._spec._replace(container=container))

    def __missing__(self, topic: str) -> Clause | None:
        clause = self[topic] = self._entry.clause(topic, self._spec)
        return clause
