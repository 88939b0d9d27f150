"""Synthetic micrographs of irradiated foils with known truth, from a seed."""

from __future__ import annotations

from defectkit.testing.synthetic.acquisition import Acquisition
from defectkit.testing.synthetic.dataset import synthetic_dataset
from defectkit.testing.synthetic.fecral import SyntheticFecral, synthetic_fecral
from defectkit.testing.synthetic.micrograph import DENSITIES, synthetic_micrograph
from defectkit.testing.synthetic.populations import POPULATIONS, Look, Population
from defectkit.testing.synthetic.second_opinion import Disagreement, second_opinion

__all__ = [
    "DENSITIES",
    "POPULATIONS",
    "Acquisition",
    "Disagreement",
    "Look",
    "Population",
    "SyntheticFecral",
    "second_opinion",
    "synthetic_dataset",
    "synthetic_fecral",
    "synthetic_micrograph",
]
