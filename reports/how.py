"""How users call what we name to them: in a checkout that may not be installed, and where it is installed."""

from __future__ import annotations

from tensor_conformance import CHECKOUT

#: The suite, and the verbs that read results.
RUN = "pytest conformance" if CHECKOUT is not None else "tensor-conformance run"
TOOL = "python -m reports" if CHECKOUT is not None else "tensor-conformance"
