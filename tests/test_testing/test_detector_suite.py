from __future__ import annotations

from defectkit.detectors.blob import Blob
from defectkit.testing import DetectorSuite


class TestBlob(DetectorSuite):
    cls = Blob
    smallest_option = "min_diameter"
