"""Hardening models: a right one, and wrong ones."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

import attrs
import numpy as np

from defectkit.hardening import HardeningModel
from defectkit.testing import HardeningModelSuite
from tests.laws.mutant import mutant, shared_mutants


@attrs.frozen(kw_only=True)
class Barriers(HardeningModel):
    """Dispersed barriers, alpha M mu b sqrt(N d)."""

    name: ClassVar[str] = "barriers"
    description: ClassVar[str] = "alpha M mu b sqrt(N d)."
    needs_barrier_strength: ClassVar[bool] = True

    def strengths(self, p):
        return p.barrier_strengths

    def prefactors(self, p):
        return p.taylor_factor * p.shear_modulus_mpa * p.burgers_vectors_nm

    def volumes(self, p):
        return p.volumes_nm3

    def lengths(self, p):
        return p.sums(p.sizes_nm)

    def contributions(self, populations):
        p = populations
        return self.strengths(p) * self.prefactors(p) * np.sqrt(self.lengths(p) / self.volumes(p))


class Right(HardeningModelSuite):
    cls = Barriers
    is_registered = False
    expected_mpa = 0.2 * 3.06 * 82_000 * 0.249 * (20 * 10 / 2.4e7) ** 0.5


class NoAlpha(Barriers):
    def strengths(self, p):
        return 0.2


class NoModulus(Barriers):
    def prefactors(self, p):
        return p.taylor_factor * 82_000.0 * p.burgers_vectors_nm


class NoBurgersVector(Barriers):
    def prefactors(self, p):
        return p.taylor_factor * p.shear_modulus_mpa * 0.249


class NoTaylorFactor(Barriers):
    def prefactors(self, p):
        return 3.06 * p.shear_modulus_mpa * p.burgers_vectors_nm


class NoVolume(Barriers):
    """Takes a field of view of 400 nm and a foil whose thickness goes with the Burgers vector."""

    def volumes(self, p):
        return 2.4e7 * (p.burgers_vectors_nm / 0.249) ** 3


class Metres(Barriers):
    def lengths(self, p):
        return p.sums(p.sizes_nm * 1e-9)


class Radius(Barriers):
    def lengths(self, p):
        return p.sums(p.sizes_nm / 2)


class Pascal(Barriers):
    def contributions(self, populations):
        return super().contributions(populations) * 1e6


class LargestOnly(Barriers):
    def lengths(self, p):
        return np.array([p.sizes_nm[p.members == k].max(initial=0) for k in range(len(p))])


class LargestForAll(LargestOnly):
    def lengths(self, p):
        return super().lengths(p) * p.numbers


class ScalesVolumes(Barriers):
    def volumes(self, p):
        volumes = p.volumes_nm3
        volumes.setflags(write=True)
        volumes *= 1.0 + 1e-6
        return volumes


class SeedsAll(Barriers):
    def volumes(self, p):
        np.random.seed(1)  # noqa: NPY002 - the fault that is to be caught
        return p.volumes_nm3


class ByHash(Barriers):
    def volumes(self, p):
        return p.volumes_nm3 * (1 + 1e-4 * (hash("bdot") % 100) * (len(p) == 3))


class Prints(Barriers):
    def volumes(self, p):
        print("hardening")
        return p.volumes_nm3


@attrs.frozen(kw_only=True)
class HoldsALock(Barriers):
    lock: Any = attrs.field(factory=threading.Lock, eq=False)


class Silent(Barriers):
    needs_barrier_strength = None  # type: ignore[assignment]  # the fault that is to be caught


class Sum(Barriers):
    def contributions(self, populations):
        return super().contributions(populations).sum()


class Offset(Barriers):
    def contributions(self, populations):
        return super().contributions(populations) + 1


class Shared(Barriers):
    def lengths(self, p):
        return super().lengths(p) * len(p.sizes_nm)


class FirstOnly(Barriers):
    def lengths(self, p):
        return np.array([p.sizes_nm[p.members == k][:1].sum() for k in range(len(p))]) * p.numbers


class Unweighted(Barriers):
    def lengths(self, p):
        return np.bincount(p.members, weights=p.sizes_nm, minlength=len(p))


MUTANTS = [
    mutant(Right, NoAlpha, "ignores the barrier strength", "it_grows_with_the_barrier_strength_that_it_needs"),
    mutant(Right, NoModulus, "ignores the shear modulus", "it_grows_with_the_shear_modulus"),
    mutant(Right, NoBurgersVector, "ignores the Burgers vector", "the_unit_of_length_does_not_matter"),
    mutant(Right, NoTaylorFactor, "ignores the Taylor factor", "it_grows_with_the_taylor_factor"),
    mutant(Right, NoVolume, "ignores the volume", "twice_the_foil_with_twice_the_defects_hardens_the_same"),
    mutant(Right, Metres, "takes sizes for metres", "it_is_in_megapascal"),
    mutant(Right, Radius, "takes the radius for the diameter", "the_worked_example_has_its_value"),
    mutant(Right, Pascal, "gives Pa for MPa", "it_is_in_megapascal"),
    mutant(Right, LargestOnly, "counts the largest defect only", "more_of_the_same_harden_more"),
    mutant(Right, LargestForAll, "takes the size of the largest for all", "the_worked_example_has_its_value"),
    mutant(Right, ScalesVolumes, "changes the volumes", "what_it_is_given_is_left_as_it_is"),
    mutant(Right, SeedsAll, "seeds the generator of all", "global_chance_is_left_alone"),
    mutant(Right, ByHash, "uses Python's hash", "another_process_says_the_same"),
    mutant(Right, Prints, "prints", "nothing_is_printed"),
    mutant(Right, HoldsALock, "cannot be pickled", "it_can_be_pickled"),
    mutant(
        Right,
        Silent,
        "does not say whether it needs a barrier strength",
        "it_says_whether_it_needs_a_barrier_strength",
        "needs_barrier_strength is None",
    ),
    mutant(Right, Sum, "gives one number for all populations", "one_stress_a_population", r"shape \(\) for"),
    mutant(Right, Offset, "hardens without a defect", "no_defect_no_hardening", r"0 defects harden by 1\.0 MPa"),
    mutant(Right, Shared, "mixes populations", "populations_do_not_influence_each_other", r"population \d alone"),
    mutant(Right, FirstOnly, "takes the first size for all", "the_order_of_defects_does_not_matter", "another order"),
    mutant(Right, Unweighted, "ignores weights", "a_weight_is_so_many_defects", "of the weight"),
    *shared_mutants(Right, "dispersed-barrier"),
]
