"""Fixtures of the suite's own tests: subjects that have NumPy alone, so that they start at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tensor_conformance.conformance.run.subjects import InProcess, Isolated

# Under nohup, or in the background of a script, SIGINT is ignored, and would be by every process that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def isolated() -> Iterator[Isolated]:
    """A subject without any framework; a conversion may take two seconds."""
    subject = Isolated((), limit=2.0)
    yield subject
    subject.close()


@pytest.fixture(scope="session")
def in_process() -> InProcess:
    """The same in this process."""
    return InProcess(())
