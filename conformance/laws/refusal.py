"""Refusals: how a conversion may end."""

from __future__ import annotations

from ...strategies.spec import Spec
from ..promises import Owed
from ..subject.observation import Observation
from .law import Answer, Breach, Law, law

#: By id, in the order of the reports.
LAWS: dict[str, Law] = {}

_EXCEPTIONS = "https://docs.python.org/3/library/exceptions.html"
_WARNINGS = "https://docs.python.org/3/library/warnings.html"


@law(LAWS, "refusal", _EXCEPTIONS, ending="any")
def _survival(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A conversion MUST end in a result or a Python exception, never in the death or hang of the interpreter."""
    if seen.outcome in ("crashed", "hung"):
        # Whoever ends without a signal was ended by an error of ours, or of an adapter, which says so.
        words = f": {seen.message}" if seen.error[:1] and seen.error[0].startswith("exit") else ""
        return Breach("a result or a Python exception", f"{seen.headline} during '{seen.stage}'{words}")
    return True


@law(LAWS, "refusal", _EXCEPTIONS, ending="any", topic="refuses")
def _refusal(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """An input that the promise excludes MUST be refused with an exception of the promised type."""
    clause = owed["refuses"]
    if clause is None or not clause.value.types or seen.outcome not in ("ok", "raised"):
        return None
    types = " or ".join(clause.value.types)
    memory = "" if seen.aliasing == "unknown" else f" that {seen.aliasing}"
    if seen.outcome == "ok":
        return Breach(f"raises {types}", f"answers with a {seen.type}{memory}") if clause.value.must else None
    if any(name in seen.error for name in clause.value.types):
        return True
    return Breach(f"raises {types}", f"raises {seen.error[0]}: {seen.message[:120]}")


@law(LAWS, "refusal", _EXCEPTIONS, ending="any", topic="refuses")
def _acceptance(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """An input that the promise includes MUST be converted."""
    clause = owed["refuses"]
    if (clause is not None and clause.value.types) or seen.outcome not in ("ok", "raised"):
        return None
    return True if seen.outcome == "ok" else Breach("a result", f"raises {seen.error[0]}: {seen.message[:120]}")


@law(LAWS, "refusal", _WARNINGS, topic="warns", needs=True)
def _warnings(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A promised warning MUST come every time, and no other."""
    clause = owed["warns"]
    if clause is None:
        return None
    heard = sorted({category for category, _ in seen.warnings})
    if clause.value:
        return True if clause.value in heard else Breach(clause.value, ", ".join(heard) or "no warning")
    return True if not heard else Breach("no warning", f"{', '.join(heard)}: {seen.warnings[0][1][:120]}")
