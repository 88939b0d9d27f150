from __future__ import annotations

import math

from defectkit.hardening.bacon_kocks_scattergood import BaconKocksScattergood
from defectkit.hardening.dispersed_barrier import DispersedBarrier
from defectkit.hardening.friedel_kroupa_hirsch import FriedelKroupaHirsch
from defectkit.hardening.orowan import Orowan
from defectkit.testing import HardeningModelSuite

M_MU_B = 3.06 * 82_000 * 0.249
DENSITY = 20 / 2.4e7
SPACING = 1 / math.sqrt(DENSITY * 10)
HARMONIC = 1 / (1 / 10 + 1 / SPACING)


class TestDispersedBarrier(HardeningModelSuite):
    cls = DispersedBarrier
    expected_mpa = 0.2 * M_MU_B * math.sqrt(DENSITY * 10)


class TestFriedelKroupaHirsch(HardeningModelSuite):
    cls = FriedelKroupaHirsch
    expected_mpa = M_MU_B * 10 * DENSITY ** (2 / 3) / 8


class TestBaconKocksScattergood(HardeningModelSuite):
    cls = BaconKocksScattergood
    expected_mpa = (
        M_MU_B
        / (2 * math.pi * SPACING)
        / math.sqrt(math.log(SPACING / 0.249))
        * (math.log(HARMONIC / 0.249) + 0.7) ** 1.5
    )


class TestOrowan(HardeningModelSuite):
    cls = Orowan
    expected_mpa = M_MU_B * math.sqrt(DENSITY * 10)
