"""Claims about NumPy and symbolic tensors that people repeat, each with a verdict and the evidence.

A claim is a few expressions; what they give is the evidence. `verdict` is what the releases that were asked show today; a
release that changes it fails the test, for a change is news. The verdicts were the same in the oldest releases that install
on Python 3.11 and were tried, TensorFlow 2.12.1 and PyTorch 2.1.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...strategies.spec import ArraySpec

_FLOATS = ArraySpec("float32", (2, 3), (12, 4), 0, 24, seed=7)


@dataclass(frozen=True)
class Claim:
    """Something that is said of a framework.

    says      the claim, in the words in which it goes around
    framework of which it is said
    verdict   "true", "false", or "partly": true but for what `because` tells
    because   the evidence in a sentence
    evidence  (expression over the array `a` and what `before` names, what it gives): the claim's truth is theirs
    spec      the array
    before    lines that make the names of the expressions
    """

    says: str
    framework: str
    verdict: str
    because: str
    evidence: tuple[tuple[str, object], ...]
    spec: ArraySpec = _FLOATS
    before: str = ""
