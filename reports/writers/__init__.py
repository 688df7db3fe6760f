"""Writers: the same results in the forms that other tools read."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..merge import Merged, environments
from ..results import read

#: Environments to text and exit code.
Write = Callable[[list[Merged]], tuple[str, int]]


def add(verbs: Any, name: str, text: str, write: Write) -> None:
    """Add a verb that turns results files into one text, printed or put into a file."""
    verb = verbs.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a results file (JSON Lines)")
    verb.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write; without it, it is printed")

    def run(asked: argparse.Namespace) -> int:
        text, code = write(environments([read(path) for path in asked.files]))
        if asked.output is None:
            sys.stdout.write(text)
        else:
            save(asked.output, text)
        return code

    verb.set_defaults(run=run)


def save(path: Path, text: str) -> None:
    """Write a file, making its folder; what no file can hold (half a character) is written as its escape."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
