"""Results that have something for every page of a site, made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from meta_tests.helpers import COMPARISON, DEVIATION, DIFFERENCE, ENTRY, FINDING, FOOTER, HEADER, NOT_RUN, write_lines
from meta_tests.timings import call, fresh, limits, saved, sharing
from tensor_conformance.reports.cells import Cells, Outcome, encode
from tensor_conformance.reports.html import write
from tensor_conformance.reports.results import Row

DOCS = "https://example.org/docs"


def written(topic: str, says: str, when: str = "", url: str = "", observed: str = "", quote: str = "") -> Row:
    """A clause as a run writes it."""
    text = f"{topic}: {says} when {when}" if when else f"{topic}: {says}"
    source = f"documented: {url}" if url else f"observed in {observed}"
    fields = {"says": says, "when": when, "url": url, "observed": observed, "quote": quote}
    return {"topic": topic, "text": text, "source": source} | fields


PROMISE = [
    written("refuses", "must raise TypeError", "the dtype is text", observed="fake 1.0"),
    written("aliasing", "shares", url=DOCS, quote="They share memory."),
    written("aliasing", "copies", "it is not contiguous", observed="fake 1.0"),
]
SHARES, COPIES = Outcome("conforms", "shares", 1), Outcome("conforms", "copies", 2)
REFUSES = Outcome("refuses", "raised TypeError", 0)
CRASHES, WRONG = Outcome("deviates", "crashed (SIGSEGV)", 1), Outcome("violates", "copies", 1)
CELLS: Cells = Cells(
    {
        ("float32", "C", SHARES): 60,
        ("float32", "holes", COPIES): 12,
        ("float64", "C", SHARES): 40,
        ("float64", "holes", WRONG): 2,
        (">int32", "C", CRASHES): 3,
        ("S5", "C", REFUSES): 7,
    }
)
SPEC: Row = {
    "dtype": "float64",
    "shape": [2, 3],
    "strides": [-8, 16],
    "offset": 8,
    "nbytes": 48,
    "address": 8,
    "memory": "plain",
    "container": "ndarray",
    "seed": 0,
    "planted": [],
}
LAWS = {"values": {"must": "Values MUST survive.", "source": DOCS}, "survival": {"must": "A call MUST end.", "source": DOCS}}


def entry(name: str, cells: Cells = CELLS, **fields: Any) -> Row:
    """An entry point's row with cells."""
    return ENTRY | {"entry": name, "promise": PROMISE, "cells": encode(cells), "deviated": {"fake-nan": 3}} | fields


CALL = entry("fake.convert")
FINE = entry("other.asarray", Cells({("float32", "C", SHARES): 5}), framework="other", direction="out", deviated={})
BROKEN = FINDING | {"spec": SPEC, "itemsize": 8, "script": "import numpy as np\nprint('<b>' & 1)\n"}
KNOWN = DEVIATION | {
    "spec": SPEC,
    "itemsize": 8,
    "laws": ["survival"],
    "severity": "crash",
    "releases": "fake >=1.0",
    "expected": "x",
}
_SAID = ("id", "law", "must", "expected", "observed", "outcome", "promise", "count", "script")
PROGRAM = {name: BROKEN[name] for name in _SAID} | {"kind": "program", "combination": "fake+other", "phase": "stateful"}
PROGRAM["program"] = [["new", 0, 1, "", 2]]
PROGRAMS = {"kind": "programs", "combination": "fake+other", "programs": 42, "steps": {"done": 7}, "seconds": 1.5}
ROWS: tuple[Row, ...] = (HEADER | {"laws": LAWS}, CALL, FINE, BROKEN, KNOWN, NOT_RUN, FOOTER)


def site(folder: Path, *rows: Row, benchmark: Path | None = None) -> Path:
    """The folder of a site made of these rows, or of all."""
    path = write_lines(folder / "results.jsonl", *(rows or ROWS))
    return write([path], folder / "site", benchmark).parent


def whole_site(folder: Path) -> Path:
    """A site with something on every page: an upgrade and a benchmark run too."""
    upgrade = HEADER | {"laws": LAWS, "against": {"numpy": "1.26.4"}}
    differences = [DIFFERENCE | {"entry": "fake.convert"}, DIFFERENCE | {"id": "1123456789", "change": "added"}]
    timed = limits() + call("fake.convert", sharing, promise="shares") + call("fake.other", fresh, promise="copies")
    run = saved(folder / "run.json", timed)
    return site(folder, upgrade, *ROWS[1:-1], COMPARISON, *differences, FOOTER, benchmark=run)


def pages(folder: Path) -> list[Path]:
    """All pages of a site."""
    return sorted(folder.rglob("*.html"))
