"""What programs of many steps need to know of a framework: how steps are spelt, and what is promised of their effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol

from .releases import hold


class Step(NamedTuple):
    """One step of a program.

    do   "array", "convert", "view", "write", "lock", "unlock", "resize" or "drop" (and collect garbage)
    on   the handle that it is done to: "h0"
    to   the handle that it makes, or ""
    how  array: the dtype; convert: the entry point's name; view: a name from `VIEWS`
    at   array: its shape; write: the number, then the index (none: all elements); resize: the number of elements
    """

    do: str
    on: str = ""
    to: str = ""
    how: str = ""
    at: tuple[int, ...] = ()


Program = tuple[Step, ...]


class Crossed(Protocol):
    """Memory, as far as known deviations speak of it."""

    @property
    def crossed(self) -> str: ...


class Held(Protocol):
    """A handle, as far as known deviations speak of it; see `programs.model.Held`."""

    @property
    def kind(self) -> str: ...
    @property
    def address(self) -> int: ...
    @property
    def memory(self) -> Crossed: ...


@dataclass(frozen=True)
class KnownProgram:
    """One known break of a promise, as `Deviation`, with

    frameworks  that the program needs
    when        (step, the handle that it is done to) to whether it covers the step; such steps are left out of programs
    program     the shortest that shows it
    """

    id: str
    title: str
    package: str
    url: str
    upstream: str
    severity: str
    frameworks: tuple[str, ...]
    when: Callable[[Step, Held], bool]
    program: Program
    releases: str = ""
    needs: tuple[str, ...] = ()

    def applies_to(self, versions: dict[str, str]) -> bool:
        """Whether it is recorded for a subject with these releases."""
        return hold((f"{self.package}{self.releases}", *self.needs), versions)


class Kind(NamedTuple):
    """What a type of results is: whether it can be written, and the tensor's state, as in `TensorSpec`."""

    writable: bool
    state: str = "plain"


@dataclass(frozen=True)
class Programs:
    """How the steps of programs are spelt over what a library makes, and what is promised of their effect.

    imports        lines that a program begins with
    types          the library's types of results, qualified
    views          view to its text over a handle "{}"; where one is missing there is no such view
    write          the step that writes "{value}" to "{index}" of "{handle}"
    promise        where it is written what a view is
    writes         where it is written that what can be written is written
    resize         the step that resizes "{handle}" to "{size}" elements; "" where there is none
    resizes_any    whether also what shares memory can be resized
    views_share    whether a view must lie in the memory that it is a view of
    flags          whether a handle says itself that it is read-only
    replaces       whether a write gives the handle a new value, as a whole: what was read before keeps the old one
    marks          whether a conversion marks its source, even one that copies
    immutable      where it is written that what cannot be written never changes; "" where that is not promised
    readonly       the state of tensors over memory that must not be written; "" where there are none
    owning         beginnings of the names of calls whose copies lie in memory of the library's own; others may be NumPy's
    known          known deviations that only programs show
    """

    imports: str
    types: Mapping[str, Kind]
    views: Mapping[str, str]
    write: str
    promise: str
    writes: str = ""
    resize: str = ""
    resizes_any: bool = False
    views_share: bool = True
    flags: bool = False
    replaces: bool = False
    marks: bool = False
    immutable: str = ""
    readonly: str = ""
    owning: tuple[str, ...] = ()
    known: tuple[KnownProgram, ...] = ()


#: Views that every library spells alike.
SLICES = MappingProxyType({"rest": "{}[1:]", "every other": "{}[::2]", "first": "{}[0, ...]"})
#: NumPy's own arrays.
NUMPY = Programs(
    imports="",
    types=MappingProxyType({"numpy.ndarray": Kind(True)}),
    views=MappingProxyType(
        {
            **SLICES,
            "swapped": "{}.swapaxes(0, -1)",
            "reversed": "{}[::-1]",
            "flat": "{}.reshape(-1)",
            "itself": "{}.view()",
        }
    ),
    write="{handle}[{index}] = {value}",
    promise="https://numpy.org/doc/stable/user/basics.copies.html",
    writes="https://numpy.org/doc/stable/reference/generated/numpy.ndarray.flags.html",
    resize="{handle}.resize({size})",
    flags=True,
)

#: What no steps are known for.
OTHER = Programs(imports="", types=MappingProxyType({}), views=MappingProxyType({}), write="", promise="")
