"""Matching lives here: which predicted defect stands for which true one, at any IoU threshold."""

from __future__ import annotations

from defectkit.matching.match import match, sweep
from defectkit.matching.matchers import MATCHERS, Matcher, matcher
from defectkit.matching.matching import Matching
from defectkit.matching.matchings import Matchings
from defectkit.matching.overlaps import Overlaps, overlaps

__all__ = ["MATCHERS", "Matcher", "Matching", "Matchings", "Overlaps", "match", "matcher", "overlaps", "sweep"]
