"""The suite as users install it: a wheel in any folder, and a framework that somebody else brings."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from meta_tests.installed.conftest import ROOT, Environment

#: What these tests share takes long to make: one process of a parallel run has it.
pytestmark = pytest.mark.xdist_group("installed")

PACKAGE = "tensor_conformance.conformance"


def rows(environment: Environment, name: str = "conformance-results.jsonl") -> list[dict[str, Any]]:
    """The rows of a results file in the environment's folder."""
    return [json.loads(line) for line in (environment.work / name).read_text().splitlines()]


def test_a_wheel_has_every_module_and_nothing_else_of_the_checkout(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    folders = ("strategies", "conformance", "reports")
    ours = {
        f"tensor_conformance/{path.relative_to(ROOT)}"
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == ours | {"tensor_conformance/__init__.py", "tensor_conformance/py.typed"}


def test_strategies_draw_with_numpy_and_hypothesis_alone(bare: Environment) -> None:
    lines = "from tensor_conformance.strategies import arrays; print(arrays('float32', layout='reversed').example().dtype)"
    assert "float32" in bare.run(bare.python, "-W", "ignore", "-c", lines)


def test_a_verb_says_in_a_line_what_it_lacks(bare: Environment) -> None:
    done = bare.ask(bare.tool, "diff", "one", "other")
    assert done.returncode == 2
    assert done.stderr == "diff needs packaging: python -m pip install 'tensor-conformance[upgrade]'\n"


def test_every_verb_has_help_without_what_it_lacks(bare: Environment) -> None:
    assert "tensor-conformance[run]" in bare.run(bare.tool, "--help").replace("\n", "").replace(" ", "")


def test_pytest_finds_the_installed_suite_and_its_options(driver: Environment) -> None:
    options = ("--framework", "pebble", "--profile", "quick", "-q", "-p", "no:cacheprovider")
    said = driver.run(driver.python, "-m", "pytest", "--pyargs", PACKAGE, *options)
    assert "3 entry points" in said
    assert "pebble.copy" in said


def test_pytest_finds_the_installed_benchmarks_and_their_options(driver: Environment) -> None:
    options = ("--framework", "pebble", "--largest", "1MiB", "--processes", "1", "--visits", "1", "-p", "no:cacheprovider")
    said = driver.run(driver.python, "-m", "pytest", "--pyargs", f"{PACKAGE}.benchmarks.bench_conversions", *options)
    assert "pebble.copy" in said


def test_other_pytest_sessions_get_no_option(driver: Environment) -> None:
    (driver.work / "test_theirs.py").write_text("def test_theirs(): pass\n")
    done = driver.ask(driver.python, "-m", "pytest", "test_theirs.py", "--framework", "pebble")
    assert done.returncode == 4
    assert "unrecognized arguments" in done.stderr


def test_a_framework_from_outside_is_judged(driver: Environment) -> None:
    said = driver.run(driver.tool, "run", "--framework", "pebble", "--profile", "quick")
    entries = {row["entry"]: row for row in rows(driver) if row["kind"] == "entry"}
    assert set(entries) == {"pebble.copy", "pebble.view", "pebble.Pebble.numpy"}
    assert all(entry["verdicts"]["conforms"] > 50 for entry in entries.values())
    assert "pebble.view" in said


def test_a_subject_sees_its_own_environment(driver: Environment, before: Environment) -> None:
    driver.run(driver.tool, "run", "--subject", f"pebble={before.python}", "--framework", "pebble", "--profile", "quick")
    header, *body = rows(driver)
    assert header["environment"]["pebble"] == "1.0"
    (deviation,) = [row for row in body if row["kind"] == "deviation"]
    assert (deviation["id"], deviation["status"]) == ("pebble-forgets-the-sign-of-zero", "happens")
    script = driver.work / "deviation.py"
    script.write_text(deviation["script"].replace("print(r)", "print(r.tolist())"))
    assert "[0.0]" in before.run(before.python, script)
    assert "[-0.0]" in driver.run(driver.python, script)


def test_what_was_only_observed_drifts_in_a_release_that_was_never_measured(driver: Environment, later: Environment) -> None:
    ask = (driver.tool, "run", "--subject", f"pebble={later.python}", "--framework", "pebble", "--profile", "quick")
    said = driver.run(*ask)
    assert "extrapolated: pebble 3.0 is newer than 2.0, the newest that was measured" in said
    header, *body = rows(driver)
    assert list(header["extrapolated"]) == ["pebble"]
    assert {(row["entry"], row["law"]) for row in body if row["kind"] == "drift"} == {("pebble.Pebble.numpy", "writable")}
    assert not [row for row in body if row["kind"] == "finding"]
    driver.run(*ask, "--fail-on-drift", codes=(1,))


def test_a_mistake_of_an_adapter_is_told_with_its_line(driver: Environment) -> None:
    (adapter,) = driver.python.parents[1].glob("lib/python*/site-packages/pebble_conformance/adapter.py")
    honest = adapter.read_text()
    adapter.write_text(honest.replace("    return Source(spec)\n", "    return Source(spec).value\n"))
    said = driver.run(driver.tool, "run", "--framework", "pebble", "--entry-point", "*numpy", "--phase", "grid", codes=(1,))
    adapter.write_text(honest)
    assert "the adapter failed with an error: AttributeError: 'Pebble' object has no attribute" in said


def test_a_framework_from_outside_is_compared(driver: Environment, before: Environment) -> None:
    sides = ("--from", str(before.python), "--to", str(driver.python))
    globs = ("--entry-point", "pebble.*")
    said = driver.run(driver.tool, "upgrade", *sides, *globs, "--profile", "quick", codes=(1,))
    assert said.count("FIXED  pebble.copy") == 1
    assert "where they were wrong" in said


def test_reports_are_made_of_a_framework_from_outside(driver: Environment) -> None:
    driver.run(driver.tool, "run", "--framework", "pebble", "--profile", "quick", "--phase", "grid")
    driver.run(driver.tool, "html", "conformance-results.jsonl", "-o", "site")
    assert "pebble.view" in (driver.work / "site" / "calls.html").read_text()


def test_the_installed_suite_names_no_command_of_the_checkout(driver: Environment) -> None:
    said = driver.run(driver.tool, "--help") + driver.run(driver.tool, "run", "--help")
    assert "python -m reports" not in said
    assert "pytest conformance" not in said
