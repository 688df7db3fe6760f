"""Proves that data survives the trip between NumPy and the tensor frameworks.

The import name of the whole: `tensor_conformance.strategies`, `.conformance`, `.reports`. In a checkout these folders lie beside
this one, so that it needs no installation; in an installed package they lie within.
"""

from __future__ import annotations

from pathlib import Path

_BESIDE = Path(__file__).resolve().parent.parent
#: The checkout that this is imported from; None where it is installed.
CHECKOUT = _BESIDE if (_BESIDE / "pyproject.toml").is_file() and (_BESIDE / "strategies").is_dir() else None
if CHECKOUT is not None:
    __path__.append(str(CHECKOUT))
