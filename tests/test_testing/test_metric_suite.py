from __future__ import annotations

from typing import ClassVar

import numpy as np

from defectkit.metrics.average_precision import AveragePrecision
from defectkit.metrics.confusion import Confusion
from defectkit.metrics.defect_pairs import DefectPairs
from defectkit.metrics.errors import Errors
from defectkit.metrics.find import Find
from defectkit.metrics.foreground import Foreground
from defectkit.metrics.panoptic_quality import PanopticQuality
from defectkit.metrics.parity import Parity
from defectkit.metrics.size_distribution import SizeDistribution
from defectkit.metrics.type_scores import EndToEnd, TypeScores
from defectkit.testing import MetricSuite

NM = 0.5 * 2 / np.sqrt(np.pi)
"""The diameter in nm of a square of one pixel."""


class TestAveragePrecision(MetricSuite):
    cls = AveragePrecision
    expected: ClassVar = {"average_precision_50": [1, 0, np.nan, 76 / 101], "overall_average_precision": 1 / 2}


class TestConfusion(MetricSuite):
    cls = Confusion
    expected: ClassVar = {"confusion": [[[2, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0], [2, 0, 0, 0]]] * 3}


class TestDefectPairs(MetricSuite):
    cls = DefectPairs
    expected: ClassVar = {"true_defect_partner": [0, 1, 2, -1], "predicted_defect_partner": [0, 1, 2, -1, -1]}
    exceptions: ClassVar = {
        "every_dimension_is_labelled": "its rows are named by the variables true_defect_image and true_defect_id"
    }


class TestEndToEnd(MetricSuite):
    cls = EndToEnd
    expected: ClassVar = {
        "end_to_end_precision": [[2 / 4, np.nan, 0, 2 / 5]] * 3,
        "end_to_end_recall": [[1, 0, np.nan, 2 / 4]] * 3,
    }


class TestErrors(MetricSuite):
    cls = Errors
    expected: ClassVar = {
        "size_signed_error": [[100 * (6 / 8 - 1), np.nan, np.nan, 100 * (7.2 / 10 - 1)], [0, np.nan, np.nan, 0]]
    }


class TestFind(MetricSuite):
    cls = Find
    expected: ClassVar = {"find_precision": [3 / 5] * 3, "find_recall": [3 / 4] * 3}


class TestForeground(MetricSuite):
    cls = Foreground
    expected: ClassVar = {
        "true_foreground_fraction": 416 / 2400,
        "predicted_foreground_fraction": 304 / 2400,
        "foreground_iou": 272 / 448,
    }


class TestPanopticQuality(MetricSuite):
    cls = PanopticQuality
    expected: ClassVar = {"panoptic_quality": [2 / 3, 0, 0, 3 / 4.5], "recognition_quality": [2 / 3, 0, 0, 3 / 4.5]}


class TestParity(MetricSuite):
    cls = Parity
    expected: ClassVar = {
        "size_parity_mae": [[2 * NM, np.nan, np.nan, 2.8 * NM], [0, np.nan, np.nan, 0]],
        "averaged_true_size": [[8 * NM, 12 * NM, np.nan, 10 * NM], [8 * NM, 12 * NM, np.nan, 28 / 3 * NM]],
    }


class TestSizeDistribution(MetricSuite):
    cls = SizeDistribution
    expected: ClassVar = {"size_ks_distance": [[1 / 2, np.nan, np.nan, 2 / 5], [0, np.nan, np.nan, 0]]}


class TestTypeScores(MetricSuite):
    cls = TypeScores
    expected: ClassVar = {
        "type_kappa": [(2 / 3 - 4 / 9) / (1 - 4 / 9)] * 3,
        "type_precision": [[1, np.nan, 0, 2 / 3]] * 3,
    }
