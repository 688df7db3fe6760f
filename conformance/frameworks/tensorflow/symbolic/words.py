"""Words that the promises of TensorFlow's symbolic forms use."""

from __future__ import annotations

from typing import Any

from .....strategies.spec import Spec
from ....promises import (
    Clause,
    EntryPoint,
    Source,
    documented,
    dtype,
    during,
    fact,
    may_refuse,
    observed,
    raises,
    refuses,
    shape,
    type_,
)
from ....promises.conditions import Condition, empty
from ...words import named, same_dtype, told
from ..into.words import BEFORE, DOCS, SEEN, many_axes, numbers, objects, strings, taken, texts

GUIDE = "https://www.tensorflow.org/guide/function"
BAKED = documented(GUIDE, "NumPy and Python calls are converted to constants.")
STATE = documented(f"{DOCS}/Variable", "A variable maintains shared, persistent state manipulated by a program.")
RETRACING = documented(f"{DOCS}/function", "creates a new ConcreteFunction for every unique set of input shapes and datatypes")
TOO_LARGE = documented("https://protobuf.dev/programming-guides/proto-limits/", "Any proto in serialized form must be <2GiB")

#: Arrays that a graph can hold.
REFUSED: tuple[Clause, ...] = (
    may_refuse("ValueError", "TypeError", "InternalError", "InvalidArgumentError", when=objects, source=SEEN),
    may_refuse("ValueError", "TypeError", when=strings, source=SEEN),
    refuses("ValueError", "TypeError", "NotImplementedError", when=~taken, source=SEEN),
)


def static_dtype(spec: Spec) -> str:
    """the source's dtype, in native byte order; "string" for texts"""
    return "string" if texts(spec) or strings(spec) else same_dtype(spec)


def static_shape(spec: Spec) -> tuple[int, ...]:
    """the source's shape"""
    return tuple(spec.shape)


def partial_shape(spec: Spec) -> tuple[int | None, ...]:
    """the source's shape but for its first axis"""
    return (None, *spec.shape[1:]) if spec.shape else ()


KEPT: tuple[Clause, ...] = (
    dtype(lambda spec: None, when=objects, source=SEEN),
    dtype(static_dtype, source=SEEN),
    shape(lambda spec: None, when=objects, source=SEEN),
)
#: What a session fetches: an array, of objects where the elements are strings.
FETCHED: tuple[Clause, ...] = (dtype("object", when=texts | strings, source=SEEN), *KEPT)

#: Numbers whose kernels can be asked for gradients and be compared.
floats = named("float32", "float64", "float16")
floats.text = "the elements are floats"
#: What eager tensors and arrays name alike.
alike = ~(texts | objects | strings)
alike.text = "the elements are numbers"


def known(shape_: Any = static_shape, source: Source = SEEN) -> tuple[Clause, ...]:
    """What is known before the form is run."""
    return (
        fact("static.dtype", static_dtype, when=~objects, source=source),
        fact("static.shape", shape_, when=~objects, source=source),
    )


#: Arrays whose change shows: any byte but 0 is as true as another.
_some = numbers & ~named("bool") & ~empty
_some.text = "the array has elements, and they are numbers"


def kept(how: str, source: Source, when: Condition = _some) -> Clause:
    """Whether the form keeps a "snapshot" of the array or follows its changes "live"."""
    return fact("snapshot", how, when=when, source=source)


AGREES = fact("eager_agreement", True, when=alike, source=SEEN)

_REFUSALS = {
    "asarray": ("np.asarray({})", "NotImplementedError"),
    "list": ("np.array([{}], dtype=object)", "NotImplementedError"),
    "ufunc": ("np.negative({})", "NotImplementedError"),
    "numpy": ("{}.numpy()", "AttributeError"),
    "bool": ("bool({})", "TypeError"),
}
#: What has no value yet becomes no array and no number; `asked` has the facts, for the expression of a symbolic tensor.
NO_ARRAY: tuple[Clause, ...] = tuple(
    fact(f"symbolic_refusal.{name}", raises(error), source=SEEN) for name, (_, error) in _REFUSALS.items()
)


def asked(tensor: str) -> tuple[tuple[str, str], ...]:
    """What a symbolic tensor knows and refuses."""
    return (
        ("static.dtype", f"{tensor}.dtype.name"),
        ("static.shape", f"{tensor}.shape.rank is not None and tuple({tensor}.shape)"),
        *((f"symbolic_refusal.{name}", text.format(tensor)) for name, (text, _) in _REFUSALS.items()),
    )


#: More than 32 axes are taken as a constant, and refused by the call itself.
_BEFORE = during(
    "tensorflow<2.20", fact("eager_agreement", lambda spec: None, when=many_axes, source=observed("tensorflow 2.19"))
)


def form(name: str, call: str, facts: tuple[tuple[str, str], ...], *clauses: Clause, kind: str = "tf.") -> EntryPoint:
    """A symbolic form: an array goes in, the form is run, and what it gives comes out."""
    return EntryPoint(
        name, call, "tensorflow", "in", told(facts, (*BEFORE, *_BEFORE, *clauses, type_(kind, source=SEEN))), facts=facts
    )
