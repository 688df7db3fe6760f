"""Clauses: what is promised, each with its condition and its source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ...strategies.spec import Spec
from .conditions import Condition, always


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
    source  where it is written, or was observed
    releases in which it holds, as requirements: ("torch>=2.15",); none: in all that are supported
    """

    topic: str
    value: Any
    when: Condition
    source: Source
    releases: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The clause as a sentence for people."""
        return f"{self.topic}: {self.says}" + (f" when {self.condition}" if self.condition else "")

    @property
    def condition(self) -> str:
        """When it applies, for people; "": always."""
        return "" if self.when is always else self.when.text

    @property
    def says(self) -> str:
        """What is promised, for people."""
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
        return value


def during(releases: str | tuple[str, ...], *clauses: Clause) -> tuple[Clause, ...]:
    """The clauses, held to in these releases alone: "torch>=2.15"."""
    wanted = (releases,) if isinstance(releases, str) else releases
    return tuple(clause._replace(releases=(*clause.releases, *wanted)) for clause in clauses)


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


def dtype(value: str | Callable[[Spec], str | None], when: Condition = always, *, source: Source) -> Clause:
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


def values(value: str | Callable[[Spec], bytes], when: Condition = always, *, source: Source) -> Clause:
    """How values cross: "bits" (the default), "astype" (as NumPy's astype to the result's dtype), "unspecified",
    "uninitialised" (not even the same twice), or a function of the spec that gives the bytes owed."""
    return Clause("values", value, when, source)


def type_(*names: str, when: Condition = always, source: Source) -> Clause:
    """The result's type, qualified, or one of several; "numpy." is any type of that module, no name is any type at all."""
    return Clause("type", names, when, source)


def shape(value: Callable[[Spec], tuple[int, ...] | None], when: Condition = always, *, source: Source) -> Clause:
    """The result's shape as a function of the spec, where it is not the source's (None: not promised)."""
    return Clause("shape", value, when, source)


def strides(order: str, when: Condition = always, *, source: Source) -> Clause:
    """The order in which a copy lies: "C", "F", or "K" for the source's own strides."""
    return Clause("strides", order, when, source)


def flags(*names: str, when: Condition = always, source: Source) -> Clause:
    """The marks on the result, all of them: "requires_grad", "non_leaf", "conj", "neg"."""
    return Clause("flags", names, when, source)


def immutable(*, when: Condition = always, source: Source) -> Clause:
    """The source can never be changed through the result."""
    return Clause("immutable", True, when, source)


def settings(*names: str, when: Condition = always, source: Source) -> Clause:
    """Settings of the framework (see `Framework.settings`) that may change the answer; no others may."""
    return Clause("settings", names, when, source)


def contexts(*names: str, when: Condition = always, source: Source) -> Clause:
    """Code (see `Framework.contexts`) in which the answer may be another, as for `settings`."""
    return Clause("contexts", names, when, source)


def under(name: str, difference: str, when: Condition = always, *, source: Source) -> Clause:
    """A setting or context in which an answer must be another than usual, and how: "device meta, not cpu"; or "anything"."""
    return Clause(f"under {name}", difference, when, source)


def leaves(*expressions: str, when: Condition = always, source: Source) -> Clause:
    """What of the process a conversion changes, as `STATE` of the framework's adapter or `subject.pressures.traces` spells it."""
    return Clause("leaves", expressions, when, source)


def forms(*names: str, when: Condition = always, source: Source) -> Clause:
    """Forms of an array (see `subject.pressures.FORMS`) whose answer may differ from the ndarray's; no others may."""
    return Clause("agreement", names, when, source)


def fact(name: str, value: Any, when: Condition = always, *, source: Source) -> Clause:
    """What the fact of this name owes: plain data, or a function of the spec that gives it (None: not promised).

    Where two ways of computing are compared: True, or "unless refused" where the call may also raise.
    """
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
