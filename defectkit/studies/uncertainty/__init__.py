"""Uncertainty of stored evaluations: what they keep of a comparison, and the bootstrap of what is made of it again."""

from __future__ import annotations

from defectkit.studies.uncertainty.bootstrap import bootstrap, bootstrap_difference, resample_statistics
from defectkit.studies.uncertainty.stored_comparison import StoredComparison, comparison_of

__all__ = ["StoredComparison", "bootstrap", "bootstrap_difference", "comparison_of", "resample_statistics"]
