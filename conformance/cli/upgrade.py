"""The verb `upgrade`: build both environments, have the suite compare them, and render what differs."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from ...reports.differences import fails, of_results, render, write_scripts
from ...reports.folders import writable
from ...reports.results import read
from ..frameworks.registry import entry_points, frameworks
from ..noticed import SUITE
from ..run.subjects import installed
from ..upgrade.environments import BuildError, Options, interpreter
from .diff import add_entry_points, add_rendering
from .run import suite

#: Options that uv knows by the same name.
_INDEX = ("--index-url", "--extra-index-url", "--find-links", "--torch-backend", "--prerelease")
#: pytest's exit code when it was interrupted.
_INTERRUPTED = 2


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("upgrade", help="compare two environments: interpreters, or requirements to build them from")
    verb.add_argument("sides", nargs="*", metavar="SIDE", help="before and after, as --from and --to")
    verb.add_argument(
        "--from", dest="before", metavar="SIDE", help="an interpreter, or requirements: 'numpy==2.4.6 torch==2.13.0'"
    )
    verb.add_argument("--to", dest="after", metavar="SIDE", help="the same")
    add_building(verb)
    add_entry_points(verb, "only these calls (repeatable)")
    verb.add_argument("--profile", default="default", help="how thorough: quick, default, thorough")
    verb.add_argument("--seed", default="0", help="seed of grid and search")
    verb.add_argument("--results", type=Path, default=Path("upgrade-results.jsonl"), metavar="FILE")
    add_rendering(verb)
    verb.set_defaults(run=run)


def add_building(verb: argparse.ArgumentParser) -> None:
    """The options of all that build environments."""
    verb.add_argument("--python", metavar="VERSION", help="Python of the environments that are built, as 3.11")
    for option in _INDEX:
        verb.add_argument(option, action="append", default=[], metavar="VALUE", help="passed through to uv")


def building(asked: argparse.Namespace) -> Options:
    """How the environments that are asked for are built."""
    return Options(asked.python, tuple(word for option in _INDEX for value in _values(asked, option) for word in (option, value)))


def run(asked: argparse.Namespace) -> int:
    """0 when both behave alike, 1 when they differ; raises BuildError or ResultsError."""
    sides = [side for side in (asked.before, asked.after) if side] + asked.sides
    if len(sides) != 2 or (asked.after and not asked.before):
        raise BuildError("upgrade needs two sides: --from SIDE --to SIDE")
    if asked.scripts:
        writable(asked.scripts)
    before, after = (interpreter(side, building(asked)) for side in sides)
    code = _compare(before, after, asked)
    if code not in (0, 1):
        raise BuildError(f"the comparison did not run (pytest ended with exit code {code})")
    results = read(asked.results)
    report = of_results(results)
    rows = report.rows
    if not any(results.of("comparison")):
        raise BuildError("nothing was compared: " + "; ".join(report.notes))
    if asked.scripts:
        write_scripts(rows, asked.scripts)
    print(render(asked.format, report))
    if rows and asked.format == "text":
        print(f"\nscripts: {asked.scripts}" if asked.scripts else "\n--scripts FOLDER writes a script for each difference")
        print(f"in both environments: {before} SCRIPT; {after} SCRIPT\nresults: {asked.results}")
    return int(fails(rows, asked.fail_on))


def _values(asked: argparse.Namespace, option: str) -> list[str]:
    return list(getattr(asked, option.strip("-").replace("-", "_")))


def _compare(before: str, after: str, asked: argparse.Namespace) -> int:
    """pytest's exit code; raises KeyboardInterrupt that says where the results so far are."""
    names = tuple(frameworks())
    found = [installed(names, dict.fromkeys(names, python)) for python in (before, after)]
    both = [name for name in names if all(name in releases for releases, _ in found)]
    if not both:
        reasons = [why for _, missing in found for why in missing.values()]
        raise BuildError(f"no framework is in both environments: {'; '.join(reasons)}")
    for glob in asked.entry_point:
        owners = [name for name in names if any(entry.framework == name and entry.matches(glob) for entry in entry_points())]
        if owners and not set(owners) & set(both):
            reasons = [missing[name] for _, missing in found for name in owners if name in missing]
            raise BuildError(f"--entry-point {glob}: {' and '.join(owners)} is not in both environments: {'; '.join(reasons)}")
    arguments = ["-q", "--no-header", "--no-summary", "--tb=no", "--against", before, "--framework", ",".join(both)]
    arguments += [word for name in both for word in ("--subject", f"{name}={after}")]
    arguments += [word for glob in asked.entry_point for word in ("--entry-point", glob)]
    arguments += ["--profile", asked.profile, "--seed", asked.seed, "--results", str(asked.results.absolute())]
    earlier = _written(asked.results)
    with contextlib.redirect_stdout(sys.stderr):
        code = suite(arguments, SUITE / "test_upgrade.py")
    if code != _INTERRUPTED:
        return code
    if _written(asked.results) != earlier:  # What is there now is not an earlier run's.
        raise KeyboardInterrupt(f"interrupted; what was found so far: {asked.results}")
    raise KeyboardInterrupt


def _written(path: Path) -> int:
    """When a file was last written, in nanoseconds; 0 where there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0
