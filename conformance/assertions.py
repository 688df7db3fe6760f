"""How a law's verdict becomes a test's."""

from __future__ import annotations

import pytest

from conformance.laws import LAWS
from conformance.record import message
from conformance.run import finding_row
from conformance.tally import Tally


def assert_law(law: str, tally: Tally) -> None:
    """Fail with every finding under the law; skip, saying so, where no input gave the law anything to judge."""
    findings = [finding for finding in tally.findings.values() if finding.law == law]
    if findings:
        pytest.fail("\n\n".join(message(finding_row(finding)) for finding in findings), pytrace=False)
    if not tally.laws.get(law):
        pytest.skip(f"nothing to judge: no input of this run came under the law '{LAWS[law].id}'")
