"""Claims: what people say of the frameworks is as true, or as false, as it was found."""

from __future__ import annotations

import pytest

from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.promises.claims import Claim
from tensor_conformance.conformance.run.rows import claim_row
from tensor_conformance.conformance.run.run import Run
from tensor_conformance.conformance.run.subjects import SubjectError


def test_a_claim_is_as_true_as_was_found(claim: Claim, run: Run) -> None:
    try:
        with run.subject(claim.framework) as subject:
            facts = tuple((f"static.{number}", text) for number, (text, _) in enumerate(claim.evidence))
            entry = EntryPoint("claim", f"{claim.before}a", claim.framework, "in", (), facts=facts)
            (seen,) = subject.observe(entry.question, "", [claim.spec])
    except SubjectError as reason:
        pytest.skip(f"not run: {reason}")
    observed = [(text, value) for (text, _), (_, value) in zip(claim.evidence, seen.facts)]
    run.rows.append(claim_row(claim, observed == list(claim.evidence)))
    assert observed == list(claim.evidence), f"{claim.verdict}: {claim.because}"
