"""Text that may be anything, made safe to show: nothing in it works unseen."""

from __future__ import annotations

import re
from typing import IO, Any

#: Control characters (but tabs and line feeds), halves of letters, and marks that turn text around: none may act on a page, or
#: on a terminal.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


def visible(text: str) -> str:
    """The text with control characters and their like shown as escapes."""
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class Visible:
    """A stream for text that shows what it is given, and does nothing that it says."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text, made visible."""
        self._stream.write(visible(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
