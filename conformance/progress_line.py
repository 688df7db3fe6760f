"""The line below a run's dots that says how far it has come."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any

import pytest

from .run.progress import Progress

#: Seconds between two lines where each of them stays: in a log.
_IN_A_LOG = 30.0


class ProgressLine:
    """Written while results are waited for: over itself in a terminal, else now and then as a line of its own."""

    def __init__(self, config: pytest.Config, progress: Progress) -> None:
        self._reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        self._capture: Any = config.pluginmanager.get_plugin("capturemanager")
        self._progress = progress
        self._shown = False
        self._last = time.monotonic()

    def show(self) -> None:
        """Say how far the run has come."""
        in_a_log = not self._reporter.isatty
        if in_a_log and time.monotonic() - self._last < _IN_A_LOG:
            return
        self._last = time.monotonic()
        with self._uncaptured():
            if in_a_log:
                self._reporter.ensure_newline()
                self._reporter.write_line(self._progress.line)
                return
            if not self._shown:
                self._reporter.ensure_newline()
            self._shown = True
            self._reporter.rewrite(self._progress.line, erase=True)
            self._reporter.flush()

    def clear(self) -> None:
        """Make room for what pytest writes."""
        if self._shown:
            self._shown = False
            with self._uncaptured():
                self._reporter.rewrite("", erase=True)

    def _uncaptured(self) -> Any:
        return nullcontext() if self._capture is None else self._capture.global_and_fixture_disabled()
