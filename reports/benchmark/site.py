"""A benchmark run as the blocks of its page on the site."""

from __future__ import annotations

from base64 import b64encode

from markupsafe import Markup

from reports.benchmark.plots import pictures
from reports.benchmark.runs import Run
from reports.benchmark.tables import tables
from reports.html.sections import Block


def blocks(run: Run) -> list[Block]:
    """Its tables, and behind the first two its plots where they can be drawn."""
    found = [Block(title=t.title, text=t.text, table=(t.headings, *t.rows) if t.rows else ()) for t in tables(run)]
    # An image has a world of its own: the names inside one SVG cannot clash with those of another, or of the page.
    source = "data:image/svg+xml;base64,"
    drawn = [
        Block(title=title, figure=Markup('<img alt="{}" src="{}{}">').format(title, source, b64encode(svg).decode()))
        for title, svg in pictures(run)
    ]
    return [*found[:2], *drawn, *found[2:]]
