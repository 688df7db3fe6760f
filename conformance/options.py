"""The command line: what `pytest conformance` is asked to do, checked before anything runs."""

from __future__ import annotations

import argparse
import difflib
import os
import shlex
from pathlib import Path
from typing import Any

import pytest

from ..reports.replay import DEFAULT as RESULTS
from ..reports.replay import again
from ..reports.results import ResultsError, read
from ..strategies.spec import SpecError, spec_from_json
from .frameworks.registry import broken, entry_points, on_device
from .frameworks.registry import frameworks as known_frameworks
from .programs.phase import combinations
from .programs.program import ProgramError, program_from_json
from .promises import EntryPoint
from .run.plan import PHASES, PROFILES, Only, Plan
from .run.subjects import LIMIT
from .subject import devices

#: Processes that convert at once, unless more are asked for: each has a framework in memory.
_MOST = 4


def add(parser: pytest.Parser | ArgparseParser) -> None:
    """Declare the options, to pytest or to argparse."""
    option = parser.getgroup("conformance", "tensor conformance").addoption
    option("--framework", metavar="NAME[,NAME]", help=f"frameworks to ask (default: {','.join(known_frameworks())})")
    option("--entry-point", metavar="GLOB", action="append", help="entry points to try, such as 'torch.as*' (repeatable)")
    kinds = ", ".join((*devices.KINDS, "cuda:1", "all"))
    option("--device", default="cpu", metavar="NAME[,NAME]", help=f"devices of the tensors: {kinds} (default: cpu)")
    option("--profile", default="default", help=f"how thorough: {', '.join(PROFILES)} (default: default)")
    option("--phase", metavar="NAME[,NAME]", help=f"phases to run (default: {','.join(PHASES)})")
    option("--examples", type=int, metavar="N", help="Hypothesis examples per entry point, and programs (default: the profile's)")
    option("--seed", type=int, default=0, metavar="N", dest="conformance_seed", help="seed of grid and search (default: 0)")
    option("--results", type=Path, metavar="FILE", help=f"results file, JSON Lines (default: {RESULTS})")
    option("--report", type=Path, metavar="DIR", help="write a site to read in a browser from the results, when the run ends")
    option("--replay", metavar="ID", help="try one finding of the results file again")
    option("--subject", metavar="NAME=PYTHON", action="append", help="interpreter that has the framework NAME (repeatable)")
    option("--against", metavar="PYTHON", help="the interpreter before an upgrade: what the subjects do is compared with it")
    option(
        "--fail-on-drift",
        action="store_true",
        help="fail on drift, too (README, Releases)",
    )
    option("--in-process", action="store_true", help="convert in this process, for debugging: a crash is yours")
    option("--jobs", type=int, metavar="N", help=f"processes that convert at once (default: one a processor, {_MOST} at most)")
    option("--time-limit", type=float, default=LIMIT, metavar="SECONDS", help=f"limit of one conversion (default: {LIMIT:g})")


