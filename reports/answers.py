"""Answers: from counted outcomes to the word that a reader wants, and what speaks against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .cells import Outcome
from .clauses import is_documented
from .results import Row

#: What a cell can say, with what it means. The first six are about memory, the others about what went wrong.
WORDS = {
    "shares": "the result uses the source's memory",
    "copies": "the result has memory of its own",
    "depends": "shares or copies, depending on the input: the entry point's page says on what",
    "mixed": "part of the result shares, or only one way of looking shows it",
    "converts": "answers; there is no memory to compare (no elements, or a result without a buffer)",
    "refuses": "raises the exception that its promise names",
    "wrong": "answers or refuses against its promise",
    "hangs": "does not come back",
    "crashes": "kills the interpreter",
    "not run": "nobody asked: outside of this run's sample, or it could not be built",
}
#: What went wrong, the worst first.
TROUBLES = ("crashes", "hangs", "wrong")


@dataclass(frozen=True)
class Answer:
    """What a call does with one kind of input.

    word      of WORDS, about memory, refusal or absence; "" where nothing but trouble was seen
    troubles  of TROUBLES, the worst first
    known     whether all trouble is recorded as known deviations
    refused   whether some inputs were refused though others were not
    basis     "documented", "observed", "both" or "" (not promised): where the word is written
    count     conversions behind it
    home      whether they were ordinary inputs (an ndarray in plain memory); else only others were tried
    """

    word: str
    troubles: tuple[str, ...] = ()
    known: bool = True
    refused: bool = False
    basis: str = ""
    count: int = 0
    home: bool = True

    @property
    def status(self) -> str:
        """The one word that matters most: the worst trouble, else the word."""
        return self.troubles[0] if self.troubles else self.word

    @property
    def text(self) -> str:
        """All of it, in a line."""
        if self.word == "not run":
            return "not run"
        parts = [self.word] if self.word else []
        parts += [f"{trouble} ({'known' if self.known else 'new'})" for trouble in self.troubles]
        return ", ".join([*parts, *self.remarks])

    @property
    def remarks(self) -> list[str]:
        """What else there is to say."""
        if self.word in ("", "not run"):
            return []
        remarks = [{"both": "documented and observed", "": "not promised"}.get(self.basis, self.basis)]
        return remarks + ["some inputs refused"] * self.refused + ["special inputs only"] * (not self.home)


def answer(counts: Mapping[Outcome, int], promise: Iterable[Row] = ()) -> Answer:
    """What these outcomes come to. Ordinary inputs decide the word; where there are none, the others do."""
    if not counts:
        return Answer("not run")
    home = {outcome: n for outcome, n in counts.items() if outcome.home}
    decisive = home or counts
    troubles = {trouble_of(outcome) for outcome in decisive}
    # What was owed and kept is the answer; where nothing was kept, what happened instead is.
    words = {word_of(outcome) for outcome in decisive if not trouble_of(outcome)}
    if words <= {"refuses"}:
        words |= {word_of(outcome) for outcome in decisive if trouble_of(outcome) == "wrong"}
    refused = "refuses" in words and len(words) > 1
    words -= {"refuses"} if refused else set()
    if len(words) > 1:
        words -= {"converts"}
    bad = [outcome for outcome in decisive if trouble_of(outcome)]
    return Answer(
        next(iter(words)) if len(words) == 1 else "depends" if words else "",
        tuple(trouble for trouble in TROUBLES if trouble in troubles),
        all(outcome.verdict == "deviates" for outcome in bad),
        refused,
        _basis((outcome for outcome in decisive if not refused or word_of(outcome) != "refuses"), tuple(promise)),
        sum(counts.values()),
        bool(home),
    )


def trouble_of(outcome: Outcome) -> str:
    """What went wrong: of TROUBLES, or "" when the promise was kept."""
    if outcome.headline.startswith("crashed"):
        return "crashes"
    if outcome.headline.startswith("hung"):
        return "hangs"
    return "wrong" if outcome.verdict in ("violates", "deviates") else ""


def word_of(outcome: Outcome) -> str:
    """What it did with memory, or that it refused."""
    if outcome.headline.startswith("raised"):
        return "refuses"
    return outcome.headline if outcome.headline in ("shares", "copies", "mixed") else "converts"


def _basis(outcomes: Iterable[Outcome], promise: tuple[Row, ...]) -> str:
    found = {is_documented(promise[outcome.clause]) for outcome in outcomes if 0 <= outcome.clause < len(promise)}
    return {frozenset(): "", frozenset({True}): "documented", frozenset({False}): "observed"}.get(frozenset(found), "both")


def total(groups: Iterable[Mapping[Outcome, int]]) -> Counter[Outcome]:
    """Outcomes of several cells, added up."""
    added: Counter[Outcome] = Counter()
    for group in groups:
        added.update(group)
    return added
