"""Changes: what differs between two outcomes of one conversion, and what that means to those who upgrade."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

#: What a change means, the worst first. Those of `BREAKING` break what worked.
KINDS = ("breaking", "removed", "fixed", "added", "changed", "message only")
BREAKING = ("breaking", "removed")
#: What a change does to those who rely on what was, the worst first.
HARMS = ("crash", "data", "dtype", "memory", "refusal", "warning", "message")
#: Between the facts of an outcome.
SEPARATOR = "\x1f"


class Outcome(NamedTuple):
    """How one conversion ended, in words that compare from release to release.

    ending    "answers", "raised TypeError", "crashed (SIGABRT)", "hung", or "" where nothing was run
    message   of the exception, without numbers and addresses
    type      of the result; the following describe it too
    dtype     as its framework calls it
    shape     "" where it is the source's
    strides   "kept", "C order", "none", or the numbers
    values    "bit for bit", "as promised", "wrong", "unspecified" or "unread"
    memory    "shares", "copies", "mixed" or "unknown", and what writes do
    writable  whether it lets itself be written
    flags     its marks
    warnings  categories of the warnings given
    told      their texts
    source    "changed" where the conversion changed its source
    broken    ids of the laws that the conversion breaks
    facts     of symbolic forms: names and values, see `by_fact`
    """

    ending: str = ""
    message: str = ""
    type: str = ""
    dtype: str = ""
    shape: str = ""
    strides: str = ""
    values: str = ""
    memory: str = ""
    writable: str = ""
    flags: str = ""
    warnings: str = ""
    told: str = ""
    source: str = ""
    broken: str = ""
    facts: str = ""

    @property
    def by_fact(self) -> dict[str, str]:
        """What was told beside the result, by the name of the fact."""
        return dict(pair.split("=", 1) for pair in self.facts.split(SEPARATOR) if "=" in pair)


class Change(NamedTuple):
    """One thing that differs.

    topic     the field of `Outcome` that differs, or the fact's name; "call" where the whole call came or went, "reading" where
              the same bytes are read as another dtype
    kind      one of `KINDS`
    standing  what the laws say of it: "broken", "fixed" or "different"
    before    the field's value
    after     the same
    """

    topic: str
    kind: str
    standing: str
    before: str
    after: str

    @property
    def key(self) -> tuple[str, ...]:
        """Equal for changes of the same kind; what differs from input to input is left out."""
        if self.kind == "message only":
            return self[:2]
        return self[:3] if self.topic in ("shape", "strides", "values", "dtype", "reading") or is_fact(self.topic) else self


#: What a change of a topic does, by place in `HARMS`; what is not here is a fact of a symbolic form.
_HARMS = {
    **dict.fromkeys(("values", "reading", "source", "snapshot", "eager_agreement", "gradient", "numpy_semantics"), "data"),
    **dict.fromkeys(("dtype", "shape", "type", "static"), "dtype"),
    **dict.fromkeys(("memory", "strides", "writable", "flags"), "memory"),
    **dict.fromkeys(("ending", "call", "symbolic_refusal", "size_limit"), "refusal"),
    **dict.fromkeys(("warnings", "retrace"), "warning"),
    **dict.fromkeys(("told", "message"), "message"),
}


def harm(topic: str, after: str) -> int:
    """What a change of this topic to this value does to those who rely on what was: its place in `HARMS`."""
    if topic == "ending" and after.startswith(("crashed", "hung")):
        return HARMS.index("crash")
    return HARMS.index(_HARMS.get(topic.partition(".")[0], "data"))


def is_fact(topic: str) -> bool:
    """Whether the topic of a change is a fact's name."""
    return topic not in ("call", "reading", *Outcome._fields)


#: The laws that speak of a topic. How a conversion ends is every law's business.
_LAWS = {
    "type": {"type"},
    "dtype": {"dtype", "values"},
    "shape": {"shape", "values"},
    "memory": {"memory", "follows", "leads", "twins", "immutability", "readonly", "strides"},
    "strides": {"strides"},
    "values": {"values"},
    "writable": {"writable"},
    "flags": {"flags"},
    "warnings": {"warnings", "readonly"},
    "source": {"source"},
}
#: A topic that differs, and the topics that then differ with it: one change is told once.
_SHADOWS = {
    "type": ("strides", "memory", "writable", "flags"),
    "dtype": ("shape", "strides", "values", "memory"),
    "shape": ("strides", "values"),
    "memory": ("strides", "writable"),
    "warnings": ("told",),
}


