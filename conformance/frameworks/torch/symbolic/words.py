"""Words that the promises of PyTorch's symbolic forms use."""

from __future__ import annotations

import numpy as np

from .....strategies.spec import Spec
from ....promises import Clause, EntryPoint, Source, copies, documented, dtype, fact, shares, type_, warns
from ....promises.conditions import Condition, empty, readonly
from ...words import named, same_dtype, told
from ..into.words import ARRAY_REFUSALS, BRIDGED, DOCS, FROM_NUMPY, SEEN

_TENSOR = f"{DOCS}/generated/torch.tensor.html"
_SHARING = documented(FROM_NUMPY, "The returned tensor and ndarray share the same memory.")
_COPYING = documented(_TENSOR, "Constructs a tensor with no autograd history ... by copying data.")

floats = named("float32", "float64", "float16") & BRIDGED
floats.text = "the elements are floats"
#: Arrays whose change shows: any byte but 0 is as true as another.
_some = BRIDGED & ~named("bool") & ~empty
_some.text = "the array has elements, numbers that PyTorch takes"


def static_shape(spec: Spec) -> tuple[int, ...]:
    """the source's shape"""
    return tuple(spec.shape)


def has_nan(spec: Spec) -> bool:
    """Whether an element of an array of floats is not a number."""
    numbers = np.frombuffer(spec.values, same_dtype(spec))
    return bool((numbers != numbers).any())


def known(source: Source = SEEN) -> tuple[Clause, ...]:
    """What is known before the form is run."""
    return (fact("static.dtype", same_dtype, source=source), fact("static.shape", static_shape, source=source))


def kept(how: str, source: Source, when: Condition = _some) -> Clause:
    """Whether the form keeps a "snapshot" of the array or follows its changes "live"."""
    return fact("snapshot", how, when=when, source=source)


AGREES = fact("eager_agreement", True, source=SEEN)
#: The refusals and dtypes of the C bridge from arrays, which all forms cross.
CONVERTED: tuple[Clause, ...] = (*ARRAY_REFUSALS, dtype(same_dtype, source=SEEN), AGREES)
#: What holds a tensor over the array's memory follows the array.
SHARE: tuple[Clause, ...] = (
    shares(source=_SHARING),
    kept("live", _SHARING),
    warns("UserWarning", when=readonly, source=SEEN),
)
#: What holds a copy does not.
COPY: tuple[Clause, ...] = (copies(source=_COPYING), kept("snapshot", _COPYING))

#: A module with a buffer that is made of its argument `b`.
BUFFER = """class Holder(torch.nn.Module):
    def __init__(self, b):
        super().__init__()
        self.register_buffer("c", torch.from_numpy(b))
    def forward(self):
        return self.c
"""


def form(name: str, call: str, facts: tuple[tuple[str, str], ...], *clauses: Clause, kind: str = "torch.") -> EntryPoint:
    """A symbolic form: an array goes in, the form is run, and what it gives comes out."""
    return EntryPoint(name, call, "torch", "in", told(facts, (*clauses, type_(kind, source=SEEN))), facts=facts)


def ways(
    name: str,
    call: str,
    facts: tuple[tuple[str, str], ...],
    *clauses: Clause,
    memory: dict[str, tuple[Clause, ...]] | None = None,
) -> tuple[EntryPoint, ...]:
    """A form that meets the array in from_numpy, and one that meets it in tensor; "{}" in the call is the conversion."""
    found = []
    for convert, promised in (("torch.from_numpy", SHARE), ("torch.tensor", COPY)):
        promised = (memory or {}).get(convert, promised)
        asked = tuple((key, text.replace("{}", f"{convert}(a)")) for key, text in facts)
        found.append(
            form(
                f"{name}[{convert}(ndarray)]",
                call.replace("{}", f"{convert}(a)"),
                (*asked, ("eager_agreement", f"{convert}(a)")),
                *clauses,
                *promised,
                *CONVERTED,
            )
        )
    return tuple(found)
