"""Prints each benchmark's ratios, all of one run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

_LINES: list[str] = []


@pytest.fixture
def say() -> Callable[[str], None]:
    """Adds a line to the ratios that are printed at the end."""
    return _LINES.append


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(output_json: dict[str, Any]) -> None:
    output_json["ratios"] = list(_LINES)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _LINES:
        terminalreporter.section("ratios of this run")
        for line in _LINES:
            terminalreporter.write_line(line)
