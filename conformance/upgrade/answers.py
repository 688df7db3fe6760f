"""Answers: what a call does with an input by its promise, on which inputs it does otherwise, and where each is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from ...reports.profile_files import Profile
from ...reports.sentences import CONTAINER_WORDS, names_of
from ...strategies import dtypes
from ...strategies.spec import CONTAINERS, TENSOR_DTYPES, ArraySpec, Spec, SpecError, TensorSpec, c_strides
from ..frameworks.registry import frameworks
from ..frameworks.words import same_dtype
from ..promises import EntryPoint
from ..promises.clauses import Clause
from ..promises.deviations import Deviation
from ..run.tally import layout_of
from .inputs import inputs


class Form(NamedTuple):
    """One array that stands for its class of layouts: its shape, its strides in items, and its words.

    extra  bytes by which strides miss a multiple of the item size
    """

    words: str
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None = None
    extra: int = 0


#: By the name of the class, as the strategies call it.
FORMS: Mapping[str, Form] = {
    "c": Form("C-contiguous arrays", (2, 3)),
    "fortran": Form("Fortran order", (2, 3), (1, 2)),
    "permuted": Form("permuted axes", (2, 3, 4), (1, 8, 2)),
    "broadcast": Form("broadcast axes (strides of 0)", (2, 3), (0, 1)),
    "windows": Form("overlapping windows", (2, 3), (1, 1)),
    "stepped": Form("steps over elements", (2, 3), (6, 2)),
    "reversed": Form("negative strides", (2, 3), (-3, -1)),
    "partial": Form("strides that are no multiple of the item size", (2, 3), (3, 1), 1),
    "empty": Form("arrays without elements", (0, 3)),
    "scalar": Form("0-d arrays", ()),
    "high_rank": Form("more than 32 axes", (1,) * 33),
}
#: What is home: of all else one thing is varied at a time.
_HOME = {"dtype": "float32", "layout": "c", "memory": "plain", "container": "ndarray", "state": "plain"}
_MEMORIES = {"readonly": "read-only memory", "bytes": "memory of bytes objects", "protected": "write-protected pages"}


class Part(NamedTuple):
    """One thing that a call does.

    does    in words: "shares memory", "raises ValueError"
    of      the inputs of which it does so, in words; "": of those that the question is about
    source  where that is written, or observed
    """

    does: str
    of: str
    source: str

    @property
    def text(self) -> str:
        """The part within a sentence."""
        return f"{self.does} for {self.of}" if self.of else self.does


@dataclass(frozen=True)
class Answer:
    """What a call does with inputs of a kind.

    parts       what it does, first with the plainest of these inputs, then where it does otherwise
    deviations  known breaks of the promise by these releases on such inputs
    tried       outcomes of such inputs in a profile, by how they compare with the promise
    """

    entry: EntryPoint
    parts: tuple[Part, ...]
    deviations: tuple[Deviation, ...]
    tried: Mapping[str, int]

    @property
    def sentence(self) -> str:
        """All of it in a line."""
        of: dict[str, list[str]] = {}
        for part in self.parts:
            of.setdefault(part.does, []).extend([part.of] * bool(part.of))
        told = [f"{does} for {' and '.join(inputs)}" if inputs else does for does, inputs in of.items()]
        broken = self.tried.get("against the promise") and not self.tried.get("converted")
        name = f"Promised of {self.entry.name}, and kept by no input that was tried:" if broken else self.entry.name
        return "; ".join([f"{name} {told[0]}", *told[1:], *(_against(one) for one in self.deviations)]) + "."


def _against(deviation: Deviation) -> str:
    title = deviation.title.rstrip(".")
    return f"against its promise: {title}"


def dtypes_of(entry: EntryPoint) -> tuple[str, ...]:
    """The dtypes of the inputs on which the entry point is tried."""
    return dtypes.DTYPES if entry.direction == "in" else frameworks()[entry.framework].dtypes


def answer(entry: EntryPoint, profile: Profile, wanted: Mapping[str, str]) -> Answer:
    """What the call does with inputs of which some axes (dtype, layout, memory, container, state) are given.

    By the promises and the deviations of the profile's releases.
    """
    versions = profile.header["environment"]
    promised = entry.under(versions)
    found = dict(_specs(entry, wanted))
    home = next(iter(found.values()))
    main = _does(promised, home)
    usual = {does for does, _ in main}
    parts = [Part(does, "", source) for does, source in main]
    others: dict[tuple[str, str], dict[str, list[str]]] = {}
    for (axis, value), spec in found.items():
        for told in _does(promised, spec):
            if told[0] not in usual and not (axis not in ("dtype", "container") and told[0].startswith("gives ")):
                others.setdefault(told, {}).setdefault(axis, []).append(value)
    for (does, source), axes in others.items():
        of = [_words(axis, values, entry) for axis, values in axes.items() if axis]
        parts.append(Part(does, " and ".join(of), source))
    known = frameworks()[entry.framework].deviations
    specs = list(found.values())
    covering = tuple(one for one in known if one.covers(entry) and one.applies_to(versions) and any(map(one.when.test, specs)))
    return Answer(entry, tuple(parts), covering, _tried(entry, profile, wanted))


def _specs(entry: EntryPoint, wanted: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], Spec]]:
    """The plainest input, then those that differ from it in one axis that is not given: ((axis, value), input)."""
    incoming = entry.direction == "in"
    home = _HOME | ({"container": entry.containers[0]} if entry.containers else {}) | dict(wanted)
    made = _made(entry, **home)
    if made is None:
        raise SpecError(f"there is no such input: {', '.join(f'{axis} {value}' for axis, value in wanted.items())}")
    yield ("", ""), made
    axes: dict[str, tuple[str, ...]] = {"layout": tuple(FORMS), "dtype": dtypes_of(entry)}
    axes |= {"memory": tuple(_MEMORIES), "container": CONTAINERS} if incoming else {"state": entry.states}
    for axis, values in axes.items():
        for value in () if axis in wanted else values:
            if value != home[axis] and (spec := _made(entry, **home | {axis: value})) is not None:
                yield (axis, value), spec


def _made(entry: EntryPoint, dtype: str, layout: str, memory: str, container: str, state: str) -> Spec | None:
    form = FORMS["scalar" if container == "scalar" and layout == _HOME["layout"] else layout]
    try:
        size = dtypes.dtype(dtype).itemsize if entry.direction == "in" else TENSOR_DTYPES[dtype][0]
        strides = c_strides(form.shape, size)
        if form.strides is not None:
            strides = tuple(step * (size + form.extra) for step in form.strides)
        if form.extra and (size < 2 or entry.direction == "out"):
            return None
        lead = -sum((n - 1) * step for n, step in zip(form.shape, strides) if step < 0 < n)
        span = sum((n - 1) * abs(step) for n, step in zip(form.shape, strides)) + size if prod(form.shape) else 0
        made: Spec = (
            ArraySpec(dtype, form.shape, strides, lead, span, memory=memory, container=container)
            if entry.direction == "in"
            else TensorSpec(dtype, form.shape, strides, lead, span, state=state)
        )
        return made.validate() if entry.takes(made) else None  # type: ignore[no-any-return]
    except (LookupError, SpecError):
        return None


def _does(promised: EntryPoint, spec: Spec) -> list[tuple[str, str]]:
    """What the promise says of an input, each with its source."""
    refuses = promised.clause("refuses", spec)
    if refuses is not None and refuses.value.types:
        must = "raises" if refuses.value.must else "may raise"
        told = [(f"{must} {' or '.join(refuses.value.types)}", refuses.source.text)]
        if refuses.value.must:
            return told
    else:
        told = []
    memory = promised.clause("aliasing", spec)
    words = {"shares": "shares memory", "copies": "copies", "may share": "shares or copies"}
    told += [(words[memory.value], memory.source.text)] if memory is not None else [("converts", "nothing is promised of memory")]
    warns = promised.clause("warns", spec)
    told += [(f"warns ({warns.value})", warns.source.text)] if warns is not None and warns.value else []
    given = promised.clause("dtype", spec)
    return told + _dtype(given, spec)


def _dtype(clause: Clause | None, spec: Spec) -> list[tuple[str, str]]:
    value = clause and (clause.value(spec) if callable(clause.value) else clause.value)
    if clause is None or value in (None, spec.dtype.lstrip(">"), same_dtype(spec)):
        return []
    return [(f"gives {value}", clause.source.text)]


def _words(axis: str, values: list[str], entry: EntryPoint) -> str:
    if axis == "layout":
        return ", ".join(FORMS[value].words for value in values)
    if axis == "memory":
        return ", ".join(_MEMORIES[value] for value in values)
    if axis == "container":
        return " or ".join(CONTAINER_WORDS.get(value, f"a {value}") for value in values)
    if axis == "state":
        return "tensors in state " + ", ".join(values)
    return ", ".join(names_of(values, set(dtypes_of(entry)) - set(values)))


#: The class of a layout, as told from a spec, by the name of the strategies'.
_CLASSES = {
    "c": "C",
    "fortran": "Fortran",
    "permuted": "permuted",
    "broadcast": "broadcast",
    "windows": "overlapping",
    "stepped": "holes",
    "reversed": "negative stride",
    "partial": "partial stride",
    "empty": "empty",
    "scalar": "0-d",
}


def _tried(entry: EntryPoint, profile: Profile, wanted: Mapping[str, str]) -> Counter[str]:
    listed = inputs()[1].get(profile.lists.get(entry.name, ""))
    counts: Counter[str] = Counter()
    wanted = {"container": "ndarray", **wanted} if entry.direction == "in" else wanted
    for spec, outcome in zip(listed.specs if listed else (), profile.outcomes.get(entry.name, ())):
        if outcome.ending and all(_has(spec, *pair) for pair in wanted.items()):
            counts["against the promise" if outcome.broken else "converted" if outcome.ending == "answers" else "refused"] += 1
    return counts


def _has(spec: Spec, axis: str, value: str) -> bool:
    if axis == "layout":
        return len(spec.shape) > 32 if value == "high_rank" else layout_of(spec) == _CLASSES[value]
    return bool(getattr(spec, axis) == value)
