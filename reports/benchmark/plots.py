"""Plots of a run: time over size beside the machine's limits, fixed costs, and the ratios of two runs. SVG, by matplotlib."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import cycle
from math import ceil, isfinite
from pathlib import Path
from typing import Any

from ..results import ResultsError
from .compare import Change, Comparison
from .runs import MEMCPY, Run
from .tables import seconds, size

#: Colours that people with colour blindness tell apart: https://jfly.uni-koeln.de/color/
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f5f00", "#5b3d8a")
_MARKS = "osD^vP*X"
#: The machine's limits.
_LIMIT = "#333333"
_STYLES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 3, 1, 3, 1, 3)))
#: Lines in one panel; a family of more is drawn in several.
_LINES = 8
#: Bars in one picture; changes in another.
_BARS, _CHANGES = 60, 60
_STYLE = {
    "svg.hashsalt": "conformance",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.facecolor": "white",
}


def write_plots(runs: Sequence[Run], comparison: Comparison | None, folder: Path) -> list[Path]:
    """Draw all plots of the latest run into a folder: their paths. Raises ResultsError where matplotlib is missing."""
    try:
        import matplotlib.figure
    except ImportError:
        raise ResultsError("plots need matplotlib: python -m pip install 'tensor-conformance[benchmark]'") from None
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with matplotlib.rc_context(_STYLE):
        for name, figure in _figures(runs[-1], comparison):
            path = folder / f"{name}.svg"
            figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
            written.append(path)
    return written


def _figures(run: Run, comparison: Comparison | None) -> Iterator[tuple[str, Any]]:
    for group, entries in run.groups.items():
        title = f"{group.place}: {group.ways}"
        name = "-".join(filter(None, (group.framework, group.device.replace(":", "-"), group.direction)))
        yield f"size-{name}", _sizes(run, entries, title)
        yield f"fixed-{name}", _fixed(run, entries, title)
    if comparison and comparison.changes:
        yield "ratio", _ratios(comparison)


def family(entry: str) -> str:
    """What an entry point is called without its options and operands: calls that are drawn together."""
    name = re.split(r"[\\[(]", entry)[0].strip()
    return name if name and " " not in name else "operators"


def panels(entries: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Entry points by family, those of one call alone together by the module that they are in; none holds too many."""
    by_family: dict[str, list[str]] = {}
    for entry in entries:
        by_family.setdefault(family(entry), []).append(entry)
    found: dict[str, list[str]] = {}
    for name, chosen in by_family.items():
        home = name if len(chosen) > 2 or name == "operators" else f"{name.rpartition('.')[0] or name}.*"
        found.setdefault(home, []).extend(chosen)
    split = []
    for name, chosen in found.items():
        parts = ceil(len(chosen) / _LINES)
        size = ceil(len(chosen) / parts)
        for part in range(parts):
            split.append((f"{name} ({part + 1})" if parts > 1 else name, chosen[part * size : (part + 1) * size]))
    return split


def _sizes(run: Run, entries: list[str], title: str) -> Any:
    """Time over size, both logarithmic: a panel for each family."""
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

    drawn = [(name, [entry for entry in chosen if run.ladder(entry)]) for name, chosen in panels(entries)]
    drawn = [(name, chosen) for name, chosen in drawn if chosen]
    columns = 3
    rows = ceil(len(drawn) / columns)
    figure = Figure(figsize=(5.2 * columns, 5.4 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    round_sizes, limits_ = _round_sizes(run), {name for entry in entries for f in run.entries[entry] for name in f.beside}
    ladder = sorted({f.nbytes for entry in entries for f in run.ladder(entry) if f.nbytes and f.nbytes in round_sizes})
    for axis, (name, chosen) in zip(axes.flat, drawn):
        _limits(run, axis, sorted(limits_, reverse=True))
        for i, entry in enumerate(chosen):
            points = [f for f in run.ladder(entry) if f.nbytes]
            colour = _COLOURS[i % len(_COLOURS)]
            x, y = [f.nbytes for f in points], [f.seconds for f in points]
            axis.fill_between(x, [f.low for f in points], [f.high for f in points], color=colour, alpha=0.12, linewidth=0)
            axis.plot(x, y, color=colour, marker=_MARKS[i % len(_MARKS)], markersize=4, linewidth=1.4, label=_short(entry, 60))
        axis.set(xscale="log", yscale="log", title=name)
        axis.set_xticks(ladder, [size(n) for n in ladder])
        axis.minorticks_off()
        axis.yaxis.set_major_formatter(lambda value, _: seconds(value))
        axis.tick_params(labelbottom=True, labelleft=True)
        handles = [line for line in axis.get_lines() if line.get_label() in {_short(entry, 60) for entry in chosen}]
        axis.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.08), fontsize=8, ncols=1)
    for axis in axes.flat[len(drawn) :]:
        axis.set_visible(False)
    first = axes[0, 0]
    limits = [line for line in first.get_lines() if line.get_color() == _LIMIT]
    first.add_artist(Legend(first, limits, [line.get_label() for line in limits], loc="upper left", fontsize=8))
    figure.suptitle(f"{title}: time of a call over bytes of its input (bands: lowest to highest visit)", fontsize=13)
    return figure


def _round_sizes(run: Run) -> set[int]:
    return {f.nbytes for f in run.ladder(MEMCPY)}


