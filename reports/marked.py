"""Markdown in which texts stay texts: nothing of theirs is markup, a mention or the end of a block."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


def text(told: str) -> str:
    """Text that stays text; what stands in backticks is code."""
    return _parted(told, _escaped, lambda name: code(name) if "|" in name else f"`{name}`")


def html(told: str) -> str:
    """The same within tags, where Markdown may or may not be read: as entities, its signs are none."""
    return _parted(told, _entities, code)


def _parted(told: str, plain: Callable[[str], str], name: Callable[[str], str]) -> str:
    parts = re.split("`([^`]+)`", re.sub(r"\s+", " ", told.strip()))
    return "".join(name(part) if number % 2 else plain(part) for number, part in enumerate(parts))


def _escaped(told: str) -> str:
    escaped = re.sub(r"([\\`*_\[\]#|~])", r"\\\1", told)
    return re.sub("[<>&@]", lambda found: f"&#{ord(found[0])};", escaped)


def _entities(told: str) -> str:
    return re.sub(r"[<>&@\"'\\`*_{}\[\]()#+!|~]", lambda found: f"&#{ord(found[0])};", told)


def code(told: str) -> str:
    """A name, set as code."""
    return f"<code>{_entities(told)}</code>"


def fenced(lines: str) -> list[str]:
    """Lines of Python to copy."""
    longest = max((len(ticks) for ticks in re.findall("`+", lines)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}python", lines.rstrip("\n"), fence, ""]


def folded(heading: str, lines: Sequence[str]) -> list[str]:
    """Lines behind a heading (HTML) that opens them."""
    return [f"<details><summary>{heading}</summary>", "", *lines, "</details>", ""]


def cells(of: Sequence[str], cell: Callable[[str], str] = text) -> str:
    """A row of a table."""
    return "| " + " | ".join(map(cell, of)) + " |"
