"""The frameworks that are here: found through the entry-point group, checked, and asked as one.

No framework is imported. In a checkout that was never installed, the group is read from its pyproject.toml.
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points as installed_entry_points
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import tomllib

from ...strategies.spec import register_states
from ..promises import EntryPoint
from ..promises.claims import Claim
from ..promises.deviations import Deviation
from ..promises.releases import Versions, beyond
from .framework import Framework, FrameworkError

GROUP = "tensor_conformance.frameworks"
_OURS = "tensor-conformance"
_PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


class _Declared(NamedTuple):
    """One line of the group: a name, "module:attribute", and the distribution that declares it."""

    name: str
    value: str
    distribution: str


def _declared() -> Iterator[_Declared]:
    if _PYPROJECT.is_file():
        declared = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]["entry-points"][GROUP]
        yield from (_Declared(name, value, _OURS) for name, value in declared.items())
    for point in installed_entry_points(group=GROUP):
        distribution = point.dist.name if point.dist is not None else ""
        if not (distribution == _OURS and _PYPROJECT.is_file()):
            yield _Declared(point.name, point.value, distribution)


class _Found(NamedTuple):
    """Frameworks by name, in their order; and of those that cannot be used, name to the reason in a line."""

    usable: dict[str, Framework]
    broken: dict[str, str]


@cache
def _found() -> _Found:
    found: dict[str, Framework] = {}
    broken: dict[str, str] = {}
    names: dict[str, str] = {}  # Of entry points, each with its framework.
    for declared in _declared():
        try:
            framework = _loaded(declared)
            if declared.name in found:
                raise FrameworkError("another package has declared the same name")
            known = next((entry.name for entry in framework.entry_points if entry.name in names), None)
            if known is not None:
                raise FrameworkError(f"field 'entry_points': {known} is an entry point of {names[known]} already")
        except FrameworkError as error:
            key = declared.name if declared.name not in found else f"{declared.name} of {declared.distribution}"
            broken[key] = f"{declared.name}, declared by the package {declared.distribution}, cannot be used: {error}"
            continue
        found[framework.name] = framework
        register_states(framework.states)
        names |= dict.fromkeys((entry.name for entry in framework.entry_points), framework.name)
    return _Found(dict(sorted(found.items(), key=lambda item: (item[1].order, item[0]))), broken)


def _loaded(declared: _Declared) -> Framework:
    module, _, attribute = declared.value.partition(":")
    try:
        value = getattr(importlib.import_module(module), attribute)
    except FrameworkError:
        raise
    except Exception as error:  # Somebody else's code breaks in any way it likes.
        line = (str(error).strip().splitlines() or [""])[0]
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        raise FrameworkError(f"{declared.value} raises {type(error).__name__}: {line} ({where})") from None
    if not isinstance(value, Framework):
        raise FrameworkError(f"{declared.value} is a {type(value).__name__}, not a Framework")
    if value.name != declared.name:
        raise FrameworkError(f"field 'name' is {value.name!r}, not the declared {declared.name!r}")
    return value


def frameworks() -> dict[str, Framework]:
    """All that can be used, by name, in their order."""
    return _found().usable


def broken() -> dict[str, str]:
    """Those that are declared and cannot be used: name to a line that names the package and the field."""
    return _found().broken


def framework(name: str) -> Framework:
    """The framework of this name; raises FrameworkError, naming those there are."""
    try:
        return frameworks()[name]
    except KeyError:
        reason = broken().get(name, f"unknown framework {name!r}; known: {', '.join(frameworks())}")
        raise FrameworkError(reason) from None


def of_maker(maker: str) -> Framework:
    """The framework whose tensors are built: of "torch@cuda:1" that is torch."""
    return framework(maker.partition("@")[0])


@cache
def entry_points() -> tuple[EntryPoint, ...]:
    """All entry points, by framework."""
    return tuple(chain.from_iterable(each.entry_points for each in frameworks().values()))


@cache
def on_device(device: str) -> tuple[EntryPoint, ...]:
    """All entry points about a device other than the host: "cuda", "cuda:1", "cpu:1"."""
    return tuple(chain.from_iterable(each.on_device(device) for each in frameworks().values()))


@cache
def deviations() -> tuple[Deviation, ...]:
    """All known deviations."""
    return tuple(chain.from_iterable(each.deviations for each in frameworks().values()))


def known_for(entry: EntryPoint, versions: dict[str, str]) -> tuple[Deviation, ...]:
    """The deviations recorded for an entry point in a subject with these releases."""
    return tuple(d for d in deviations() if d.covers(entry) and d.applies_to(versions))


def extrapolation(framework: str, versions: Versions) -> str:
    """Why what is promised of a framework, or of several ("torch+tensorflow"), is extrapolated in a subject; "" if it is not."""
    asked = [frameworks()[name] for name in framework.split("+") if name]
    reasons = [beyond(versions, each.measured, (each.name, "numpy")) for each in asked]
    return "; ".join(dict.fromkeys(filter(None, reasons)))


@cache
def claims() -> tuple[Claim, ...]:
    """What is said of frameworks."""
    return tuple(chain.from_iterable(each.claims for each in frameworks().values()))