class ArgparseParser:
    """As much of pytest's parser as options are declared by, over argparse's."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.addoption = parser.add_argument

    def getgroup(self, name: str, description: str = "") -> ArgparseParser:
        return self


def plan(option: Any) -> Plan:
    """The plan that the options ask for; raises pytest.UsageError, naming what is known, for one that cannot be."""
    _known([option.profile], tuple(PROFILES), "profile")
    if option.replay and option.device == "cpu":
        option.device = _device_of(results_path(option))
    try:
        asked = devices.listed(option.device)
    except ValueError as error:
        raise pytest.UsageError(f"--device: {error}") from None
    if option.against and asked != ("cpu",):
        raise pytest.UsageError("--against compares on the host and takes no --device")
    if option.against and not Path(option.against).is_file():
        raise pytest.UsageError(f"--against: there is no interpreter {option.against!r}")
    if option.in_process and option.against:
        raise pytest.UsageError("--in-process converts in this interpreter and takes no --against")
    if option.in_process and option.subject:
        raise pytest.UsageError("--in-process converts in this interpreter and takes no --subject")
    if not option.time_limit > 0:
        raise pytest.UsageError("--time-limit must be a positive number of seconds")
    if option.jobs is not None and option.jobs < 1:
        raise pytest.UsageError("--jobs must be at least 1")
    if option.examples is not None and option.examples < 0:
        raise pytest.UsageError("--examples must not be negative")
    subjects = {}
    for text in option.subject or []:
        name, _, python = text.partition("=")
        _known([name], tuple(known_frameworks()), "framework in --subject")
        if not Path(python).is_file():
            raise pytest.UsageError(f"--subject {name}: there is no interpreter {python!r}")
        subjects[name] = python
    return Plan(
        profile=option.profile,
        seed=option.conformance_seed,
        examples=option.examples,
        phases=_listed(option.phase, PHASES, "phase"),
        subjects=subjects,
        in_process=option.in_process,
        limit=option.time_limit,
        only=_replayed(option) if option.replay else None,
        against=option.against,
        devices=asked,
        fail_on_drift=option.fail_on_drift,
        again=shlex.join([*again(results_path(option), subjects), *["--in-process"] * option.in_process]),
        processes=1 if option.in_process else option.jobs or min(_processors(), _MOST),
    )


def _processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def frameworks(option: Any) -> tuple[str, ...]:
    """The frameworks that are asked."""
    return _listed(option.framework, tuple(known_frameworks()), "framework")


def selected(option: Any, only: Only | None) -> list[EntryPoint]:
    """The entry points that are tried; raises pytest.UsageError for a glob that matches none."""
    chosen = [entry for entry in _on_devices(option) if entry.framework in frameworks(option)]
    if only is not None:
        if option.framework or option.entry_point:
            raise pytest.UsageError("--replay names one finding and takes no --framework or --entry-point")
        return [entry for entry in chosen if entry.name == only[0]]
    for glob in option.entry_point or []:
        if not any(entry.matches(glob) for entry in chosen):
            names = [entry.name for entry in chosen]
            for reason in broken().values():  # It may be of theirs.
                raise pytest.UsageError(f"no entry point matches {glob!r}; {reason}")
            closest = difflib.get_close_matches(glob.strip("*"), names, 5, 0.3) or names[:5]
            raise pytest.UsageError(
                f"no entry point matches {glob!r}; closest of {len(names)} known: {', '.join(closest)} (--collect-only lists all)"
            )
    globs = option.entry_point or ["*"]
    return [entry for entry in chosen if any(entry.matches(glob) for glob in globs)]


def _on_devices(option: Any) -> list[EntryPoint]:
    """The entry points about the devices that are asked for."""
    return [
        entry for device in devices.listed(option.device) for entry in (entry_points() if device == "cpu" else on_device(device))
    ]


def named(option: Any) -> list[str] | None:
    """Names of the entry points that were chosen by name; None where none were."""
    return [entry.name for entry in selected(option, None)] if option.entry_point else None


def programs(option: Any, plan: Plan) -> list[str]:
    """The sets of frameworks for which programs are tried: "torch", "tensorflow", "torch+tensorflow"."""
    if "stateful" not in plan.phases or "cpu" not in plan.devices:
        return []
    if plan.only is None:
        return combinations(selected(option, None))
    return [plan.only[0]] if set(plan.only[0].split("+")) <= set(known_frameworks()) else []


def results_path(option: Any) -> Path:
    """Where results are written, or read by --replay."""
    return option.results or RESULTS


def check_writable(option: Any) -> None:
    """Raise pytest.UsageError where no results can be written: better now than after the frameworks were imported."""
    path = results_path(option)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        path.open("a").close()
        if new:  # Nothing was run: there are no results to find.
            path.unlink()
    except OSError as error:
        raise pytest.UsageError(f"cannot write results to {path}: {error.strerror}") from None


def _listed(text: str | None, known: tuple[str, ...], what: str) -> tuple[str, ...]:
    return _known(text.split(","), known, what) if text else known


def _known(names: list[str], known: tuple[str, ...], what: str) -> tuple[str, ...]:
    for name in names:
        if name not in known:
            if name in broken():
                raise pytest.UsageError(broken()[name])
            raise pytest.UsageError(f"unknown {what} {name!r}; known: {', '.join(known)}")
    return tuple(names)


def found_with(option: Any) -> dict[str, str]:
    """The releases of the run whose finding is replayed."""
    return dict(read(results_path(option)).header["environment"])


def _device_of(path: Path) -> str:
    """The devices of the run that wrote the file; the host where it cannot be read, which is told elsewhere."""
    try:
        return str(read(path).header["device"])
    except ResultsError:
        return "cpu"


def _replayed(option: Any) -> Only:
    path = results_path(option)
    try:
        results = read(path)
        found = next(
            (row for kind in ("finding", "drift", "program") for row in results.of(kind) if row["id"] == option.replay), None
        )
        if found is None:
            raise pytest.UsageError(f"{path} holds no finding {option.replay!r}")
        if found["kind"] == "program":
            _known(found["combination"].split("+"), tuple(known_frameworks()), f"framework in {path}:")
            return found["combination"], program_from_json(found["program"])
        if found["entry"] not in {entry.name for entry in _on_devices(option)}:
            raise pytest.UsageError(
                f"{path} names an entry point {found['entry']!r} that this suite does not have, or not on {option.device}"
            )
        return found["entry"], spec_from_json(found["spec"]), found.get("pressure", "")
    except (ResultsError, SpecError, ProgramError) as error:
        raise pytest.UsageError(f"cannot replay: {error}") from None
