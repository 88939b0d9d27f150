"""Claim: something that the paper says, how it is read, and what a reproduction says of it."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from defectkit_jacobs2022.claims.evidence import Evidence
from defectkit_jacobs2022.claims.measured import Measured
from defectkit_jacobs2022.claims.rule import Rule, Verdict

TOO_WIDE = "the interval reaches both sides"
UNKNOWN = "a number or its interval is not defined"
OF_OTHER_IMAGES = "it is about the images of the paper, and these are others"


@attrs.frozen(kw_only=True)
class Claim:
    """One claim.

    Parameters
    ----------
    name : str
    page : int
        Of the manuscript.
    says : str
        In our words.
    published : str
        The numbers that are printed for it; empty where there are none.
    quantity : str
        What is measured.
    measure : callable, optional
        From the evidence to that; None for a claim that no reproduction can test.
    rule : Rule
        Where it lies if the claim holds.
    unit : str
    decimals : int
    is_of_images : bool
        Whether the claim is about the images of the paper alone.
    reason : str
        Why it cannot be tested, without a measure.
    """

    name: str
    page: int
    says: str
    published: str = ""
    quantity: str = ""
    measure: Callable[[Evidence], Measured] | None = attrs.field(default=None, eq=False)
    rule: Rule = attrs.field(factory=Rule)
    unit: str = ""
    decimals: int = 2
    is_of_images: bool = False
    reason: str = ""

    def judged(self, evidence: Evidence) -> Judgement:
        """Return what the evidence says of the claim."""
        if self.measure is None:
            return Judgement(claim=self, verdict=Verdict.CANNOT_BE_TESTED, reason=self.reason)
        measured = self.measure(evidence)
        if self.is_of_images and not evidence.is_original:
            verdict, reason = Verdict.CANNOT_BE_TESTED, OF_OTHER_IMAGES
        else:
            verdict = self.rule.verdict(measured)
            reason = UNKNOWN if not measured.is_known else TOO_WIDE if verdict is Verdict.CANNOT_BE_TESTED else ""
        return Judgement(claim=self, measured=measured, verdict=verdict, reason=reason)


@attrs.frozen(kw_only=True)
class Judgement:
    """What becomes of a claim.

    Parameters
    ----------
    claim : Claim
    verdict : Verdict
    measured : Measured, optional
    reason : str
        Why it cannot be tested.
    """

    claim: Claim
    verdict: Verdict
    measured: Measured | None = None
    reason: str = ""
