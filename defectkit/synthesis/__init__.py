"""Domain-randomised micrographs: endless images with known defects, wider in looks than any one specimen."""

from __future__ import annotations

from defectkit.synthesis.ellipses import Ellipses
from defectkit.synthesis.exposure import expose
from defectkit.synthesis.randomised import TYPES, Drawn, drawn, randomised_micrograph

__all__ = ["TYPES", "Drawn", "Ellipses", "drawn", "expose", "randomised_micrograph"]