def _limits(run: Run, axis: Any, names: Sequence[str]) -> None:
    for name, style in zip(names, cycle(_STYLES)):
        points = run.ladder(name)
        text = name.removeprefix("limit: ").replace(",", ":", 1)
        axis.plot(
            [f.nbytes for f in points],
            [f.seconds for f in points],
            linestyle=style,
            color=_LIMIT,
            linewidth=2.2,
            alpha=0.55,
            label=text,
        )
    if run.bare:
        axis.axhline(
            run.bare.seconds, color=_LIMIT, linestyle=":", linewidth=1.6, label=f"a bare call, {seconds(run.bare.seconds)}"
        )


def _fixed(run: Run, entries: list[str], title: str) -> Any:
    """What 16 elements cost: bars from the cheapest, logarithmic."""
    from matplotlib.figure import Figure

    small = {entry: next((f for f in run.ladder(entry) if f.nbytes), None) for entry in entries}
    chosen = sorted((f for f in small.values() if f), key=lambda f: f.seconds)
    columns = ceil(len(chosen) / _BARS)
    each = ceil(len(chosen) / max(columns, 1))
    figure = Figure(figsize=(10.5 * columns, 1.2 + 0.21 * each), layout="constrained")
    axes = figure.subplots(1, max(columns, 1), squeeze=False, sharex=True)[0]
    for column, axis in enumerate(axes):
        part = chosen[column * each : (column + 1) * each]
        places = range(len(part))
        for promise, colour in (("shares", _COLOURS[0]), ("copies", _COLOURS[1]), ("", "#999999")):
            of = [i for i in places if (part[i].promise if part[i].promise in ("shares", "copies") else "") == promise]
            errors = [[part[i].seconds - part[i].low for i in of], [part[i].high - part[i].seconds for i in of]]
            label = {"": "promises neither"}.get(promise, f"promises: {promise}")
            values = [part[i].seconds for i in of]
            if not of:  # matplotlib would show it in the legend, in a colour of its own.
                continue
            axis.barh(of, values, xerr=errors, color=colour, label=label, error_kw={"elinewidth": 0.8, "ecolor": "#555555"})
        for i, figure_ in enumerate(part):
            axis.annotate(
                seconds(figure_.seconds), (figure_.high, i), (4, 0), textcoords="offset points", va="center", fontsize=7.5
            )
        if run.bare:
            axis.axvline(
                run.bare.seconds, color=_LIMIT, linestyle=":", linewidth=1.6, label=f"a bare call: {seconds(run.bare.seconds)}"
            )
        axis.set_yticks(places, [_short(f.entry, 62) for f in part], fontsize=8)
        axis.set(xscale="log", ylim=(each - 0.4, -0.6))
        axis.xaxis.set_major_formatter(lambda value, _: seconds(value))
        axis.grid(False, axis="y")
    axes[0].legend(loc="upper left", bbox_to_anchor=(0, -0.06), ncols=4)
    axes[0].set_xlim(right=3 * max((f.high for f in chosen), default=1.0))
    figure.suptitle(f"{title}: cost of a call for 16 elements (lines: lowest to highest visit)", fontsize=13)
    return figure


def _ratios(comparison: Comparison) -> Any:
    """New over old with its interval: all that changed, then those with the widest ratios of the rest."""
    from matplotlib.figure import Figure

    certain = [change for change in comparison.changes if change.word != "no significant difference"]
    rest = [change for change in comparison.changes if change.word == "no significant difference" and isfinite(change.high)]
    certain.sort(key=lambda change: -abs(change.ratio - 1 / change.ratio))
    rest.sort(key=lambda change: -abs(change.ratio - 1 / change.ratio))
    chosen = sorted((certain + rest)[:_CHANGES], key=lambda change: -change.ratio)
    figure = Figure(figsize=(11, 1.6 + 0.21 * len(chosen)), layout="constrained")
    axis = figure.subplots()
    for word, colour in (("slower", _COLOURS[1]), ("faster", _COLOURS[2]), ("no significant difference", "#999999")):
        of = [i for i, change in enumerate(chosen) if change.word == word]
        if not of:
            continue
        some: list[Change] = [chosen[i] for i in of]
        errors = [[c.ratio - c.low for c in some], [min(c.high, 1e6) - c.ratio for c in some]]
        axis.errorbar([c.ratio for c in some], of, xerr=errors, fmt="o", color=colour, markersize=4, elinewidth=1.2, label=word)
    axis.axvline(1, color=_LIMIT, linewidth=1)
    axis.set_xscale("log")
    ratios = [change.ratio for change in chosen]
    axis.set_xlim(min(0.5, 0.7 * min(ratios)), max(2.0, 1.4 * max(ratios)))
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
    axis.xaxis.set_minor_formatter(lambda value, _: f"{value:g}x" if str(value)[0] in "25" or f"{value:g}"[-1] in "25" else "")
    axis.set_yticks(range(len(chosen)), [_short(change.new.name, 80) for change in chosen], fontsize=8)
    axis.set_ylim(len(chosen) - 0.4, -0.6)
    axis.grid(False, axis="y")
    axis.legend(loc="lower right")
    said = f"{len(chosen)} of {len(comparison.changes):,} cells" if len(chosen) < len(comparison.changes) else "all cells"
    warning = "\nTHE MACHINES DIFFER: these ratios say little" if comparison.warnings else ""
    axis.set_title(f"Time now over time before, {said}; lines: intervals that hold for all cells together at 95%{warning}")
    return figure


def _short(text: str, most: int = 56) -> str:
    return text if len(text) <= most else f"{text[: most - 12]}…{text[-11:]}"
