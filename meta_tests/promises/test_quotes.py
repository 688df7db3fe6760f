"""Promises quote the documentation: what is quoted from the page of a function or class stands in its docstring."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest
from packaging.version import Version

from meta_tests.helpers import every_entry_point
from tensor_conformance.conformance.promises.releases import series

#: The pages that are made of the docstring of what they are named after, and its members'.
_PAGES = (
    re.compile(r"https://docs\.pytorch\.org/docs/[\d.]+/generated/([\w.]+)\.html"),
    re.compile(r"https://numpy\.org/doc/[\d.]+/reference/generated/([\w.]+)\.html"),
    re.compile(r"https://www\.tensorflow\.org/api_docs/python/([\w/]+)"),
)
#: Pages, and parts of pages, that are named otherwise.
_NAMES = {
    "https://docs.pytorch.org/docs/2.13/data.html": "torch.utils.data",
    "https://docs.pytorch.org/docs/2.13/dlpack.html": "torch.utils.dlpack",
    # An eager tensor's own methods.
    "https://www.tensorflow.org/api_docs/python/tf/Tensor": "tf.__internal__.EagerTensor",
}


def _documented(url: str) -> Any:
    """What the page is about; None for pages that are no docstring. Skips where its module is missing."""
    name = _NAMES.get(url) or next((found[1].replace("/", ".") for page in _PAGES if (found := page.match(url))), None)
    if name is None:
        return None
    top, *path = name.split(".")
    found: Any = pytest.importorskip({"tf": "tensorflow"}.get(top, top))
    for step in path:
        if not hasattr(found, step):
            importlib.import_module(f"{found.__name__}.{step}")
        found = getattr(found, step)
    return found


def _newer(url: str) -> str:
    """The release of PyTorch that the page is of, where the installed one is older."""
    page = re.match(r"https://docs\.pytorch\.org/docs/([\d.]+)/", url)
    return f"torch {page[1]}" if page and Version(page[1]) > Version(series(version("torch"))) else ""


def _on_page(documented: Any) -> Iterator[str]:
    about = [documented]
    if inspect.isclass(documented):
        about += [*documented.__mro__, *(getattr(documented, name, None) for name in dir(documented))]
    if inspect.ismodule(documented):
        about += vars(documented).values()
    yield from (_bare(getattr(thing, "__doc__", None) or "") for thing in about)


def _bare(text: str) -> str:
    """Letters and digits alone: pages and docstrings differ in markup and line breaks."""
    text = re.sub(r":\w+:`~[\w.]*?(\w+)`", r"\1", text)
    return re.sub(r"[\W_]", "", re.sub(r":\w+:`|<[\w.#:/-]*>", "", text)).lower()


def _says(documented: Any, quote: str) -> bool:
    parts = ".*".join(map(_bare, quote.split("...")))
    return any(re.search(parts, text) for text in _on_page(documented))


_QUOTES = sorted(
    {(clause.source.url, clause.source.quote) for entry in every_entry_point() for clause in entry.promise if clause.source.quote}
)


@pytest.mark.parametrize(("url", "quote"), _QUOTES)
def test_a_quote_stands_in_the_docstring_of_what_its_page_is_about(url: str, quote: str) -> None:
    documented = _documented(url)
    if documented is None:
        pytest.skip("the page is no docstring")
    newer = _newer(url)
    if newer:
        pytest.skip(f"not run: the page is of {newer}")
    assert _says(documented, quote), f"{url} does not say {quote!r}"


def test_words_that_nobody_wrote_are_told() -> None:
    documented = pytest.importorskip("numpy").asarray
    assert _says(documented, "Convert the input to an array.")
    assert not _says(documented, "copied ... whenever you like")
