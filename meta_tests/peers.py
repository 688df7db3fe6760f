"""What others test conversions with, turned on the same faults.

Each peer is a function that raises when it catches something. It runs where the conversions run, in a child of the
subject, as the text of a call: so it may crash or hang. A peer that fails on the entry point without a fault, or has nothing
that exercises it, says "not applicable".

round trip       one Hypothesis test: arrays of hypothesis.extra.numpy, there and back again, assert_array_equal (strict)
array-api-tests  the inputs and assertions of array_api_tests/test_dlpack.py (https://github.com/data-apis/array-api-tests),
                 with the faulted call for from_dlpack
NumPy            numpy/_core/tests/test_dlpack.py as installed, with np.from_dlpack put in the place of the faulted call: a test
                 that passes without the fault and fails with it has caught it
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from meta_tests.faults import Fault, Rewritten
from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.run.subjects import Subject
from tensor_conformance.conformance.subject import trial
from tensor_conformance.strategies import ArraySpec

PEERS = ["round trip", "array-api-tests", "NumPy"]
EXAMPLES = 200
#: Entry points that a test of from_dlpack is a test of.
_DLPACK = ("torch.from_dlpack", "tf.experimental.dlpack.from_dlpack", "np.from_dlpack")
_ANY = ArraySpec("float32", (1,), (4,), 0, 4)


def verdicts(subject: Subject, entry: EntryPoint, fault: Fault | Rewritten) -> dict[str, str]:
    """Peer to "caught", "missed" or "not applicable"."""
    return {peer: _verdict(subject, peer, entry, fault) for peer in PEERS}


def _verdict(subject: Subject, peer: str, entry: EntryPoint, fault: Fault | Rewritten) -> str:
    if peer != "round trip" and not entry.name.startswith(_DLPACK):
        return "not applicable"
    without = _failures(subject, peer, entry.call, entry)
    if without is None or all(without):
        return "not applicable"
    failures = _failures(subject, peer, fault.seeded_in(entry, peer).call, entry)
    return "caught" if failures is None or any(f > w for f, w in zip(failures, without)) else "missed"


@lru_cache(maxsize=64)
def _failures(subject: Subject, peer: str, call: str, entry: EntryPoint) -> bytes | None:
    """A byte per test of the peer, 1 where it failed; None where the process died or hung."""
    text = f"from meta_tests import peers\npeers.ask({peer!r}, {call!r}, {entry.direction!r}, {entry.framework!r})"
    (seen,) = subject.observe(text, "", [_ANY])
    return seen.data if seen.outcome == "ok" else None


# -- in the subject -----------------------------------------------------------------------------------------------------


def ask(peer: str, call: str, direction: str, framework: str) -> np.ndarray:
    """Let a peer look at a call: a byte per test, 1 for those that failed."""
    convert = trial.compile_call(call, "t" if direction == "out" else "a")
    to, back = _ways(framework)
    if direction == "in":
        return np.array(_PEERS[peer](convert, back), np.uint8)
    return np.array(_PEERS[peer](lambda a: convert(to(a)), lambda a: a), np.uint8)


def _ways(framework: str) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """From arrays to tensors and back, as users go."""
    if framework == "torch":
        import torch

        return torch.from_numpy, lambda tensor: tensor.numpy()
    import tensorflow as tf

    return tf.constant, lambda tensor: tensor.numpy()


def _passes(test: Callable[[], Any]) -> bool:
    try:
        test()
    except Exception:
        return False
    return True


def _settings() -> Any:
    from hypothesis import HealthCheck, Phase, settings

    quiet: dict[str, Any] = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck)}
    return settings(max_examples=EXAMPLES, phases=[Phase.generate], **quiet)


def _round_trip(convert: Callable[[Any], Any], back: Callable[[Any], Any]) -> list[bool]:
    from hypothesis import given, seed
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as extra

    native: dict[str, Any] = {"endianness": "="}
    dtypes = st.one_of(
        extra.boolean_dtypes(),
        extra.integer_dtypes(**native),
        extra.unsigned_integer_dtypes(**native),
        extra.floating_dtypes(**native, sizes=(16, 32, 64)),
        extra.complex_number_dtypes(**native, sizes=(64, 128)),
    )

    @seed(0)
    @_settings()
    @given(extra.arrays(dtypes, extra.array_shapes(min_dims=0, min_side=0)))
    def survives(a: np.ndarray) -> None:
        np.testing.assert_array_equal(back(convert(a)), a, strict=True)

    return [not _passes(survives)]


def _array_api_tests(convert: Callable[[Any], Any], back: Callable[[Any], Any]) -> list[bool]:
    """test_from_dlpack: arrays of every dtype of the standard, 1 to 3 axes of at most 2 elements, small finite numbers."""
    from hypothesis import given, seed
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as extra

    def numbers(dtype: np.dtype) -> st.SearchStrategy[Any]:
        if dtype.kind == "b":
            return st.booleans()
        if dtype.kind in "iu":
            top = int(np.iinfo(dtype).max ** 0.5)
            return st.integers(-top if dtype.kind == "i" else 0, top)
        part = np.zeros((), dtype).real.dtype
        top = float(np.float16(np.sqrt(np.float64(np.finfo(part).max)))) if part.itemsize == 2 else 2.0 ** (part.itemsize * 8)
        floats = st.floats(-top, top, width=8 * part.itemsize)
        return floats if dtype.kind == "f" else st.builds(complex, floats, floats)

    names = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128".split()
    shapes = extra.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=2)
    drawn = st.sampled_from(names).map(np.dtype).flatmap(lambda dtype: extra.arrays(dtype, shapes, elements=numbers(dtype)))

    @seed(0)
    @_settings()
    @given(drawn)
    def equal(x: np.ndarray) -> None:
        assert np.all(back(convert(x)) == x)

    return [not _passes(equal)]


def _numpy(convert: Callable[[Any], Any], back: Callable[[Any], Any]) -> list[bool]:
    import pytest

    path = importlib.util.find_spec("numpy._core.tests.test_dlpack")
    assert path is not None
    assert path.origin is not None
    failed: list[bool] = []

    class Listener:
        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.when == "call":
                failed.append(report.failed)

    real = np.from_dlpack
    # The call on trial may itself be np.from_dlpack, of a tensor.
    np.from_dlpack = lambda x, **options: back(convert(x)) if isinstance(x, np.ndarray) else real(x, **options)
    try:
        pytest.main([path.origin, "-q", "--tb=no", "-p", "no:cacheprovider", "-c", "/dev/null"], [Listener()])
    finally:
        np.from_dlpack = real
    assert failed, "no test was run"
    return failed


_PEERS = {"round trip": _round_trip, "array-api-tests": _array_api_tests, "NumPy": _numpy}
