"""Frameworks are named in folders of their own: what other modules say of one is prose, or stands in a list that shrinks."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from meta_tests.helpers import ROOT

#: The packages of the product.
PRODUCT = ("conformance", "reports", "strategies", "tensor_conformance")
#: Modules that name a framework nevertheless. No other may be added: what they need to know belongs to the framework's object.
EXCEPTIONS = {
    "conformance/cli/__init__.py",  # Examples of command lines.
    "conformance/cli/answer.py",  # Examples of calls and of a requirement.
    "conformance/cli/upgrade.py",  # An example of requirements, and an option that uv names after PyTorch.
    "conformance/options.py",  # An example of a glob.
    "conformance/subject/timing.py",  # Variables that say in how many threads a library computes.
}
NAMES = re.compile(r"torch|tensorflow|(?<![a-z0-9])tf(?![a-z0-9])", re.IGNORECASE)
URL = re.compile(r"https?://\S+")
#: Identifiers, and strings: of formatted ones, from Python 3.12 on, their parts.
_SAID = (tokenize.NAME, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))


def named(source: str) -> list[str]:
    """The frameworks that a module's identifiers and strings name. A string that is a statement is prose, as comments are."""
    return [name for text in _said(source) for name in NAMES.findall(URL.sub("", text))]


def _said(source: str) -> Iterator[str]:
    starts = True  # Whether a statement starts here.
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in _SAID and not (starts and token.type == tokenize.STRING):
            yield token.string
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            starts = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


def modules() -> dict[str, str]:
    """Sources of the product's modules by their paths in the checkout."""
    paths = [path.relative_to(ROOT) for package in PRODUCT for path in (ROOT / package).rglob("*.py")]
    return {path.as_posix(): (ROOT / path).read_text(encoding="utf-8") for path in paths}


def home(path: str) -> str:
    """The framework in whose folder a module lies; "" where it lies in none."""
    found = re.fullmatch(r"conformance/frameworks/(\w+)/.+", path)
    return found[1] if found else ""


def test_no_module_outside_its_folder_names_a_framework() -> None:
    naming = {path: found for path, source in modules().items() if not home(path) and (found := named(source))}
    assert {path: found for path, found in naming.items() if path not in EXCEPTIONS} == {}
    assert EXCEPTIONS - naming.keys() == set(), "they name none any more: take them from the list"


@pytest.mark.parametrize(("framework", "names"), [("torch", {"torch"}), ("tensorflow", {"tensorflow", "tf"})])
def test_no_folder_of_a_framework_names_another(framework: str, names: set[str]) -> None:
    found = {name.lower() for path, source in modules().items() if home(path) == framework for name in named(source)}
    assert found == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import torch", ["torch"]),
        ("x = 'Of PyTorch'", ["Torch"]),
        ("on_tensorflow(TF_THREADS, tf)", ["tensorflow", "TF", "tf"]),
        ("class TorchClock: pass", ["Torch"]),
        ("x = f'{one} of tf.constant {two}'", ["tf"]),
        ("say('''\na\ntorch''')", ["torch"]),
        ("URL = 'https://docs.pytorch.org/torch.html'", []),
        ("URL = 'https://docs.pytorch.org of torch'", ["torch"]),
        ('"""Of torch."""\nx = 1  # Not of tf.\n', []),
        ('class A:\n    """Of torch."""\n\n    # A comment.\n    """Of tf."""\n    x = "torch"\n', ["torch"]),
        ("drift, tfoot, utf8, itf = 'utf-8'", []),
    ],
)
def test_names_are_told_from_prose(source: str, names: list[str]) -> None:
    assert named(source) == names
