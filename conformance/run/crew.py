"""A crew: threads that do jobs, each those of its own queue, and then what is left in the others'."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
#: Does a piece of work; told the name of the thread if that is not the queue's own, else "".
Job = Callable[[str], Any]


class Unable(Exception):
    """Raised by a job that this helper cannot do: it goes back to where it was, and the helper helps no more."""


class Crew:
    """Threads by the names of their queues, started when a queue gets its first job.

    worth  jobs that must be left in another's queue to be worth the trouble of helping
    """

    def __init__(self, worth: int) -> None:
        self._worth = worth
        self._queues: dict[str, deque[tuple[Job, Future[Any]]]] = {}
        self._change = threading.Condition()
        self._closed = False

    def do(self, queue: str, *jobs: Callable[[str], T]) -> list[Future[T]]:
        """Have the jobs done, in this order, as far as nobody helps."""
        futures: list[Future[T]] = [Future() for _ in jobs]
        with self._change:
            is_new = queue not in self._queues
            self._queues.setdefault(queue, deque()).extend(zip(jobs, futures))
            self._change.notify_all()
        if is_new:
            threading.Thread(target=self._work, args=(queue,), name=queue, daemon=True).start()
        return futures

    def close(self) -> None:
        """Begin no other job."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    def _work(self, own: str) -> None:
        helps = True
        while taken := self._take(own, helps):
            queue, job, future = taken
            try:
                future.set_result(job("" if queue == own else own))
            except Unable:
                helps = False
                with self._change:
                    self._queues[queue].append((job, future))
                    self._change.notify_all()
            except BaseException as error:
                future.set_exception(error)

    def _take(self, own: str, helps: bool) -> tuple[str, Job, Future[Any]] | None:
        with self._change:
            while not self._closed:
                if self._queues[own]:
                    return own, *self._queues[own].popleft()
                longest = max(self._queues, key=lambda name: len(self._queues[name]))
                if helps and len(self._queues[longest]) >= self._worth:
                    return longest, *self._queues[longest].pop()  # From the end: its own thread is at the other.
                self._change.wait()
            return None
