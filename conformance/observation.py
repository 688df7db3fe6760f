"""Observations: the evidence of one conversion, as plain data."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

#: Results up to this many bytes are kept whole, larger ones as a digest.
KEPT_BYTES = 1024


class Observation(NamedTuple):
    """What really happened when an entry point was handed a spec.

    outcome         "ok", "raised", "crashed", "hung", or "unbuildable" (nothing was converted)
    error           raised: the exception's type and its bases; crashed: the signal's name
    message         of the exception, the abort or the reason, shortened
    stage           what was being done when it ended: "convert", or the probe that died
    type            of the result, qualified: "torch.Tensor"
    dtype           of the result, by its framework's name without prefix: "float32"
    shape           of the result
    strides         of the result in bytes; None where it has none
    device          of the result
    data            the result's elements in C order, raw (see `fingerprint`); None where they cannot be read
    shares          by address: "none", "all" or "part" of the result lies in the source's owner; "" unknown
    follows         source changed after the conversion: "none", "all" or "part" of the result follows; "" untested
    leads           result changed through its own API: "none" or "some" of the source follows; "" untested
    writable        whether the result lets itself be written; None where the question makes no sense
    flags           marks on the result: "requires_grad", "non_leaf", "conj", "neg"
    warnings        (category, message) of every warning that the call gave
    source_changed  whether the call changed a byte of the source
    twin            whether a second conversion of the same source shares memory with the first; None untested
    facts           (name, value) of what the entry point's own facts told (see `EntryPoint.facts`)
    """

    outcome: str
    error: tuple[str, ...] = ()
    message: str = ""
    stage: str = "convert"
    type: str = ""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    strides: tuple[int, ...] | None = None
    device: str = ""
    data: bytes | None = None
    shares: str = ""
    follows: str = ""
    leads: str = ""
    writable: bool | None = None
    flags: tuple[str, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    source_changed: bool = False
    twin: bool | None = None
    facts: tuple[tuple[str, Any], ...] = ()

    @property
    def aliasing(self) -> str:
        """How the result uses the source's memory, in a word: "shares", "copies", "mixed" or "unknown"."""
        seen = {self.shares, self.follows} - {""}
        return {frozenset({"all"}): "shares", frozenset({"none"}): "copies", frozenset(): "unknown"}.get(frozenset(seen), "mixed")

    @property
    def headline(self) -> str:
        """The outcome in a few words: "shares", "copies", "raised TypeError", "crashed (SIGABRT)", "hung"."""
        if self.outcome == "ok":
            return self.aliasing
        return (
            {"raised": f"raised {self.error[0]}", "crashed": f"crashed ({self.error[0]})"}.get(self.outcome, self.outcome)
            if self.error
            else self.outcome
        )


def fingerprint(data: bytes) -> bytes:
    """The data itself when small, else its digest: equal fingerprints mean equal bytes."""
    if len(data) <= KEPT_BYTES:
        return data
    return b"blake2b:" + hashlib.blake2b(data, digest_size=16).digest()
