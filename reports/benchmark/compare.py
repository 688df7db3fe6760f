"""Two runs compared: per cell a ratio with its interval, wide enough that an unchanged pair of runs shows no difference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean, median, variance

from .runs import Figure, Run

#: Chance that an unchanged pair of runs shows any difference at all, over all cells together.
_FAMILY = 0.05
#: Ratios nearer to 1 than this are no difference: processes differ by as much in where their memory lies.
MARGIN = 1.05


@dataclass(frozen=True)
class Change:
    """One cell in two runs.

    ratio      new over old, of the geometric means of the visits' fastest rounds in bare calls of the same moment
    low, high  its interval at a level that holds for all cells of the comparison together
    """

    old: Figure
    new: Figure
    ratio: float
    low: float
    high: float

    @property
    def word(self) -> str:
        """ "slower", "faster", or "no significant difference"."""
        if self.low > MARGIN:
            return "slower"
        return "faster" if self.high < 1 / MARGIN else "no significant difference"

    @property
    def smallest(self) -> float:
        """The least ratio that would have been called slower."""
        return MARGIN * self.ratio / self.low if self.low else math.inf


@dataclass(frozen=True)
class Comparison:
    """All cells that two runs share, and what must be said before their times are compared.

    warnings  how the machines differ
    common    the median ratio of all cells: how much faster or slower the machine itself seems to have been
    """

    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    common: float
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]

    def slower(self, factor: float = 1.0) -> list[Change]:
        """Cells that are slower beyond doubt, and by this factor at least, the worst first."""
        found = [change for change in self.changes if change.word == "slower" and change.ratio >= factor]
        return sorted(found, key=lambda change: -change.ratio)

    def faster(self) -> list[Change]:
        """Cells that are faster beyond doubt, the best first."""
        return sorted((change for change in self.changes if change.word == "faster"), key=lambda change: change.ratio)

    def seen_in(self, share: float) -> float:
        """How many times as slow a call must be to be seen in this share of the cells."""
        every = sorted(change.smallest for change in self.changes)
        return every[max(0, math.ceil(share * len(every)) - 1)] if every else math.inf


def compare(old: Run, new: Run) -> Comparison:
    """Compare two runs cell by cell.

    Within a visit rounds are alike; so each visit counts once. Intervals are Student's, of logarithms, at Bonferroni's level:
    both runs measure a cell in the same way, so that their visits tell of one spread.
    """
    shared = [name for name in old.figures if name in new.figures]
    level = _FAMILY / max(len(shared), 1)
    changes = tuple(_change(old.figures[name], new.figures[name], level) for name in shared)
    before, after = old.hardware, new.hardware
    warnings = tuple(f"{name}: {before[name]!r} before, {after[name]!r} now" for name in before if before[name] != after[name])
    common = median(change.ratio for change in changes) if changes else 1.0
    gone = tuple(name for name in old.figures if name not in new.figures)
    return Comparison(changes, warnings, common, gone, tuple(name for name in new.figures if name not in old.figures))


def _change(old: Figure, new: Figure, level: float) -> Change:
    a, b = ([math.log(seconds) for seconds in figure.best] for figure in (old, new))
    difference = fmean(b) - fmean(a)
    if min(len(a), len(b)) < 2:
        return Change(old, new, math.exp(difference), 0.0, math.inf)
    freedom = len(a) + len(b) - 2
    spread = ((len(a) - 1) * variance(a) + (len(b) - 1) * variance(b)) / freedom
    half = t_quantile(1 - level / 2, freedom) * math.sqrt(max(spread, 1e-12) * (1 / len(a) + 1 / len(b)))
    low, high = (math.exp(min(max(difference + sign * half, -700), 700)) for sign in (-1, 1))
    return Change(old, new, math.exp(difference), low, high)


def t_quantile(probability: float, freedom: int) -> float:
    """The value that Student's t stays below with this probability (above one half)."""
    low, high = 0.0, 1.0
    while _t_above(high, freedom) > 1 - probability and high < 1e12:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_above(middle, freedom) > 1 - probability else (low, middle)
    return high


def _t_above(t: float, freedom: int) -> float:
    """The chance that Student's t of so many degrees of freedom is above t (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine = math.cos(angle)
    term = total = 1.0 if freedom % 2 == 0 else cosine
    for k in range(2 + freedom % 2, freedom - 1, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    if freedom % 2 == 0:
        within = math.sin(angle) * total
    else:
        within = 2 / math.pi * (angle + (math.sin(angle) * total if freedom > 1 else 0.0))
    return max(0.0, (1 - within) / 2)
