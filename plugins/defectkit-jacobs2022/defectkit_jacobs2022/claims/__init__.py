"""Claims: what the paper says of models, splits, labels and training, and what a reproduction says of it."""

from __future__ import annotations

from defectkit_jacobs2022.claims import of_labels, of_one_model, of_splits, of_training
from defectkit_jacobs2022.claims.claim import Claim, Judgement
from defectkit_jacobs2022.claims.evidence import Evidence, RunNumbers, evidence_of
from defectkit_jacobs2022.claims.measured import Measured
from defectkit_jacobs2022.claims.rule import Rule, Verdict

CLAIMS: tuple[Claim, ...] = (*of_one_model.CLAIMS, *of_splits.CLAIMS, *of_labels.CLAIMS, *of_training.CLAIMS)
"""Every claim: of one model, of splits, of labels, of training."""

__all__ = ["CLAIMS", "Claim", "Evidence", "Judgement", "Measured", "Rule", "RunNumbers", "Verdict", "evidence_of"]
