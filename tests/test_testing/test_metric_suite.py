from __future__ import annotations

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


class TestAveragePrecision(MetricSuite):
    cls = AveragePrecision


class TestConfusion(MetricSuite):
    cls = Confusion


class TestDefectPairs(MetricSuite):
    cls = DefectPairs


class TestEndToEnd(MetricSuite):
    cls = EndToEnd


class TestErrors(MetricSuite):
    cls = Errors


class TestFind(MetricSuite):
    cls = Find


class TestForeground(MetricSuite):
    cls = Foreground


class TestPanopticQuality(MetricSuite):
    cls = PanopticQuality


class TestParity(MetricSuite):
    cls = Parity


class TestSizeDistribution(MetricSuite):
    cls = SizeDistribution


class TestTypeScores(MetricSuite):
    cls = TypeScores
