"""What every pytest session gets where this package is installed: nothing, unless the suite is what it is asked to run.

pytest reads options before it looks into packages, so that the suite's own could not be known otherwise.
"""

from __future__ import annotations

from pathlib import Path

import pytest

#: The suite's options and hooks, those of its benchmarks, the package that they are of, and its folder.
PLUGIN = "tensor_conformance.conformance.plugin"
BENCHMARKS = "tensor_conformance.conformance.benchmarks.plugin"
PACKAGE = PLUGIN.rpartition(".")[0]
SUITE = Path(__file__).resolve().parent


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Bring the suite's options and hooks where the suite is asked for."""
    if any(is_within(argument) for argument in args):
        early_config.pluginmanager.import_plugin(PLUGIN)
    if any(is_within(argument, "benchmarks") for argument in args):
        early_config.pluginmanager.import_plugin(BENCHMARKS)


def is_within(argument: str, part: str = "") -> bool:
    """Whether an argument of pytest names tests of the suite, or of one of its folders: by path, or as a module."""
    name, package = argument.partition("::")[0], f"{PACKAGE}.{part}".rstrip(".")
    if name == package or name.startswith(f"{package}."):
        return True
    return not name.startswith("-") and Path(name).exists() and Path(name).resolve().is_relative_to(SUITE / part)
