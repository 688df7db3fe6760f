"""The evidence is what really happened, whatever the conversion claims."""

from __future__ import annotations

import numpy as np
import pytest

from tensor_conformance.conformance.run.subjects import InProcess
from tensor_conformance.conformance.subject.observation import Observation, fingerprint
from tensor_conformance.strategies import ArraySpec, chooser, draw_array_spec

PLAIN = ArraySpec("int32", (2, 3), (12, 4), 0, 24, seed=7)


def see(subject: InProcess, call: str, spec: ArraySpec = PLAIN) -> Observation:
    return subject.observe(call, "", [spec])[0]


def test_a_view_shares_by_address_and_by_mutation_both_ways(in_process: InProcess) -> None:
    seen = see(in_process, "a.view()")
    assert (seen.shares, seen.follows, seen.leads, seen.aliasing) == ("all", "all", "some", "shares")


def test_a_copy_shares_nothing(in_process: InProcess) -> None:
    seen = see(in_process, "a.copy()")
    assert (seen.shares, seen.follows, seen.leads, seen.twin, seen.aliasing) == ("none", "none", "none", False, "copies")


def test_every_layout_of_a_view_is_told_from_its_copy(in_process: InProcess) -> None:
    choose = chooser(5)
    specs = [draw_array_spec(choose, dtype="float64", container="ndarray", memory="plain") for _ in range(300)]
    for spec in specs:
        if spec.size and spec.nbytes:
            assert see(in_process, "a.view()", spec).aliasing == "shares", spec
            assert see(in_process, "a.copy()", spec).aliasing == "copies", spec


def test_a_cached_result_is_a_twin(in_process: InProcess) -> None:
    call = "import sys\nkept = sys.__dict__.setdefault('_kept', a.copy())\nkept"
    assert see(in_process, call).twin is True


def test_a_changed_source_is_noticed(in_process: InProcess) -> None:
    assert see(in_process, "b = a.copy()\na[0, 0] += 1\nb").source_changed
    assert not see(in_process, "a.copy()").source_changed


@pytest.mark.parametrize("harm", ["a.flags.writeable = False", "a.shape = (a.size,)", "a.dtype = 'u1'"])
def test_a_source_with_other_marks_has_changed(in_process: InProcess, harm: str) -> None:
    assert see(in_process, f"b = a.copy()\n{harm}\nb").source_changed


def test_a_change_before_a_refusal_is_noticed(in_process: InProcess) -> None:
    seen = see(in_process, "a[0, 0] += 1\nint('x')")
    assert (seen.outcome, seen.source_changed) == ("raised", True)


def test_half_a_view_follows_in_part(in_process: InProcess) -> None:
    call = "whole = np.ndarray((2, 3), a.dtype, np.zeros(24, 'u1'))\nclass Liar(np.ndarray): pass\na[:1].view(Liar)"
    assert see(in_process, call).shares == "all"
    seen = see(in_process, "np.lib.stride_tricks.as_strided(a[1:], (2, 3))")
    assert seen.shares == "part"


def test_the_values_are_read_from_memory_in_c_order(in_process: InProcess) -> None:
    seen = see(in_process, "a.T")
    assert seen.data == np.frombuffer(PLAIN.values, "<i4").reshape(2, 3).T.tobytes()
    assert (seen.shape, seen.strides) == ((3, 2), (4, 12))


def test_exceptions_are_kept_with_their_bases(in_process: InProcess) -> None:
    seen = see(in_process, "a[9]")
    assert seen.error == ("IndexError", "LookupError", "Exception")
    assert seen.headline == "raised IndexError"


def test_a_warning_is_heard_every_time(in_process: InProcess) -> None:
    for _ in range(3):
        seen = see(in_process, "import warnings\nwarnings.warn('not writable', UserWarning)\na")
        assert seen.warnings == (("UserWarning", "not writable"),)


def test_python_numbers_are_read_too(in_process: InProcess) -> None:
    seen = see(in_process, "a.tolist()")
    assert (seen.type, seen.dtype, seen.shape) == ("list", "int", (2, 3))
    assert np.array_equal(np.frombuffer(seen.data or b"", "<i8")[::2], np.frombuffer(PLAIN.values, "<i4"))


def test_large_results_are_kept_as_digests(in_process: InProcess) -> None:
    large = PLAIN._replace(shape=(2, 3000), strides=(12000, 4), nbytes=24000)
    seen = see(in_process, "a.copy()", large)
    assert seen.data == fingerprint(large.values)
    assert len(seen.data or b"") < 64


def test_read_only_pages_are_never_written(in_process: InProcess) -> None:
    for memory in ("protected", "memmap_r"):
        seen = see(in_process, "a", PLAIN._replace(memory=memory))
        assert (seen.shares, seen.follows, seen.leads, seen.writable) == ("all", "all", "", False)


@pytest.mark.parametrize("memory", ["plain", "readonly", "bytes", "protected", "memmap_r", "memmap_r+", "memmap_c"])
def test_sharing_is_seen_whatever_the_memory(in_process: InProcess, memory: str) -> None:
    assert see(in_process, "a.view()", PLAIN._replace(memory=memory)).aliasing == "shares"
    assert see(in_process, "np.array(a)", PLAIN._replace(memory=memory)).aliasing == "copies"


def test_the_array_is_as_before_after_a_trial(in_process: InProcess) -> None:
    first, second = in_process.observe("a", "", [PLAIN, PLAIN])
    assert first == second
