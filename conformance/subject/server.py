"""The subject's process: it imports the frameworks, runs nothing, and forks workers that may die."""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from . import pressures, trial
from .channel import Channel
from .observation import Observation, Report
from .play import PROGRAM
from .side import NO_DEVICES, Adapters, Side
from .worker import Worker


class Bench:
    """Workers in turn: a fresh one whenever one died.

    parent  the handle of the one who asks: it is silent until it is answered, or gone
    """

    def __init__(self, side: Side, parent: int) -> None:
        self._side, self._parent = side, parent
        self._worker: Worker | None = None

    def observe(
        self, call: str, maker: str, batch: list[Any], limit: float, pressure: str = "", patience: int = sys.maxsize
    ) -> list[bytes]:
        """Observations (marshalled) of the whole batch, in order, deaths and hangs included.

        After `patience` deaths, of which a hang counts for twenty, the rest is not asked.
        """
        states = {"fake"} if any("fake" in fields for fields in batch) else set()
        if self._side.prepare(" ".join([call, *states, f"under {pressure}"])):
            trial.settle()
            self.close()  # Workers forked from now on have it.
        if pressure not in pressures.IN_A_FRESH_PROCESS:
            return self._observe(call, maker, batch, limit, pressure, patience)
        observed = []
        for fields in batch:
            self.close()
            self._worker = Worker(self._side, repeat=False)
            observed += self._observe(call, maker, [fields], limit, pressure, patience)
        self.close()
        return observed

    def _observe(self, call: str, maker: str, batch: list[Any], limit: float, pressure: str, patience: int) -> list[bytes]:
        observed: list[bytes] = []
        while len(observed) < len(batch):
            if patience <= 0:
                rest = Observation("unbuildable", message="not asked: the call has died too often before", stage="build")
                return observed + [marshal.dumps(tuple(rest))] * (len(batch) - len(observed))
            if self._worker is None:
                self._worker = Worker(self._side)
            worker = self._worker
            written, ended = worker.run(call, maker, batch[len(observed) :], limit, pressure, self._parent)
            observed += written
            if ended and len(observed) < len(batch):
                doing = pressure or trial.STAGES[worker.progress()[2]]
                outcome, error = ("hung", ()) if ended == "hung" else ("crashed", (ended,))
                words = worker.last_words()
                died = (
                    Report(outcome, error, words).pack() if maker == PROGRAM else tuple(Observation(outcome, error, words, doing))
                )
                observed.append(marshal.dumps(died))
            if ended:
                patience -= 20 if ended == "hung" else 1
                worker.stop()
                self._worker = None
        return observed

    def close(self) -> None:
        if self._worker is not None:
            self._worker.stop()
            self._worker = None


def serve(channel: Channel, adapters: Adapters, devices: Mapping[str, str] = NO_DEVICES, scratch: str = "") -> None:
    """Answer requests until the channel closes: (call, maker, batch, limit, pressure, patience), marshalled.

    scratch  the folder for what is left behind by those that die
    """
    tempfile.tempdir = scratch or None
    side = Side(adapters, devices)
    trial.settle()
    channel.send(marshal.dumps((os.getpid(), side.versions, side.missing)))
    bench = Bench(side, channel.fileno())
    try:
        for request in channel:
            channel.send(marshal.dumps(bench.observe(*marshal.loads(request))))
    finally:
        bench.close()
