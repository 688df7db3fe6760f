"""A run, or two, as tables: the same ones in the terminal, in Markdown and on the site."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..sentences import first_of
from .compare import Change, Comparison
from .cost import Cost, law_of_cost
from .runs import BARE_CALL, Figure, Run

#: What is set flush right: a figure, or no word at all.
_NUMBER = re.compile(r"~?[\d(]|$")
#: Headings of the multiples of a copy.
_COPIES = ("x memcpy", "x fresh copy")
#: Cells that a comparison shows at most of each kind; the rest is counted.
SHOWN = 30


@dataclass(frozen=True)
class Table:
    """A heading, a paragraph, and rows under their headings; no rows: the paragraph alone."""

    title: str
    text: str = ""
    headings: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def tables(run: Run) -> list[Table]:
    """All tables of one run."""
    costs = {entry: law_of_cost(run, entry) for entry in run.entries}
    found = [_about(run), _limits(run), *_verdicts(costs.values())]
    for group, chosen in run.groups.items():
        where, words = group.place, group.ways
        found.append(_costs(f"{where}: {words}", run, chosen, costs))
        found.append(_shares(f"{where}, {words}: where the time goes", run, chosen))
        for axis, title in (("layout", "layouts"), ("dtype", "dtypes")):
            found.append(_axis(f"{where}, {words}: {title}", run, chosen, axis))
        found.append(_casts(f"{where}, {words}: calls that convert the dtype", run, chosen))
    return [table for table in (*found, _unstable(run), _not_timed(run)) if table.rows or table.text]


def compared(comparison: Comparison, old: Run, new: Run) -> list[Table]:
    """What differs between two runs."""
    number = len(comparison.changes)
    slower, faster = comparison.slower(), comparison.faster()
    text = [f"{old.path} ({old.datetime}) before, {new.path} ({new.datetime}) now: {number:,} cells in both."]
    if comparison.warnings:
        text.append("THE MACHINES DIFFER, so that these ratios say little: " + "; ".join(comparison.warnings) + ".")
    if old.releases != new.releases:
        text.append(f"Releases: {old.releases} before, {new.releases} now.")
    text.append(
        f"{len(slower)} slower, {len(faster)} faster, {number - len(slower) - len(faster):,} with no significant difference"
        f" (intervals hold for all cells together at 95%). The median cell takes {comparison.common:.2f} times as long. "
        "Ratios are of the fastest rounds, in calls that do nothing at the same moment: a slower machine is no slower call."
    )
    if comparison.changes:
        text.append(
            f"{times(comparison.seen_in(0.5))} the time would have been called slower in half of the cells, "
            f"{times(comparison.seen_in(0.9))} in nine of ten: fewer calls and more --visits show smaller changes."
        )
    if comparison.only_old or comparison.only_new:
        text.append(f"Only before: {len(comparison.only_old):,} cells; only now: {len(comparison.only_new):,}.")
    found = [Table("Two runs", " ".join(text))]
    for word, changes in (("slower", slower), ("faster", faster)):
        rest = f"the {SHOWN} most of {len(changes):,}" if len(changes) > SHOWN else ""
        rows = [_changed(change) for change in changes[:SHOWN]]
        if rows:
            found.append(Table(word.capitalize(), rest, ("cell", "before", "now", "ratio", "interval"), rows))
    return found


def as_text(found: Iterable[Table]) -> str:
    """Tables for a terminal."""
    parts = []
    for table in found:
        lines = [table.title, "=" * len(table.title)] + ([table.text] if table.text else [])
        if table.rows:
            widths = [max(len(row[i]) for row in (table.headings, *table.rows)) for i in range(len(table.headings))]
            numbers = [all(_NUMBER.match(row[i]) for row in table.rows) for i in range(len(table.headings))]
            for row in (table.headings, ["-" * width for width in widths], *table.rows):
                cells = (cell.rjust(w) if right else cell.ljust(w) for cell, w, right in zip(row, widths, numbers))
                lines.append("  ".join(cells).rstrip())
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def as_markdown(found: Iterable[Table]) -> str:
    """Tables for a pull request."""
    parts = []
    for table in found:
        lines = [f"### {table.title}", ""] + ([table.text, ""] if table.text else [])
        if table.rows:
            rule = ["---", *["---:"] * (len(table.headings) - 1)]
            for row in (table.headings, rule, *table.rows):
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
            lines.append("")
        parts.append("\n".join(lines))
    return "\n".join(parts)


def seconds(value: float) -> str:
    """A time with three digits and its unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= 0.9995 * scale:
            return f"{_digits(value / scale)} {unit}"
    return f"{_digits(value / 1e-9)} ns"


