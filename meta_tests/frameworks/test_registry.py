"""The registry: what is wrong with a framework is one line that names package and field, and the others still run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from tensor_conformance.conformance import options
from tensor_conformance.conformance.frameworks import registry
from tensor_conformance.conformance.frameworks.framework import Framework, FrameworkError, Scripts
from tensor_conformance.conformance.promises import EntryPoint

FINE: dict[str, Any] = {
    "name": "theirs",
    "title": "Theirs",
    "imports": "import theirs",
    "distributions": ("theirs",),
    "adapter": "theirs.adapter",
    "memory": "contiguous",
    "scripts": Scripts(build=lambda spec: []),
    "entry_points": (EntryPoint("theirs.of", "theirs.of(a)", "theirs", "in", ()),),
}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Frameworks are found anew before and after each test."""
    registry._found.cache_clear()
    yield
    registry._found.cache_clear()


def declare(monkeypatch: pytest.MonkeyPatch, *values: Any, name: str = "theirs") -> None:
    """Have a package declare these beside those of this checkout: objects, or functions that make one when it is loaded."""
    ours = list(registry._declared())
    module = ModuleType("their_plugin")
    module.__getattr__ = lambda attribute: made(values[int(attribute[1:])])  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "their_plugin", module)
    theirs = [registry._Declared(name, f"their_plugin:v{number}", "their-package") for number in range(len(values))]
    monkeypatch.setattr(registry, "_declared", lambda: iter([*ours, *theirs]))


def made(value: Any) -> Any:
    return value() if callable(value) else value


def reason(monkeypatch: pytest.MonkeyPatch, *values: Any, name: str = "theirs") -> str:
    """Why the last of these cannot be used."""
    declare(monkeypatch, *values, name=name)
    assert {"torch", "tensorflow"} <= set(registry.frameworks())
    (line,) = registry.broken().values()
    assert "their-package" in line
    assert "\n" not in line
    return line


def test_a_framework_from_outside_stands_behind_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, lambda: Framework(**FINE))
    assert list(registry.frameworks())[-1] == "theirs"
    assert not registry.broken()


def test_one_that_fails_on_import_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> Framework:
        raise ImportError("no module named 'pebbles'\nand more")

    line = fails.__code__.co_firstlineno + 1
    assert reason(monkeypatch, fails).endswith(f"raises ImportError: no module named 'pebbles' (test_registry.py:{line})")


def test_one_that_lacks_a_field_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = {name: value for name, value in FINE.items() if name != "adapter"}
    assert "'adapter'" in reason(monkeypatch, lambda: Framework(**lacking))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("memory", "scattered", "field 'memory' is 'scattered', not one of strided, contiguous"),
        ("entry_points", [], "field 'entry_points' is a list, not a tuple"),
        ("scripts", None, "field 'scripts' is a NoneType, not a Scripts"),
        ("name", "others", "field 'entry_points': theirs.of is of framework 'theirs'"),
        ("entry_points", FINE["entry_points"] * 2, "field 'entry_points' declares 'theirs.of' twice"),
    ],
)
def test_one_with_a_wrong_field_says_which(monkeypatch: pytest.MonkeyPatch, field: str, value: Any, words: str) -> None:
    assert words in reason(monkeypatch, lambda: Framework(**FINE | {field: value}))


def test_a_name_is_declared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    line = reason(monkeypatch, lambda: Framework(**FINE), lambda: Framework(**FINE))
    assert "another package has declared the same name" in line


def test_the_declared_name_is_the_framework_s(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "field 'name' is 'theirs', not the declared 'mine'" in reason(monkeypatch, lambda: Framework(**FINE), name="mine")


def test_an_entry_point_belongs_to_one_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = replace(FINE["entry_points"][0], name="torch.from_numpy", _topics={}, _settled={})
    assert "torch.from_numpy is an entry point of torch already" in reason(
        monkeypatch, lambda: Framework(**FINE | {"entry_points": (taken,)})
    )


def test_a_call_that_is_no_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(FINE["entry_points"][0], call="theirs.take((a)", _topics={}, _settled={})
    said = reason(monkeypatch, lambda: Framework(**FINE | {"entry_points": (broken,)}))
    assert f"field 'entry_points': the call of {broken.name} is no Python" in said


def test_a_call_that_nobody_knows_may_be_of_a_framework_that_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, lambda: 7)
    option = argparse.Namespace(device="cpu", framework=None, entry_point=["theirs.*"])
    with pytest.raises(pytest.UsageError, match=r"no entry point matches 'theirs.\*'; theirs, declared by .* is a int"):
        options.selected(option, None)


def test_something_else_than_a_framework_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reason(monkeypatch, 7).endswith("is a int, not a Framework")


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(FrameworkError, match="unknown framework 'jax'; known: torch, tensorflow"):
        registry.framework("jax")


def test_a_broken_framework_s_reason_is_what_its_name_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, 7)
    with pytest.raises(FrameworkError, match="declared by the package their-package, cannot be used"):
        registry.framework("theirs")
