"""How a law's verdict becomes a test's."""

from __future__ import annotations

import pytest

from .laws import Law
from .run.plan import Plan
from .run.record import message
from .run.rows import finding_row
from .run.tally import Tally, plainness

#: Findings that a failing test shows in full.
SHOWN = 3


def assert_law(law: Law, tally: Tally, plan: Plan) -> None:
    """Fail with the plainest findings under the law; skip, saying so, where no input gave the law anything to judge."""
    failing = (found for found in tally.findings.values() if found.law == law.id and (plan.fail_on_drift or not found.drift))
    findings = sorted(failing, key=lambda finding: plainness(finding.spec))
    if findings:
        more = [f"... and {len(findings) - SHOWN} more kinds, all in the results file"] if len(findings) > SHOWN else []
        pytest.fail(
            "\n\n".join([message(finding_row(finding), plan.again) for finding in findings[:SHOWN]] + more), pytrace=False
        )
    if not tally.laws.get(law.id):
        pytest.skip(f"nothing to judge: no input of this run came under the law '{law.id}'")
