"""What every pytest session gets where this package is installed: nothing, unless the suite is what it is asked to run.

pytest reads options before it looks into packages, so that the suite's own could not be known otherwise.
"""

from __future__ import annotations

from pathlib import Path

import pytest

_PLUGIN = "tensor_conformance.conformance.plugin"
_PACKAGE = _PLUGIN.rpartition(".")[0]
_SUITE = Path(__file__).resolve().parent


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Bring the suite's options and hooks where the suite is asked for."""
    if any(map(_is_ours, args)):
        early_config.pluginmanager.import_plugin(_PLUGIN)


def _is_ours(argument: str) -> bool:
    name = argument.partition("::")[0]
    if name == _PACKAGE or name.startswith(f"{_PACKAGE}."):
        return True
    return not name.startswith("-") and Path(name).exists() and Path(name).resolve().is_relative_to(_SUITE)