def size(nbytes: int) -> str:
    """A number of bytes that is a power of two, with its unit."""
    unit = min(nbytes.bit_length() - 1, 39) // 10
    return f"{nbytes >> 10 * unit} {('B', 'KiB', 'MiB', 'GiB')[unit]}"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def times(value: float) -> str:
    """A multiple with two digits."""
    return f"{value:,.0f}x" if value >= 10 else f"{value:.1f}x" if value >= 0.995 else f"{value:.2f}x"


def shown(figure: Figure | None) -> str:
    """A figure with the range of its visits; ~ marks an unstable one."""
    if figure is None:
        return ""
    return f"{'~' if figure.unstable else ''}{seconds(figure.seconds)} ({seconds(figure.low)} to {seconds(figure.high)})"


def _about(run: Run) -> Table:
    threads = run.machine.get("threads")
    told = {str(n) for n in threads.values()} if isinstance(threads, dict) else set()
    pinned = f"pinned to {told.pop()}" if len(told) == 1 else str(threads or "unknown")
    cpu = run.hardware["processor"] or run.hardware["machine"]
    text = (
        f"{run.releases}. {cpu}, {run.hardware['cores']} cores; threads {pinned}. "
        f"{len(run.figures):,} cells in {run.seconds:.0f} s. "
        "Times are medians over visits of several processes, with the lowest and the highest visit; "
        "~ marks those whose middle half spreads by more than 20%. Compare them within this run only."
    )
    on_devices = [figure for figure in run.figures.values() if figure.device]
    for device in dict.fromkeys(figure.device for figure in on_devices):
        if not any(figure.worked for figure in on_devices if figure.device == device):
            text += f" Of {device} no events are read: its times are by the host's clock, until the device was done."
    return Table(f"Benchmark of {run.datetime[:16]}", text)


def _limits(run: Run) -> Table:
    rows = []
    if run.bare:
        rows.append(("a bare C call, id(a)", "", shown(run.bare), "", ""))
    for figure in (figure for figure in run.figures.values() if not figure.framework and figure.entry != BARE_CALL):
        worked = seconds(figure.worked) if figure.worked else ""
        rows.append((figure.entry.removeprefix("limit: "), figure.size, shown(figure), _rate(figure), worked))
    columns = 5 if any(row[-1] for row in rows) else 4
    headings = ("limit", "size", "time", "throughput", "by the device's events")[:columns]
    return Table("The machine's limits", "", headings, [row[:columns] for row in rows])


def _rate(figure: Figure) -> str:
    return f"{figure.nbytes / figure.seconds / 1e9:.3g} GB/s" if figure.nbytes else ""


def _verdicts(costs: Iterable[Cost | None]) -> list[Table]:
    known = [cost for cost in costs if cost]
    counts = Counter(cost.verdict for cost in known)
    text = (
        f"{counts['keeps']} calls cost what their promise of sharing or copying allows, {counts['deviates']} deviate as "
        f"recorded, {counts['near the limit']} are near the limit, {counts['breach']} break it; {counts['']} promise neither."
    )
    rows = [(c.entry, c.promise, c.verdict, c.reason) for c in known if c.verdict in ("breach", "near the limit", "deviates")]
    return [Table("The law of cost", text, ("call", "promise", "verdict", "seen"), rows)] if known else []


def _costs(title: str, run: Run, entries: list[str], costs: dict[str, Cost | None]) -> Table:
    copies = ("x raw copy, pinned", "x raw copy") if any(run.entries[entry][0].device for entry in entries) else _COPIES
    headings = ("call", "memory", "cost", "16 elements", "x bare call", "largest", "time", *copies, "verdict")
    rows = []
    for entry in sorted(entries, key=lambda name: _fixed(run, name)):
        ladder = [figure for figure in run.ladder(entry) if figure.nbytes]
        ladder = ladder or [figure for figure in run.entries[entry] if figure.axis == "scalar"]
        if not ladder:
            continue
        small, large, cost = ladder[0], ladder[-1], costs[entry]
        beside = [run.limit(name, large.nbytes) for name in (*large.beside, "", "")[:2]]
        rows.append(
            (
                entry,
                large.memory or "",
                cost.order if cost else "",
                shown(small),
                times(small.seconds / run.bare.seconds) if run.bare else "",
                large.size,
                shown(large),
                *(times(large.seconds / limit.seconds) if limit else "" for limit in beside),
                cost.verdict if cost else "",
            )
        )
    text = (
        "The cheapest first; calls that take single elements alone, of one element. "
        "What stands under memory is what was seen of the result: whether it uses the source's memory."
    )
    return Table(title, text if rows else "", headings, rows)


