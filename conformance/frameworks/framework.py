"""What is known of a framework, as one object; all that names the framework lies in the folder of its object.

A package of your own brings one through the entry-point group "tensor_conformance.frameworks":

    [project.entry-points."tensor_conformance.frameworks"]
    mylib = "mylib_conformance:MYLIB"

The object is read where no framework is installed: nothing that it is made of may import one. What must be done inside the
framework's own process is done by the adapter, a module that only subjects import (see `conformance.subject.adapter`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

from ...strategies.spec import TENSOR_DTYPES, TensorSpec
from ..promises import Clause, EntryPoint
from ..promises.claims import Claim
from ..promises.costs import Costly
from ..promises.deviations import Deviation
from ..promises.programs import Programs
from ..subject.setting import Context, Setting

#: How a framework lays out tensors: over any strides, or in C order at multiples of 64 bytes alone.
Memory = Literal["strided", "contiguous"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class FrameworkError(Exception):
    """A framework that cannot be used; its message says in a line which package brings it and which field is wrong."""


class Scripts(NamedTuple):
    """How reproducers spell what they do to tensors. `t` is a tensor that is converted, `r` a tensor that came of a conversion.

    build      the lines that make the tensor of a spec, named `t`, from raw bytes
    owner      what these lines name the uint8 array below the tensor; "" where the framework owns the memory
    change     a line that changes `r` in place; "" where tensors cannot be changed
    use        a line that makes use of the memory of `r`
    move       a line that moves `t` to a device, "{}"
    allocated  bytes that the allocator of the device kind "{}" has handed out, as an expression; "" where nobody tells
    """

    build: Callable[[TensorSpec], list[str]]
    owner: str = ""
    change: str = ""
    use: str = "print(r)"
    move: str = ""
    allocated: str = ""


class Exchange(NamedTuple):
    """How a framework hands memory straight to another one, and takes it, by DLPack.

    take     the call that takes, as users name it: "torch.from_dlpack"
    call     the same as an expression over "{tensor}", the other framework's tensor, or "{capsule}", what it exports
    capsule  what exports a tensor "{}": "{}.__dlpack__()"
    tensor   the type of tensors, as users name it: "torch.Tensor"
    gives    what is refused when a tensor is exported
    takes    what is promised of the result, and what else is refused
    states   of tensors that are handed over
    """

    take: str
    call: str
    capsule: str
    tensor: str
    gives: tuple[Clause, ...]
    takes: tuple[Clause, ...]
    states: tuple[str, ...] = ("plain",)


@dataclass(frozen=True)
class Framework:
    """One framework.

    name            by which the command line, results and reports name it: "torch"
    title           as people write it: "PyTorch"
    imports         the line by which scripts import it
    distributions   names under which it is installed; the first one found tells the release
    adapter         module that reaches it inside a subject
    memory          how it lays out tensors
    scripts         how reproducers make and change tensors
    entry_points    calls that carry data from and to NumPy
    on_device       the same about a device other than the host: a function of its name, "cuda:1"
    device_adapter  module that reaches those devices inside a subject
    deviations      where releases break their promises
    claims          what people say of it, with a verdict
    costly          calls that cost more than they should, as is known
    states          what tensors can be beside their numbers: state to the lines that bring a tensor `t` into it
    settings        of the process that must not change a conversion
    contexts        code in which a conversion answers as it does outside
    dtypes          of its tensors, by name
    exchange        how it hands memory to other frameworks; None where it does not
    programs        how programs are spelt; None where there are none
    measured        package to the series of its releases ("2.15") that its promises were measured with: in others, they are
                    extrapolated; of a package that is not named, in none
    companions      requirements that an environment needs beside a pinned release: (specifier, requirement) pairs
    order           where it stands among frameworks, in reports and in names such as "torch+tensorflow"; then by name
    """

    name: str
    title: str
    imports: str
    distributions: tuple[str, ...]
    adapter: str
    memory: Memory
    scripts: Scripts
    entry_points: tuple[EntryPoint, ...]
    on_device: Callable[[str], tuple[EntryPoint, ...]] = lambda device: ()
    device_adapter: str = ""
    deviations: tuple[Deviation, ...] = ()
    claims: tuple[Claim, ...] = ()
    costly: tuple[Costly, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    contexts: Mapping[str, Context] = field(default_factory=dict)
    dtypes: tuple[str, ...] = tuple(TENSOR_DTYPES)
    exchange: Exchange | None = None
    programs: Programs | None = None
    measured: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    companions: tuple[tuple[str, str], ...] = ()
    order: int = 100

    def __post_init__(self) -> None:
        for each in fields(self):
            _check_type(each.name, getattr(self, each.name))
        if self.memory not in get_args(Memory):
            raise FrameworkError(f"field 'memory' is {self.memory!r}, not one of {', '.join(get_args(Memory))}")
        for entry in self.entry_points:
            if entry.framework != self.name:
                raise FrameworkError(f"field 'entry_points': {entry.name} is of framework {entry.framework!r}")
            try:
                compile("\n".join(entry.function), entry.name, "exec")
            except SyntaxError as error:
                raise FrameworkError(f"field 'entry_points': the call of {entry.name} is no Python: {error.msg}") from None
        for what, names in (
            ("entry_points", [entry.name for entry in self.entry_points]),
            ("deviations", [deviation.id for deviation in self.deviations]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise FrameworkError(f"field '{what}' declares {twice!r} twice")

    @property
    def is_strided(self) -> bool:
        """Whether tensors may have any strides."""
        return self.memory == "strided"


#: What a field must be, where its kind is easily mistaken.
_TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("name", "title", "imports", "adapter", "device_adapter"), str),
    **dict.fromkeys(("distributions", "entry_points", "deviations", "claims", "costly", "dtypes"), tuple),
    **dict.fromkeys(("states", "settings", "contexts", "measured"), Mapping),
    "scripts": Scripts,
    "exchange": (Exchange, type(None)),
    "programs": (Programs, type(None)),
    "order": int,
}


def _check_type(name: str, value: Any) -> None:
    wanted = _TYPES.get(name, object)
    if not isinstance(value, wanted):
        kinds = wanted if isinstance(wanted, tuple) else (wanted,)
        names = " or a ".join(kind.__name__ for kind in kinds)
        raise FrameworkError(f"field '{name}' is a {type(value).__name__}, not a {names}")


def marked(entries: Iterable[EntryPoint], globs: Iterable[str], **marks: Any) -> tuple[EntryPoint, ...]:
    """The entry points, those that a glob names with these fields set: what a table says of many calls at once."""
    globs = tuple(globs)
    return tuple(replace(entry, **marks) if any(map(entry.matches, globs)) else entry for entry in entries)
