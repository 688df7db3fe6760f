"""Known deviations from the law of cost: calls that copy, at the price of many copies."""

from __future__ import annotations

from typing import NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from conformance.promises import EntryPoint


class Costly(NamedTuple):
    """One known break of the law of cost.

    id        short and stable, by which reports name it
    title     what happens, in a sentence
    package   whose releases are meant
    releases  in which it was seen, as a version specifier
    entries   names of the entry points on which it shows
    """

    id: str
    title: str
    package: str
    releases: str
    entries: tuple[str, ...]

    def applies_to(self, entry: EntryPoint, versions: dict[str, str]) -> bool:
        """Whether it is recorded for an entry point in a subject with these releases."""
        release = versions.get(self.package)
        here = release is not None and Version(Version(release).public) in SpecifierSet(self.releases, prereleases=True)
        return here and entry.name in self.entries


COSTLY = (
    Costly(
        "tf-lists-element-by-element",
        "An array in a list is converted element by element, through Python objects.",
        "tensorflow",
        "==2.21.*",
        ("tf.constant[list]", "tf.stack", "tf.Variable.assign[list]", "tf.Variable.assign[list][after 0.0]"),
    ),
    Costly(
        "tf-ragged-element-by-element",
        "tf.ragged.constant makes a Python list of the array, and looks at each element of it.",
        "tensorflow",
        "==2.21.*",
        ("tf.ragged.constant",),
    ),
    Costly(
        "tf-slices-element-by-element",
        "The slices of an array are tensors of one element each when it has one axis.",
        "tensorflow",
        "==2.21.*",
        ("tf.data.Dataset.from_tensor_slices",),
    ),
    Costly(
        "tf-through-protobuf",
        "The elements go through bytes and a protobuf message, and are parsed again.",
        "tensorflow",
        "==2.21.*",
        ("tf.make_tensor_proto", "tf.make_ndarray", "tf.io.decode_raw"),
    ),
)
