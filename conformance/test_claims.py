"""Claims: what people say of the frameworks is as true, or as false, as it was found."""

from __future__ import annotations

import pytest

from tensor_conformance.conformance.promises import EntryPoint
from tensor_conformance.conformance.promises.claims import Claim
from tensor_conformance.conformance.run.rows import claim_row
from tensor_conformance.conformance.run.run import Run
from tensor_conformance.conformance.run.subjects import SubjectError


def told(claim: Claim, run: Run) -> list[tuple[str, object]]:
    """The claim's expressions, with what they give in a subject."""
    facts = tuple((f"static.{number}", text) for number, (text, _) in enumerate(claim.evidence))
    entry = EntryPoint("claim", f"{claim.before}a", claim.framework, "in", (), facts=facts)
    try:
        with run.subject(claim.framework) as subject:
            seen = subject.observe(entry.question, "", [claim.spec])[0]
    except SubjectError as reason:
        pytest.skip(f"not run: {reason}")
    return [(text, value) for (text, _), (_, value) in zip(claim.evidence, seen.facts)]


def test_a_claim_is_as_true_as_was_found(claim: Claim, run: Run) -> None:
    seen = told(claim, run)
    run.rows.append(claim_row(claim, seen == list(claim.evidence)))
    assert seen == list(claim.evidence), f"{claim.verdict}: {claim.because}"
