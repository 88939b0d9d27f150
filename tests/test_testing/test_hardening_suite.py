from __future__ import annotations

from defectkit.hardening.bacon_kocks_scattergood import BaconKocksScattergood
from defectkit.hardening.dispersed_barrier import DispersedBarrier
from defectkit.hardening.friedel_kroupa_hirsch import FriedelKroupaHirsch
from defectkit.hardening.orowan import Orowan
from defectkit.testing import HardeningModelSuite


class TestDispersedBarrier(HardeningModelSuite):
    cls = DispersedBarrier


class TestFriedelKroupaHirsch(HardeningModelSuite):
    cls = FriedelKroupaHirsch


class TestBaconKocksScattergood(HardeningModelSuite):
    cls = BaconKocksScattergood


class TestOrowan(HardeningModelSuite):
    cls = Orowan
