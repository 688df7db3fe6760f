"""From an observation to an outcome: what of it compares from release to release."""

from __future__ import annotations

import re
from typing import Any

from ...reports.changes import SEPARATOR, Outcome
from ...strategies.spec import Spec, c_strides
from ..laws.expected import meant
from ..laws.judge import Verdict, judge
from ..promises import EntryPoint
from ..subject.observation import Observation, fingerprint

_LEADS = {"some": ", writes reach the source", "none": ", writes stay", "": ""}


def summarise(entry: EntryPoint, spec: Spec, seen: Observation) -> Outcome:
    """The outcome of one conversion, told in terms of its input, with the laws that it breaks."""
    if seen.outcome == "unbuildable":
        return Outcome()
    try:
        verdict = judge(entry, spec, seen)
    except LookupError:  # A dtype that the driver's own NumPy does not have.
        return Outcome()
    broken = " ".join(dict.fromkeys(law for law, _ in verdict.breaches))
    if seen.outcome != "ok":
        message = plain(seen.message) if seen.outcome == "raised" else ""
        return Outcome(seen.headline, message, broken=broken)
    if "refusal" in broken.split():  # What such a result holds is anybody's guess, and differs from run to run.
        return Outcome("answers", "", seen.type, seen.dtype, broken=broken)
    return Outcome(
        "answers",
        "",
        seen.type,
        seen.dtype,
        "" if seen.shape == spec.shape else str(list(seen.shape)),
        _strides(spec, seen),
        _values(spec, seen, verdict),
        seen.aliasing + _LEADS[seen.leads] + (", shares with its twin" if seen.twin else ""),
        "" if seen.writable is None else str(seen.writable),
        ", ".join(seen.flags),
        ", ".join(sorted({category for category, _ in seen.warnings})),
        " | ".join(sorted({plain(text) for _, text in seen.warnings})),
        "changed" if seen.source_changed else "",
        broken,
        SEPARATOR.join(f"{name}={_fact(value)}" for name, value in seen.facts),
    )


def _fact(value: Any) -> str:
    """A fact's value in words; of what another way of computing gave, the bytes are the laws' business."""
    if isinstance(value, tuple) and value[:1] == ("raised",):
        return f"raised {value[1]}"
    if isinstance(value, tuple) and value[:1] == ("ok",):
        return f"{value[1]} {list(value[2])}"
    return re.sub(r"0x[0-9a-f]+", "...", repr(value))[:160]


def plain(message: str) -> str:
    """The first line of a message without what differs from run to run.

    Numbers, addresses, paths; of TensorFlow's operations the order of attributes, and which is named; protobuf's marks, which
    are drawn at random lest anybody parse them.
    """
    line = next(iter(message.strip().splitlines()), "")
    line = re.sub(r"\[(\w+=[^][]*)\]", lambda listed: f"[{', '.join(sorted(listed[1].split(', ')))}]", line)
    line = re.sub(r"0x[0-9a-f]+|(?<![\w.])/[\w./+-]+|goo\.gle/debug\w+|(?<=for attr )'\w+'", "...", line)
    return re.sub(r"\d+", "#", line)[:160].strip()


def _strides(spec: Spec, seen: Observation) -> str:
    if seen.strides is None:
        return "none"
    if not spec.size:
        return "empty"
    # Of axes of length 1 any stride is right.
    pairs = [(s, n) for s, n in zip(seen.strides, seen.shape) if n != 1]
    if seen.shape == spec.shape and all(n == 1 or s == mine for s, n, mine in zip(seen.strides, seen.shape, spec.strides)):
        return "kept"
    item = min((abs(s) for s, _ in pairs if s), default=0)
    walk = c_strides(seen.shape, item)
    if all(n == 1 or s == c for s, n, c in zip(seen.strides, seen.shape, walk)):
        return "C order"
    return str([s for s, _ in pairs])


def _values(spec: Spec, seen: Observation, verdict: Verdict) -> str:
    if seen.data is None:
        return "unread"
    if seen.data == fingerprint(meant(spec), seen.dtype):
        return "bit for bit"
    if "values" in verdict.held:
        return "as promised"
    # Wrong values may be pointers or memory that was never written: how wrong they are does not compare.
    return "wrong" if any(law == "values" for law, _ in verdict.breaches) else "unspecified"
