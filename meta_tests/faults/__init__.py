"""Seeded faults: real entry points that misbehave in one way, each with the law that has to catch it.

A fault is a row of a table: an entry point, the deed (how its call misbehaves), when it does so, and the law. The tables
stand in the modules beside this one, one per law. Importing them imports no framework: the driver reads the tables, the
subject runs the deeds.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from meta_tests.faults import symbolic
from meta_tests.faults.occasions import Occasion, always
from meta_tests.faults.symbolic import Rewritten
from tensor_conformance.conformance.promises import EntryPoint

#: Converts as the entry point does.
Good = Callable[[Any], Any]
#: (the entry point's own conversion, input, a dict that lives as long as one run) to what comes out instead.
Deed = Callable[[Good, Any, dict[Any, Any]], Any]


@dataclass(frozen=True)
class Fault:
    """One seeded fault.

    law    the law that has to catch it, by id
    entry  the name of the entry point that misbehaves
    deed   how: a function of the conversion, its input and what was kept from earlier calls
    when   on which inputs; on all others the call is as it should be
    """

    law: str
    entry: str
    deed: Deed
    when: Occasion = always

    @property
    def name(self) -> str:
        """What is wrong, in words: unique with the entry point and the law."""
        return f"{self.deed.__name__.replace('_', ' ')}{f' when {self.when.text}' if self.when.text else ''}"

    @property
    def id(self) -> str:
        return f"{self.law}: {self.entry}: {self.name}"

    def seeded_in(self, entry: EntryPoint, run: str = "") -> EntryPoint:
        """The entry point with the fault in its call; what the deed keeps is kept apart for each `run`."""
        *body, last = entry.call.strip().splitlines()
        argument = "t" if entry.maker else "a"
        good = textwrap.indent("\n".join([*body, f"return {last}"]), "    ")
        lines = ["from meta_tests import faults", f"def good({argument}):", good]
        lines.append(f"faults.misbehave({self.id!r}, {run!r}, good, {argument})")
        return replace(entry, call="\n".join(lines), _topics={})


def table(law: str, rows: dict[str, list[Deed | tuple[Deed, Occasion]]]) -> Iterator[Fault]:
    """The faults of one law: entry point to deeds, each with its occasion where it is not any input."""
    for entry, deeds in rows.items():
        for row in deeds:
            deed, when = row if isinstance(row, tuple) else (row, always)
            yield Fault(law, entry, deed, when)


@cache
def faults() -> dict[str, Fault | Rewritten]:
    """Every fault by its id."""
    from meta_tests.faults import aliasing, contents, contexts, endings, hard, kinds, numbers, pressure, strangers, traces

    modules = (endings, contents, numbers, kinds, aliasing, pressure, hard, traces, contexts, strangers)
    deeds: tuple[Fault, ...] = sum((module.FAULTS for module in modules), ())
    return {fault.id: fault for fault in (*deeds, *symbolic.FAULTS)}


@cache
def device_faults() -> dict[str, Fault]:
    """Every fault of calls that name devices, by its id; apart, for they need the simulated accelerator."""
    from meta_tests.faults import devices

    return {fault.id: fault for fault in devices.FAULTS}


_kept: dict[tuple[str, str], dict[Any, Any]] = {}


def misbehave(id: str, run: str, good: Good, x: Any) -> Any:
    """What a faulted call does (this runs in the subject)."""
    fault = faults().get(id) or device_faults()[id]
    assert isinstance(fault, Fault)
    return fault.deed(good, x, _kept.setdefault((id, run), {})) if fault.when(x) else good(x)
