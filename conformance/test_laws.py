"""The laws: what each entry point was seen to do, judged by every law that can apply to it.

An id such as `torch.from_numpy-aliasing-memory` names the entry point, what the law is about, and the law.
"""

from __future__ import annotations

from tensor_conformance.conformance.assertions import assert_law
from tensor_conformance.conformance.laws import Law
from tensor_conformance.conformance.run.run import Run
from tensor_conformance.conformance.run.tally import Tally


def test_the_law_holds(law: Law, tally: Tally, run: Run) -> None:
    assert_law(law, tally, run.plan)
