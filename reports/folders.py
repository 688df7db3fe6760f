"""Folders that are written to at the end of long work, proved at its beginning."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def writable(folder: Path) -> None:
    """Make a folder where there is none; raises OSError where nothing can be written to it."""
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
