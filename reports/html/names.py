"""Names: of files, anchors and links, made from text that may be anything."""

from __future__ import annotations

import hashlib
import re


def slug(name: str) -> str:
    """A file name, distinct for distinct names, also where upper and lower case are one."""
    digest = hashlib.blake2b(name.encode(errors="backslashreplace"), digest_size=3).hexdigest()
    words = re.sub("[^A-Za-z0-9_=]+", "-", name)[:48].strip("-").lower()
    return f"{words}-{digest}" if words else digest


def entry_path(name: str) -> str:
    """Where the page of an entry point lies, from the site's root."""
    return f"entry/{slug(name)}.html"


def anchor(name: str) -> str:
    """An id within a page that needs no escaping in a link."""
    return re.sub("[^A-Za-z0-9_-]", lambda found: f".{ord(found[0]):x}", name)


def link(url: str) -> str:
    """The address if it is one of a web page, else nothing: text from a file must not become a script."""
    return url if re.fullmatch(r"https?://[^\s\"'<>\\]+", url) else ""