def _shares(title: str, run: Run, entries: list[str]) -> Table:
    """What of a call's time the device works, and what of that a raw copy takes."""
    rows = []
    for entry in entries:
        figure = next((figure for figure in reversed(run.ladder(entry)) if figure.worked), None)
        if figure is None:
            continue
        copies = run.copies(figure)
        raw = copies[0].worked if copies else 0.0
        held = max(0.0, figure.seconds - figure.worked)
        transfer = (seconds(raw), times(figure.worked / raw)) if raw else ("", "")
        rows.append((entry, figure.size, seconds(figure.seconds), seconds(held), seconds(figure.worked), *transfer))
    headings = ("call", "size", "time", "the host alone", "the device", "a raw copy there", "x raw copy")
    text = (
        "The device's share is what its own events say, with the host's work done beforehand: the transfer, which a raw copy of "
        "the same size between pinned memory and the device shows, and kernels. What is left of the time is the host's."
    )
    return Table(title, text if rows else "", headings, rows)


def _fixed(run: Run, entry: str) -> float:
    return next((figure.seconds for figure in run.ladder(entry) if figure.nbytes), 0.0)


def _axis(title: str, run: Run, entries: list[str], axis: str) -> Table:
    """One middling size in several dtypes or layouts, as multiples of the plain one."""
    columns = list(
        dict.fromkeys(getattr(f, axis) for entry in entries for f in run.entries[entry] if f.axis == axis and not f.converts)
    )
    rows = []
    for entry in entries:
        cells = {getattr(f, axis): f for f in run.entries[entry] if f.axis == axis and not f.converts}
        size = next((f.nbytes for f in cells.values() if f.axis == axis), 0)
        plain = min(run.ladder(entry), key=lambda f: abs(f.nbytes - size), default=None)
        if plain and cells:
            told = (
                f"{'~' if f.unstable else ''}{times(f.seconds / plain.seconds)}" if (f := cells.get(c)) else "" for c in columns
            )
            rows.append((entry, f"{plain.dtype} {seconds(plain.seconds)}", *told))
    text = (
        "As multiples of the contiguous, 64-aligned array of the same size in the dtype named. Empty: refused, or another table."
    )
    return Table(title, text if rows else "", ("call", "plain", *columns), rows)


def _casts(title: str, run: Run, entries: list[str]) -> Table:
    rows = []
    for entry in entries:
        for figure in run.entries[entry]:
            if figure.converts and figure.temperature == "warm" and figure.axis != "scalar":
                copies = run.copies(figure)
                ratio = times(figure.seconds / copies[0].seconds) if copies else ""
                rows.append((entry, figure.dtype, figure.layout, figure.size, shown(figure), ratio))
    return Table(title, "", ("call", "from", "layout", "size", "time", "x memcpy of the source"), rows)


def _unstable(run: Run) -> Table:
    number = sum(figure.unstable for figure in run.figures.values())
    share = number / max(len(run.figures), 1)
    if not number:
        return Table("Stability", "All figures are stable.")
    advice = (
        " WARNING: something else kept this machine busy; measure again before you believe the figures." if share > 0.1 else ""
    )
    return Table("Stability", f"{number:,} of {len(run.figures):,} figures ({100 * share:.0f}%) are unstable.{advice}")


def _not_timed(run: Run) -> Table:
    entries: dict[tuple[str, str], list[str]] = {}
    for row in run.not_timed:
        why = "the sizes before say so" if row["outcome"] == "too slow" else re.sub(r"\d+", "N", row["message"][:100])
        entries.setdefault((row["outcome"], why), []).append(row["entry"])
    reasons = Counter({reason: len(names) for reason, names in entries.items()})
    rows = []
    for (outcome, message), count in reasons.most_common():
        names = list(dict.fromkeys(entries[outcome, message]))
        rows.append((outcome, str(count), message, first_of(names, 3)))
    text = "What is not here, is refused, or is known to kill the process, has no time."
    return Table("Not timed", text if rows else "", ("outcome", "cells", "why", "calls"), rows)


def _changed(change: Change) -> tuple[str, ...]:
    interval = f"{change.low:.2f} to {change.high:.2f}"
    return (change.new.name, seconds(change.old.seconds), seconds(change.new.seconds), f"{change.ratio:.2f}", interval)
