"""The lines of a reproducer that put a conversion under pressure, from those of the law; see `conformance.run.reproducer`."""

from __future__ import annotations

from string import Template

from ...strategies.containers import EXPRESSIONS, NESTED_LIST, definitions
from ..frameworks.registry import framework
from ..laws.law import Breach, Law
from ..promises import EntryPoint


def lines(entry: EntryPoint, law: Law, breach: Breach) -> list[str]:
    """Lines that follow those which build the input, `a` or `t`; they import what they need."""
    source, ours = entry.argument, framework(entry.framework)
    owner = "buffer" if not entry.maker else "" if entry.on else ours.scripts.owner
    about = breach.observed.partition(":")[0]
    used = ours.scripts.allocated.format(entry.device.partition(":")[0])
    text = Template("\n".join(law.shown if used else _without_used(law.shown))).substitute(
        source=source,
        owner=owner or source,
        every=", ".join(filter(None, [source, owner])),
        setting=ours.settings[about].enter if about in ours.settings else f"# {about}",
        context=ours.contexts[about].expression if about in ours.contexts else f"# {about}",
        form=_in_form(about),
        state=about,
        used=used,
    )
    imports = [f"import {name}" for name in ("contextlib", "gc", "os", "random", "sys", "warnings") if f"{name}." in text]
    if "ThreadPool" in text:
        imports.append("from multiprocessing.pool import ThreadPool")
    return [*imports, "", *entry.function, "", *text.splitlines()]


def _without_used(shown: tuple[str, ...]) -> list[str]:
    kept = [line for line in shown if "$used" not in line]
    return kept if len(kept) == len(shown) else [*kept, "# Count what the device's allocator has handed out, before and after."]


def _in_form(form: str) -> str:
    """Lines that hand the same elements over in another form."""
    expression = NESTED_LIST if form == "nested list" else EXPRESSIONS.get(form, "a")
    return "\n".join([*(definitions(form) if form in EXPRESSIONS else []), f"print(convert({expression}))  # {form}"])
