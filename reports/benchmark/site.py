"""A benchmark run on the site: its page, and the cost of each entry point."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ..html.names import entry_path
from ..html.sections import Block, linked, with_pages
from ..merge import Merged
from .cost import Cost, law_of_cost
from .curves import MARKS, curves, sized, word_for
from .plots import panels
from .runs import Figure, Run
from .tables import seconds, tables, times


def blocks(run: Run, merged: Merged, environments: Sequence[Merged]) -> list[Block]:
    """The page of a run: its tables, and behind the first two its curves; calls that the results know lead to their pages."""
    known = with_pages(merged)
    found = []
    for table in tables(run):
        rows = [[linked(row[0], known), *row[1:]] for row in table.rows]
        found.append(Block(title=table.title, text=table.text, table=(table.headings, *rows) if rows else ()))
    groups = {key: [entry for entry in entries if sized(run, entry)] for key, entries in run.groups.items()}
    about = "Time of a call over the bytes of its input, both logarithmic; the bands go from the lowest to the highest visit."
    drawn = [
        Block(
            title=f"{group.place}, {group.ways}: time over size",
            text=about,
            figure=Markup('<div class="panels">{}</div>').format(
                Markup("").join(_panel(run, name, chosen, known) for name, chosen in panels(entries))
            ),
        )
        for group, entries in groups.items()
        if entries
    ]
    return [*found[:2], *drawn, *found[2:]]


def _panel(run: Run, name: str, entries: list[str], known: set[str]) -> Markup:
    lines = []
    for place, entry in enumerate(entries):
        call = Markup('<a href="{}">{}</a>').format(entry_path(entry), entry) if entry in known else entry
        lines.append(Markup('<li class="q{}"><b aria-hidden="true">{}</b> {}</li>').format(place, MARKS[place], call))
    return Markup("<figure><figcaption>{}</figcaption>{}<ul>{}</ul></figure>").format(
        name, curves(run, entries), Markup("").join(lines)
    )


def cost(run: Run, entry: str) -> list[Block]:
    """What one entry point costs: the law of cost in a sentence, its curve, its figures; or why there are none."""
    figures = run.ladder(entry) or [figure for figure in run.entries.get(entry, ()) if figure.axis == "scalar"]
    if not figures:
        return [Block(text=f"Not measured: {_why_not(run, entry)}")]
    fitted = law_of_cost(run, entry)
    law = [Block(text=_sentence(fitted, figures[0].device))] if fitted else []
    about = f"Measured with {run.releases}; {figures[0].dtype}, contiguous, warm memory. ~ marks what is unstable."
    headings = ("input", "time", "lowest", "highest", *(f"x {word_for(name)}" for name in figures[0].beside))
    return [*law, Block(text=about, figure=curves(run, [entry]), table=(headings, *(_row(run, figure) for figure in figures)))]


def _why_not(run: Run, entry: str) -> str:
    for row in run.not_timed:
        if row["entry"] == entry:
            return f"{row['message'] or row['outcome']}."
    return f"it was not among the calls of this benchmark run. To time it: --entry-point '{entry}'"


def _row(run: Run, figure: Figure) -> tuple[str, ...]:
    limits = (run.limit(name, figure.nbytes) if figure.nbytes else None for name in figure.beside)
    ratios = (times(figure.seconds / limit.seconds) if limit else "" for limit in limits)
    time = f"{'~' if figure.unstable else ''}{seconds(figure.seconds)}"
    return (figure.size, time, seconds(figure.low), seconds(figure.high), *ratios)


def _sentence(fitted: Cost, device: str) -> str:
    """The law of cost, fitted to one entry point."""
    one, other = ("raw copies", "plain ones with a copy on the host") if device else ("memcpys", "copies into fresh pages")
    copies = f"{_number(fitted.memcpys)} {one} more, or {_number(fitted.copies)} {other}"
    large = f"{fitted.largest} cost {copies if fitted.order == 'O(n)' else 'no more'}"
    seen = {
        "keeps": ", and costs what that allows.",
        "near the limit": f", but {fitted.reason}.",
        "breach": f", but {fitted.reason}.",
        "deviates": f", but {fitted.reason}: a known deviation.",
    }
    promise = f" It promises that it {fitted.promise}{seen[fitted.verdict]}" if fitted.verdict else ""
    return f"{fitted.order}: {seconds(fitted.fixed)} for 16 elements; {large}.{promise}"


def _number(value: float) -> str:
    return times(value).removesuffix("x")
