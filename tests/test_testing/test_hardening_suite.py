from __future__ import annotations

from defectkit.hardening.dispersed_barrier import DispersedBarrier
from defectkit.hardening.friedel_kroupa_hirsch import FriedelKroupaHirsch
from defectkit.testing import HardeningModelSuite


class TestDispersedBarrier(HardeningModelSuite):
    cls = DispersedBarrier


class TestFriedelKroupaHirsch(HardeningModelSuite):
    cls = FriedelKroupaHirsch
