"""Fixtures of the suite's own tests: subjects that have NumPy alone, so that they start at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tensor_conformance.conformance.run.subjects import InProcess, Isolated

#: Faults and simulated devices are brought into subjects from here: a subject's own path has nothing of ours.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))


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
