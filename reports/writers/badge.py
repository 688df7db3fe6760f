"""The badge: one line on a run, as a picture and as the JSON that https://shields.io/badges/endpoint-badge reads."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..merge import Merged, environments
from ..results import read
from ..severity import findings
from . import save

LABEL = "tensor conformance"
#: Colours on which white text has a contrast above 4.5:1.
_COLOURS = {"brightgreen": "#22703a", "red": "#b3261e", "lightgrey": "#5f6368", "yellow": "#7a5c00"}


def verdict(merged: list[Merged]) -> tuple[str, str]:
    """What the badge says, and its colour in the words of shields.io."""
    broken = sum(len(findings(each.results)) for each in merged)
    entries = sum(1 for each in merged for entry in each.results.of("entry") if entry["verdicts"])
    known = sum(1 for each in merged for row in each.results.of("deviation") if row["status"] == "happens")
    if broken:
        return f"{broken} broken", "red"
    if not entries:
        return "nothing run", "lightgrey"
    if any(each.results.interrupted for each in merged):
        return "interrupted", "yellow"
    return f"{entries} calls conform" + f", {known} known deviations" * bool(known), "brightgreen"


def endpoint(merged: list[Merged]) -> str:
    """The JSON of shields.io's endpoint badge."""
    message, colour = verdict(merged)
    return json.dumps({"schemaVersion": 1, "label": LABEL, "message": message, "color": colour}) + "\n"


def svg(merged: list[Merged]) -> str:
    """The badge itself, needing no service."""
    message, colour = verdict(merged)
    left, right = 6 * len(LABEL) + 16, 6 * len(message) + 16  # At 11px a letter of Verdana is 6 to 7 wide; textLength sets it.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{LABEL}: {message}">'
        f"<title>{LABEL}: {message}</title>"
        f'<rect width="{left}" height="20" fill="#444"/><rect x="{left}" width="{right}" height="20" fill="{_COLOURS[colour]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="8" y="14" textLength="{left - 16}">{LABEL}</text>'
        f'<text x="{left + 8}" y="14" textLength="{right - 16}">{message}</text></g></svg>\n'
    )


def register(verbs: Any) -> None:
    """Add the verb `badge`."""
    verb = verbs.add_parser("badge", help="write badge.svg and badge.json (for shields.io)", description="Write a badge.")
    verb.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a results file (JSON Lines)")
    verb.add_argument("-o", "--output", type=Path, default=Path("."), metavar="DIR", help="where to write (this folder)")
    verb.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    merged = environments([read(path) for path in asked.files])
    save(asked.output / "badge.json", endpoint(merged))
    save(asked.output / "badge.svg", svg(merged))
    print(f"{asked.output / 'badge.svg'}: {verdict(merged)[0]}")
    return 0
