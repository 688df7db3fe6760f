"""What every pytest session gets where this package is installed: nothing, unless the suite is what it is asked to run.

pytest reads options before it looks into packages, so that the suite's own could not be known otherwise.
"""

from __future__ import annotations

from pathlib import Path

import pytest

#: The suite's options and hooks, the package that they are of, and its folder.
PLUGIN = "tensor_conformance.conformance.plugin"
PACKAGE = PLUGIN.rpartition(".")[0]
SUITE = Path(__file__).resolve().parent


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Bring the suite's options and hooks where the suite is asked for."""
    if any(map(_is_ours, args)):
        early_config.pluginmanager.import_plugin(PLUGIN)


def _is_ours(argument: str) -> bool:
    name = argument.partition("::")[0]
    if name == PACKAGE or name.startswith(f"{PACKAGE}."):
        return True
    return not name.startswith("-") and Path(name).exists() and Path(name).resolve().is_relative_to(SUITE)
