"""Threads that do jobs and help each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from tensor_conformance.conformance.run.crew import Crew, Unable


@pytest.fixture
def crew() -> Iterator[Crew]:
    crew = Crew(worth=2)
    yield crew
    crew.close()


def noted(done: list[tuple[str, int]], number: int, gate: threading.Event) -> Callable[[str], int]:
    def job(helper: str) -> int:
        gate.wait(10)
        done.append((helper, number))
        return number

    return job


def opened() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


def test_jobs_of_one_queue_are_done_in_order(crew: Crew) -> None:
    done: list[tuple[str, int]] = []
    futures = crew.do("a", *(noted(done, number, opened()) for number in range(20)))
    assert [future.result(10) for future in futures] == list(range(20))
    assert done == [("", number) for number in range(20)]


def test_who_is_idle_helps_from_the_end(crew: Crew) -> None:
    done: list[tuple[str, int]] = []
    gate = threading.Event()
    stuck, *others = crew.do("a", noted(done, 0, gate), *(noted(done, number, opened()) for number in (1, 2, 3)))
    crew.do("b", noted([], 0, opened()))
    assert [others[2].result(10), others[1].result(10)] == [3, 2]
    assert done == [("b", 3), ("b", 2)]  # The last one left is not worth it.
    gate.set()
    assert (stuck.result(10), others[0].result(10), done[2:]) == (0, 1, [("", 0), ("", 1)])


def test_what_a_helper_cannot_do_is_done_by_the_queues_own(crew: Crew) -> None:
    gate, tried = threading.Event(), threading.Event()

    def job(helper: str) -> str:
        if helper:
            tried.set()
            raise Unable
        return "done"

    stuck, *others = crew.do("a", noted([], 0, gate), job, job)
    crew.do("b", noted([], 0, opened()))
    assert tried.wait(10)
    gate.set()
    assert [stuck.result(10), *(future.result(10) for future in others)] == [0, "done", "done"]


def test_what_goes_wrong_is_told_to_who_waits(crew: Crew) -> None:
    def job(helper: str) -> None:
        raise KeyError("gone")

    (future,) = crew.do("a", job)
    with pytest.raises(KeyError):
        future.result(10)


def test_a_closed_crew_begins_nothing(crew: Crew) -> None:
    crew.close()
    (future,) = crew.do("a", noted([], 0, opened()))
    with pytest.raises(TimeoutError):
        future.result(0.2)
