"""Ctrl-C while a process of ours works: it ends what it writes before we end."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from signal import SIGINT

#: Seconds after which a process that still runs has not been interrupted along with this one, as a terminal does it.
GRACE = 3.0


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Interrupted, wait for the process to end by itself, and pass the interruption on if it does not; then raise it."""
    try:
        yield
    except KeyboardInterrupt:
        try:
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            if process.poll() is None:
                process.send_signal(SIGINT)
                process.wait()
        finally:
            process.kill()  # Where this was interrupted once more; what has ended it leaves alone.
        raise
