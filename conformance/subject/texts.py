"""Texts as bytes that can be compared: what stands for the elements of a tensor whose memory holds pointers to them."""

from __future__ import annotations

from collections.abc import Iterable


def packed(texts: Iterable[bytes]) -> bytes:
    """The texts one behind the other, each behind its length in eight bytes."""
    return b"".join(len(text).to_bytes(8, "little") + text for text in texts)
