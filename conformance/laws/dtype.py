"""Dtypes and marks: what a result is."""

from __future__ import annotations

from ...strategies.spec import Spec
from ..promises import Owed
from ..subject.observation import Observation
from .law import Answer, Breach, Law, law

#: By id, in the order of the reports.
LAWS: dict[str, Law] = {}

_ARRAY_API = "https://data-apis.org/array-api/latest/design_topics/data_interchange.html"
_AUTOGRAD = "https://docs.pytorch.org/docs/stable/notes/autograd.html"


@law(LAWS, "dtype", _ARRAY_API, needs=True)
def _type(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """The result MUST be of the promised type: a tensor of the framework, an array, a Python number."""
    clause = owed["type"]
    if clause is None or not clause.value:
        return None
    return True if seen.type.startswith(clause.value) else Breach(" or ".join(clause.value), seen.type)


@law(LAWS, "dtype", _ARRAY_API, needs=True, severity="wrong data")
def _dtype(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """The result MUST have the dtype that is promised for the source's dtype."""
    clause = owed["dtype"]
    wanted = None if clause is None else clause.value if isinstance(clause.value, str) else clause.value(spec)
    if wanted is None:
        return None
    return True if seen.dtype == wanted else Breach(f"dtype {wanted}", f"dtype {seen.dtype}")


@law(LAWS, "dtype", _AUTOGRAD, needs=True)
def _flags(owed: Owed, spec: Spec, seen: Observation) -> Answer:
    """The result MUST carry exactly the promised marks: requires_grad, non_leaf, conj, neg, not trainable, ..."""
    clause = owed["flags"]
    if clause is None:
        return None
    return (
        True if seen.flags == clause.value else Breach(", ".join(clause.value) or "no marks", ", ".join(seen.flags) or "no marks")
    )