#: What a subject says where it could not look: whatever it sees later need not be new.
_UNTOLD = ("unread", "unknown")
#: Values that are held to more than before.
_STRONGER = {("as promised", "bit for bit"), ("unspecified", "as promised"), ("unspecified", "bit for bit")}


def changes(before: Outcome, after: Outcome) -> tuple[Change, ...]:
    """What differs between two outcomes, none where one of them was not run."""
    if before == after or not before.ending or not after.ending:
        return ()
    if before.ending != after.ending:
        return (_ending(before, after),)
    if before.ending != "answers":
        if before.message == after.message:
            return ()
        return (Change("message", "message only", "different", before.message, after.message),)
    found: list[Change] = []
    hidden: set[str] = set()
    if ("refusal" in before.broken.split()) != ("refusal" in after.broken.split()):
        hidden |= {*Outcome._fields} - {"type", "dtype"}  # Of what should have been refused no more is kept.
    if before.writable != after.writable and before.memory.partition(",")[0] == after.memory.partition(",")[0]:
        hidden.add("memory")  # What writes do follows from whether they are possible.
    for topic in (*_LAWS, "told"):
        was, now = getattr(before, topic), getattr(after, topic)
        if was == now or topic in hidden:
            continue
        hidden.update(_SHADOWS.get(topic, ()))
        if topic == "told":
            found.append(Change(topic, "message only", "different", was, now))
            continue
        standing = _standing(before, after, _LAWS[topic])
        topic = "reading" if topic == "dtype" and _reads_otherwise(before, after) else topic
        mere = standing == "different" and (was.partition(",")[0] in _UNTOLD or (was, now) in _STRONGER)
        mere |= standing == "different" and topic == "warnings"  # Nobody's data depends on it.
        kind = "fixed" if standing == "fixed" else "changed" if mere else "breaking"
        found.append(Change(topic, kind, standing, was, now))
    if hidden.isdisjoint(("strides", "memory", "facts")):  # A result of another kind has other facts as well.
        found += _of_facts(before, after)
    return tuple(found)


def _reads_otherwise(before: Outcome, after: Outcome) -> bool:
    """Whether the same bytes are taken for numbers of another kind: an array's own, read as two dtypes."""
    if not before.values == after.values == "bit for bit":
        return False
    kinds = {re.sub("^b?float.*", "float", outcome.dtype.rstrip("0123456789")) for outcome in (before, after)}
    return before.shape != after.shape or (len(kinds) == 2 and "bool" not in kinds)  # True is 1.


def _of_facts(before: Outcome, after: Outcome) -> Iterator[Change]:
    """The facts that both have and that differ."""
    others = after.by_fact
    for name, was in before.by_fact.items():
        if others.get(name, was) != was:
            now, standing = others[name], _standing(before, after, {name.partition(".")[0]})
            kind = "fixed" if standing == "fixed" else "breaking"
            if standing == "different" and was.startswith("raised "):
                kind = "changed" if now.startswith("raised ") else "added"
            yield Change(name, kind, standing, was, now)


def _ending(before: Outcome, after: Outcome) -> Change:
    standing = _standing(before, after, None)
    if _dies(before) != _dies(after):
        kind = "fixed" if _dies(before) else "breaking"
        standing = "fixed" if _dies(before) else "broken"
    elif before.ending == "answers":
        kind = "breaking"
    elif after.ending == "answers":
        kind = "added"
    else:
        kind = "changed"
    return Change("ending", kind, standing, before.ending, after.ending)


def _dies(outcome: Outcome) -> bool:
    return outcome.ending.startswith(("crashed", "hung"))


def _standing(before: Outcome, after: Outcome, laws: set[str] | None) -> str:
    was, now = set(before.broken.split()), set(after.broken.split())
    if laws is not None:
        was, now = was & laws, now & laws
    return "broken" if now - was else "fixed" if was - now else "different"


#: Exceptions of a call that the release does not have.
_GONE = ("raised AttributeError", "raised ImportError", "raised ModuleNotFoundError", "raised TypeError", "raised NameError")


def is_gone(outcomes: list[Outcome]) -> bool:
    """Whether every input was refused in the same words: the call, or one of its options, does not exist there."""
    if len(outcomes) < 2 or outcomes[0].ending not in _GONE or len({o[:2] for o in outcomes}) > 1:
        return False
    words = ("has no attribute", "unexpected keyword", "invalid keyword", "takes no keyword", "not import", "no module")
    return any(word in outcomes[0].message.lower() for word in words)
