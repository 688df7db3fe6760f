"""Reproducers: a few lines that show a finding with NumPy and the framework alone."""

from __future__ import annotations

from ...strategies.lines import array
from ...strategies.spec import ArraySpec, Spec, TensorSpec
from ..frameworks.registry import framework
from ..laws import LAWS
from ..laws.law import Breach
from ..promises import EntryPoint
from .reproducer_under_pressure import lines as under_pressure


def script(entry: EntryPoint, spec: ArraySpec | TensorSpec, law: str, breach: Breach) -> str:
    """A self-contained Python script that builds the input, converts it and shows what happens."""
    heading = [
        f"# {LAWS[law].must if law in LAWS else law}",
        f"# Expected: {_in_a_line(breach.expected)}. Observed: {_in_a_line(breach.observed)}.",
    ]
    ours = framework(entry.framework)
    build = array(spec) if isinstance(spec, ArraySpec) else ours.scripts.build(spec)
    if entry.on and ours.scripts.move:
        build.append(ours.scripts.move.format(repr(entry.on)))
    imports = ["import numpy as np", ours.imports]
    if any("ml_dtypes." in line for line in build):
        imports.insert(0, "import ml_dtypes")
    for name in ("random", "ctypes"):
        if any(f"{name}." in line.replace(".ctypes.", "") for line in build):
            imports.insert(0, f"import {name}")
    if law in LAWS and LAWS[law].pressure:
        return "\n".join([*heading, *imports, "", *build, *under_pressure(entry, LAWS[law], breach)]) + "\n"
    *before, last = entry.call.strip().splitlines()
    return "\n".join([*heading, *imports, "", *build, *before, f"r = {last}", *_show(entry, spec, law, breach)]) + "\n"


#: Laws that compare the result with what another way of computing gives.
_COMPARED = ("numpy_semantics", "eager_agreement")


def _in_a_line(text: str) -> str:
    return " ".join(text.split())


def _show(entry: EntryPoint, spec: Spec, law: str, breach: Breach) -> list[str]:
    source, scripts = entry.argument, framework(entry.framework).scripts
    # Of several facts the one that was broken: others may raise before it is shown.
    told = [text for name, text in entry.facts if name == breach.topic or (not breach.topic and name.partition(".")[0] == law)]
    if law == "snapshot" and spec.memory == "plain":
        shown = [f"print({text})" for text in told]
        return [*shown, "buffer[:] = ~buffer  # Change the source: does the form follow?", *shown]
    if told and law in _COMPARED:
        return [
            f"for each in (r, {', '.join(told)}):",
            "    print(each, getattr(each, 'dtype', None), getattr(each, 'shape', None))",
        ]
    if told:
        return ["print(r)", *(f"print({text})" for text in told)]
    if law in ("memory", "follows", "twins") and entry.direction == "in" and spec.memory == "plain":
        return ["print(r)", "buffer[:] = ~buffer  # Change the source: does the result follow?", "print(r)"]
    if law in ("leads", "readonly") and scripts.change and entry.direction == "in":
        shows_elements = spec.container in ("ndarray", "subclass", "matrix", "masked", "list", "buffer")
        elements = source if shows_elements or spec.memory not in ("plain", "readonly") else "buffer[start:]"
        return [f"print({elements})", f"{scripts.change}  # Change the result: does the source follow?", f"print({elements})"]
    if law == "writable":
        return ["print(type(r), 'writable:', getattr(getattr(r, 'flags', None), 'writeable', None))"]
    if law in ("leads", "immutability") and entry.direction == "out":
        return [f"print({source})", "r[...] = 1  # Change the result: does the source follow?", f"print({source})"]
    if law == "refusal":
        return ["print(type(r))  # There was no exception, or another one."]
    if law == "source" and isinstance(spec, ArraySpec):
        return ["print(a, a.flags if isinstance(a, np.ndarray) else '')"]
    if law == "survival":
        return [scripts.use if entry.direction == "in" else "print(r)"]
    return ["print(r)", "print(type(r), getattr(r, 'dtype', None), getattr(r, 'shape', None))"]
