from __future__ import annotations

from typing import ClassVar

from defectkit.testing import DatasetSourceSuite
from defectkit.testing.synthetic.source import SyntheticFecralSource


class TestSyntheticFecral(DatasetSourceSuite):
    cls = SyntheticFecralSource
    options: ClassVar = {"binning": 4}
    n_pixels = 2
