"""One program under trial: a step is text, and after each all that is named h0, h1, ... is looked at, by address."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .handle import Handle
from .observation import Report, Shown
from .trial import NAMESPACE, heard, raised, settle

#: In a maker's place: what is asked for are steps of a program, which share a process as long as it lives.
PROGRAM = "program"


class Play:
    """The names of one program, and the steps that change them."""

    def __init__(self, describe: Callable[[Any], Handle]) -> None:
        self._describe = describe
        self._names: dict[str, Any] = {}
        self._sizes: set[int] = set()

    def step(self, text: str, first: bool) -> Report:
        """Run the step's lines; `first` forgets all earlier programs."""
        if first:
            self._names, self._sizes = dict(NAMESPACE), set()
            settle()
            _perturb()
        heard()
        try:
            exec(compile(text, f"<{text[:60]}>", "exec"), self._names)
            ending = Report("ok", warnings=heard())
        except BaseException as error:  # The promised type is the driver's business.
            seen = raised(error)
            ending = Report("raised", seen.error, seen.message, heard())
        if any(word in text for word in ("del ", "resize")):
            self._reuse_memory()
        return ending._replace(shown=tuple(self._look()))

    def _look(self) -> list[Shown]:
        shown = []
        for name, value in self._names.items():
            if name[0] == "h" and name[1:].isdigit():
                handle = self._describe(value)
                data = handle.read()
                self._sizes.add(len(data or b""))
                shown.append(
                    Shown(
                        name,
                        handle.type,
                        handle.dtype,
                        handle.shape,
                        handle.strides,
                        handle.address,
                        handle.writable,
                        handle.flags,
                        data,
                    )
                )
        return shown

    def _reuse_memory(self) -> None:
        """Write over memory that was given back: NumPy and Python keep small blocks, and hand the last one out first."""
        sizes = [size + room for size in self._sizes for room in (0, 64)]
        spent = [(np.full(size, 0xA5, np.uint8), bytearray(b"\xa5" * size)) for size in sizes for _ in range(4)]
        spent.clear()


def _perturb() -> None:
    """Ask glibc to write over what is freed, so that a dangling handle shows it at once.

    https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
    """
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # Another C library.
            ctypes.CDLL(None).mallopt(-6, 0xA5)
