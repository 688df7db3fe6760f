"""Benchmark runs of an imagined machine."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensor_conformance.reports.benchmark.runs import BARE_CALL, FRESH_COPY, MEMCPY

SIZES = {"empty": 0, "16 elements": 64, "4 KiB": 4 << 10, "256 KiB": 256 << 10, "4 MiB": 4 << 20, "64 MiB": 64 << 20}
Row = dict[str, Any]


def copying(nbytes: int) -> float:
    """Seconds of a copy on an imagined machine: 10 GB/s."""
    return 400e-9 + nbytes / 10e9


def fresh(nbytes: int) -> float:
    """The same into pages that are made first."""
    return 2e-6 + nbytes / 4e9


def sharing(nbytes: int) -> float:
    """Seconds of a call that touches nothing."""
    return 900e-9


def row(entry: str, size: str, cost: float, seed: int = 0, promise: str = "", noise: float = 0.03, **fields: Any) -> Row:
    """One cell of 6 visits with 5 rounds each, of which a few were disturbed."""
    rng = random.Random(f"{seed} {entry} {size}")
    visits = []
    for _ in range(6):
        level = cost * rng.lognormvariate(0, noise)
        visits.append([level * (1 + abs(rng.gauss(0, noise)) + 3 * (rng.random() < 0.05)) for _ in range(5)])
    limit = entry.startswith("limit")
    about = {"name": f"{entry}-{size}", "entry": entry, "framework": "" if limit else "torch", "direction": "" if limit else "in"}
    about |= {"axis": "size", "dtype": "float32", "layout": "contiguous", "size": size, "nbytes": SIZES[size]}
    about |= {"temperature": "warm", "promise": promise, "source": "observed in fake 1.0", "memory": promise, "converts": False}
    return {**about, "symbolic": False, "deviations": [], "costly": [], "rounds": visits, "bare": [50e-9] * 6, **fields}


def call(entry: str, cost: Callable[[int], float], seed: int = 0, promise: str = "", **fields: Any) -> list[Row]:
    """An entry point over all sizes."""
    return [row(entry, size, cost(nbytes), seed, promise, **fields) for size, nbytes in SIZES.items()]


def limits(seed: int = 0) -> list[Row]:
    """The limits of the imagined machine."""
    found = [row(BARE_CALL, "16 elements", 50e-9, seed)]
    for name, cost in ((MEMCPY, copying), (FRESH_COPY, fresh)):
        found += [row(name, size, cost(nbytes), seed) for size, nbytes in SIZES.items() if nbytes]
    return found


def saved(path: Path, cells: list[Row], **machine: Any) -> Path:
    """The rows as pytest-benchmark's JSON."""
    benchmarks = []
    for r in cells:
        info = {name: value for name, value in r.items() if name not in ("rounds", "bare")}
        info["visits"] = [
            {"at": 0.0, "process": 0, "loops": 1, "rounds": len(v), "bare": b} for v, b in zip(r["rounds"], r["bare"])
        ]
        benchmarks.append({"extra_info": info, "stats": {"data": [s for visit in r["rounds"] for s in visit]}})
    refused = {name: value for name, value in cells[-1].items() if name not in ("rounds", "bare")} | {
        "outcome": "raised",
        "message": "no",
    }
    said = {"format": 1, "seconds": 1.0, "not_timed": [refused]}
    data = {"machine_info": machine, "datetime": "2026-01-01T00:00", "benchmarks": benchmarks, "conformance": said}
    path.write_text(json.dumps(data))
    return path
