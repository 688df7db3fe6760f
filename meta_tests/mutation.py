"""Mutants of our own helpers: each change of one operator, number or condition has to make a test fail.

    python -m meta_tests.mutation                  all of them, a few mutants at each place
    python -m meta_tests.mutation --only judge     one module

The mutants are Cosmic Ray's (https://cosmic-ray.readthedocs.io). They are made in a copy of the repository, one at a time,
and each is shown to the tests that are about its module and start no framework. A mutant that no test notices is printed as a
diff unless `meta_tests/equivalent.toml` says why it changes nothing that counts; then this ends with 1.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import NamedTuple

import tomllib
from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test, mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome

ROOT = Path(__file__).parent.parent
PYTEST = "-m pytest -x -q --no-header --no-summary --confcutdir=meta_tests -p no:cacheprovider"
#: Module to the tests that are about it and start no process.
TARGETS = {
    "conformance/laws/judge.py": "laws/test_judging.py",
    "conformance/laws/law.py": "laws/test_judging.py promises/test_clauses.py",
    "conformance/laws/refusal.py": "laws/test_judging.py",
    "conformance/laws/roundtrip.py": "laws/test_judging.py",
    "conformance/laws/dtype.py": "laws/test_judging.py",
    "conformance/laws/aliasing.py": "laws/test_judging.py",
    "conformance/laws/lifetime.py": "laws/test_judging_pressure.py",
    "conformance/laws/pressure.py": "laws/test_judging_pressure.py",
    "conformance/laws/symbolic.py": "laws/test_judging_facts.py",
    "conformance/laws/expected.py": "laws/test_expected.py",
    "conformance/promises/clauses.py": "promises/test_clauses.py",
    "conformance/promises/entry_point.py": "promises/test_clauses.py",
    "conformance/promises/conditions.py": "promises/test_clauses.py",
    "conformance/run/tally.py": "run/test_tally.py",
    "conformance/run/pressing.py": "run/test_pressing.py",
    "conformance/subject/observation.py": "subject/test_handles.py",
    "conformance/subject/trial.py": "subject/test_handles.py subject/test_evidence.py",
    "conformance/subject/handle.py": "subject/test_handles.py",
    "conformance/subject/pressures/again.py": "subject/test_pressures.py",
    "conformance/subject/pressures/capsule.py": "subject/test_pressures.py",
    "conformance/subject/pressures/conversion.py": "subject/test_pressures.py",
    "conformance/subject/pressures/crowd.py": "subject/test_pressures.py",
    "conformance/subject/pressures/drop.py": "subject/test_pressures.py",
    "conformance/subject/pressures/first.py": "subject/test_pressures.py",
    "conformance/subject/pressures/forms.py": "subject/test_pressures.py",
    "conformance/subject/pressures/many.py": "subject/test_pressures.py",
    "conformance/subject/pressures/overwrite.py": "subject/test_pressures.py",
    "conformance/subject/pressures/surroundings.py": "subject/test_pressures.py",
}
#: Seconds after which a mutant counts as noticed.
LIMIT = 30.0
#: Of the many things that one operator can become, so many are tried.
AT_ONE_PLACE = 2


class Mutant(NamedTuple):
    """One change of one module, and how its source reads then."""

    change: MutationSpec
    source: str


def mutants(module: str, source: str, database: Path, seed: int) -> list[Mutant]:
    """The module's mutants, `AT_ONE_PLACE` of each operator, without those that change annotations alone."""
    with use_db(database, WorkDB.Mode.create) as work:
        init([Path(module)], work, {})
        # Of the constants that the suite compares, the same are equal: `is` says nothing else.
        changes = [c for item in work.work_items for c in item.mutations if not c.operator_name.endswith(("_Is", "_IsNot"))]
    place = lambda change: (change.start_pos, change.operator_name.partition("_")[0])  # noqa: E731
    choose, plain = random.Random(seed), _meaning(source)
    made: list[Mutant] = []
    for _, alike in groupby(sorted(changes, key=place), place):
        few = list(alike)
        for change in few if len(few) <= AT_ONE_PLACE else choose.sample(few, AT_ONE_PLACE):
            changed = mutate_code(source, get_operator(change.operator_name)(**change.operator_args), change.occurrence)
            if changed is not None and _meaning(changed) != plain:
                made.append(Mutant(change, changed))
    return made


def _meaning(source: str) -> str:
    """What a module does, annotations apart."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg | ast.AnnAssign):
            node.annotation = ast.Constant(0)
    return ast.dump(tree)


def changed_line(before: str, after: str) -> tuple[str, str]:
    """The first line in which two sources differ."""
    return next((one.strip(), other.strip()) for one, other in zip(before.splitlines(), after.splitlines()) if one != other)


def survivors(module: str, tests: str, made: list[Mutant]) -> Iterator[Mutant]:
    """Those mutants that the tests do not notice."""
    files = " ".join(f"meta_tests/{test}" for test in tests.split())
    command = f"{sys.executable} {PYTEST} {files}"
    if mutate_and_test([], command, 600.0).test_outcome is not TestOutcome.SURVIVED:
        raise SystemExit(f"the tests of {module} fail without a mutant: {command}")
    for mutant in made:
        if mutate_and_test([mutant.change], command, LIMIT).test_outcome is TestOutcome.SURVIVED:
            yield mutant


def main() -> int:
    """Try the mutants of each module and say which survived."""
    parser = argparse.ArgumentParser(prog="python -m meta_tests.mutation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", metavar="TEXT", help="modules whose path holds this text")
    parser.add_argument("--seed", type=int, default=0, help="of the mutants at one place (default: %(default)s)")
    parser.add_argument("--most", type=int, default=sys.maxsize, metavar="N", help="mutants of one module, drawn by the seed")
    asked = parser.parse_args()
    equivalent = tomllib.loads((ROOT / "meta_tests/equivalent.toml").read_text(encoding="utf-8"))
    unexplained = 0
    with tempfile.TemporaryDirectory(prefix="mutation-") as home:
        subprocess.run(f"git ls-files -z | xargs -0 cp --parents -t {home}", shell=True, cwd=ROOT, check=True)
        os.chdir(home)
        os.environ |= {"PYTHONPATH": home, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        # Compiled once, and anew what a mutant changes: the clock is too coarse to tell.
        compileall.compile_dir(home, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
        for module, tests in TARGETS.items():
            if asked.only not in module:
                continue
            source = Path(module).read_text(encoding="utf-8")
            made = mutants(module, source, Path(home, "work.sqlite"), asked.seed)
            made = random.Random(asked.seed).sample(made, min(asked.most, len(made)))
            survived = [changed_line(source, mutant.source) for mutant in survivors(module, tests, made)]
            reasons = equivalent.get(Path(module).stem, {})
            left = [(before, after) for before, after in survived if after not in reasons]
            counts = f"{len(made)} mutants, {len(made) - len(survived)} killed, {len(survived) - len(left)} explained"
            print(f"{module}: {counts}, {len(left)} survived", flush=True)
            for before, after in left:
                print(f"  - {before}\n  + {after}", flush=True)
            unexplained += len(left)
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
