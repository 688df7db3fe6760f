"""The lines of a reproducer that put a conversion under pressure; see `conformance.reproducer`."""

from __future__ import annotations

from ...strategies.containers import EXPRESSIONS, NESTED_LIST, definitions
from ..frameworks.registry import framework
from ..laws.law import Breach
from ..promises import EntryPoint

_COUNT = [
    "def levels(): return gc.collect() and 0, sys.getrefcount({source}), sys.getallocatedblocks()",
    "before = levels()",
    "for _ in range(100):",
    "    with contextlib.suppress(Exception): convert({source})",
    "print([after - level for after, level in zip(levels(), before)][1:])  # references and objects left behind",
]


def lines(entry: EntryPoint, law: str, breach: Breach) -> list[str]:
    """Lines that follow those which build the input, `a` or `t`; they import what they need."""
    source = entry.argument
    ours = framework(entry.framework)
    owner = "buffer" if not entry.maker else "" if entry.on else ours.scripts.owner
    about = breach.observed.partition(":")[0]
    ask = f"print(convert({source}))"
    shown = {
        "outlives": [f"r = convert({source})", f"del {', '.join(filter(None, [source, owner]))}", "gc.collect()", "print(r)"],
        "released": [line.format(source=source) for line in _COUNT],
        "refusal_leaks": [line.format(source=source) for line in _COUNT],
        "device_leaks": _counted_on_device(entry, source),
        "leaks": [line.format(source=source) for line in _COUNT],
        "capsules": [ask, "# Count how often the capsule's deleter runs: see conformance/subject/capsules.py."],
        "independence": [f"r = convert({source})", f"{owner or source}[:] = ~{owner or source}  # at once", "print(r)"],
        "threads": [f"print({{*ThreadPool(8).map(lambda _: repr(convert({source})), range(200))}})"],
        "repetition": ["for _ in range(9):", "    with contextlib.suppress(Exception): convert(object())", f"    {ask}"],
        "first_call": [ask, ask],
        "first_warning": [ask],
        "settings": [ask, *(ours.settings[about].enter.splitlines() if about in ours.settings else [f"# {about}"]), ask],
        "agreement": [ask, *_in_form(about)],
    }[law]
    text = "\n".join(shown)
    imports = [f"import {name}" for name in ("contextlib", "gc", "sys") if f"{name}." in text]
    if "ThreadPool" in text:
        imports.append("from multiprocessing.pool import ThreadPool")
    return [*imports, "", *entry.function, "", *shown]


def _counted_on_device(entry: EntryPoint, source: str) -> list[str]:
    allocated = framework(entry.framework).scripts.allocated
    if not allocated:
        return ["# Count what the device's allocator has handed out, before and after.", *_repeated(source)]
    used = allocated.format(entry.device.partition(":")[0])
    return [f"before = {used}", *_repeated(source), f"print({used} - before)  # bytes of the device left behind"]


def _repeated(source: str) -> list[str]:
    return [line.format(source=source) for line in _COUNT[2:4]]


def _in_form(form: str) -> list[str]:
    """Lines that hand the same elements over in another form."""
    expression = NESTED_LIST if form == "nested list" else EXPRESSIONS.get(form, "a")
    return [*(definitions(form) if form in EXPRESSIONS else []), f"print(convert({expression}))  # {form}"]
