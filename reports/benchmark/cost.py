"""The law of cost: what is shared costs the same for any size, and what is copied costs a copy."""

from __future__ import annotations

from dataclasses import dataclass

from .runs import Figure, Run

#: A call whose cost grows by less than this share of a memcpy does not touch the elements.
_TOUCHES = 0.02
#: Nor does one whose largest input costs less than this many times its smallest.
_GROWS = 1.5
#: A copy that takes less than this share of a memcpy into memory that is there already was none.
_NO_COPY = 0.25
#: One that takes more than this many copies into fresh memory is several; up to twice as many are near the limit: machines
#: differ, and runs, by as much.
SEVERAL = 3.0
_SURELY = 2 * SEVERAL
#: What it is counted in: where it stays in one kind of memory, and where it goes to a device or comes from it.
_COPIES = ("copies into fresh memory", "times a copy on the host and one to or from the device")


@dataclass(frozen=True)
class Cost:
    """What an entry point costs as its input grows.

    order     "O(1)" or "O(n)"
    fixed     seconds for 16 elements
    largest   the size, in words, at which the next two are taken
    memcpys   what that size costs above the fixed cost, in copies between warm buffers; on a device, in its own pinned ones
    copies    the same in copies into fresh pages; on a device, in such copies and its own plain ones together
    promise   of its use of memory: "shares", "copies", "may share", ""
    verdict   "keeps", "near the limit", "breach", "deviates" (a recorded break), or "" where nothing that costs is promised
    reason    why, where it does not keep the law, with the spread where it is near the limit
    """

    entry: str
    order: str
    fixed: float
    largest: str
    memcpys: float
    copies: float
    promise: str
    verdict: str
    reason: str = ""
    deviations: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The verdict for people."""
        owed = f"promises that it {self.promise}" if self.promise in ("shares", "copies") else "promises nothing"
        return f"{self.entry} {owed}; {self.reason or self.verdict}"


def law_of_cost(run: Run, entry: str) -> Cost | None:
    """The cost of an entry point in a run; None where fewer than two sizes, or no limits, were timed."""
    ladder = [figure for figure in run.ladder(entry) if figure.nbytes]
    if len(ladder) < 2:
        return None
    small, large = ladder[0], ladder[-1]
    copies = run.copies(large)
    if not copies or large.nbytes < 1 << 18:
        return None
    memcpy, fresh = copies[0], sum(part.seconds for part in copies[1:])
    grown = max(0.0, large.seconds - small.seconds)
    order = "O(n)" if _grows(run, small, large) else "O(1)"
    reason, known, near = "", large.deviations, False
    if large.promise == "shares" and all(_grows(run, small, figure) for figure in ladder[-2:]):
        reason = f"at {large.size} it costs {_times(grown / memcpy.seconds)} memcpys above its fixed cost: it reads or copies all"
    elif large.promise == "copies" and large.high < _NO_COPY * memcpy.low:
        reason = f"at {large.size} it costs {_times(large.seconds / memcpy.seconds)} of a memcpy: nothing can have been copied"
    elif large.promise == "copies" and not large.converts and all(_several(run, small, figure) for figure in ladder[-2:]):
        near = not all(_several(run, small, figure, _SURELY) for figure in ladder[-2:])
        spread = f" ({_times(large.low / fresh)} to {_times(large.high / fresh)})" if near else ""
        told = f"{_times(large.seconds / fresh)}{spread} {_COPIES[len(copies) > 2]}"
        reason, known = f"at {large.size} it costs {told}", large.costly
        reason += f", near the limit of {_times(SEVERAL)}" if near and not known else ""
    known = known if reason else ()
    broken = "deviates" if known else "near the limit" if near else "breach"
    verdict = broken if reason else "keeps" if large.promise in ("shares", "copies") else ""
    shares = grown / memcpy.seconds, grown / fresh
    return Cost(entry, order, small.seconds, large.size, *shares, large.promise, verdict, reason, known)


def _grows(run: Run, small: Figure, figure: Figure) -> bool:
    """Whether a larger input costs more beyond doubt, and by what is worth calling more."""
    copies = run.copies(figure)
    surely = figure.low - small.high
    return bool(copies) and surely > _TOUCHES * copies[0].seconds and figure.low > _GROWS * small.high


def _several(run: Run, small: Figure, figure: Figure, limit: float = SEVERAL) -> bool:
    copies = run.copies(figure)
    return bool(copies) and figure.low - small.high > limit * sum(part.high for part in copies[1:])


def _times(ratio: float) -> str:
    return f"{ratio:.2g}" if ratio < 10 else f"{ratio:,.0f}"
