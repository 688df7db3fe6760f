"""How a law's verdict becomes a test's."""

from __future__ import annotations

import pytest

from conformance.laws import LAWS
from conformance.record import message
from conformance.run import finding_row
from conformance.tally import Tally, plainness

#: Findings that a failing test shows in full.
SHOWN = 3


def assert_law(law: str, tally: Tally) -> None:
    """Fail with the plainest findings under the law; skip, saying so, where no input gave the law anything to judge."""
    findings = sorted((f for f in tally.findings.values() if f.law == law), key=lambda finding: plainness(finding.spec))
    if findings:
        more = [f"... and {len(findings) - SHOWN} more kinds, all in the results file"] if len(findings) > SHOWN else []
        pytest.fail("\n\n".join([message(finding_row(finding)) for finding in findings[:SHOWN]] + more), pytrace=False)
    if not tally.laws.get(law):
        pytest.skip(f"nothing to judge: no input of this run came under the law '{LAWS[law].id}'")
