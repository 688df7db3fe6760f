"""Round trips: what arrives is what was sent."""

from __future__ import annotations

from ...strategies.spec import Spec
from ..promises import Owed
from ..subject.observation import Observation
from .expected import same_values
from .law import Answer, Breach, Law, law

#: By id, in the order of the reports.
LAWS: dict[str, Law] = {}

_ARRAY_API = "https://data-apis.org/array-api/latest/design_topics/data_interchange.html"


@law(LAWS, "roundtrip", _ARRAY_API, ending="any", severity="wrong data")
def _source(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """A conversion MUST leave its source as it was."""
    if seen.outcome not in ("ok", "raised"):
        return None
    return Breach("the source unchanged", "the source's bytes, layout or flags changed") if seen.source_changed else True


@law(LAWS, "roundtrip", _ARRAY_API, severity="wrong data")
def _values(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """The result MUST hold the source's values, bit for bit where the dtype is kept."""
    if seen.data is None:
        return None
    clause = owed["values"]
    return same_values("bits" if clause is None else clause.value, spec, seen)


@law(LAWS, "roundtrip", _ARRAY_API, severity="wrong data")
def _shape(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """The result MUST have the source's shape."""
    clause = owed["shape"]
    wanted = spec.shape if clause is None else clause.value(spec)
    if wanted is None:
        return None
    return True if seen.shape == wanted else Breach(f"shape {list(wanted)}", f"shape {list(seen.shape)}")
