"""HardeningModelSuite: what every hardening model must do, as tests to inherit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import attrs
import numpy as np
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from defectkit.conventions import convention
from defectkit.hardening.interface import HardeningModel
from defectkit.hardening.populations import Populations
from defectkit.testing.asked import GivenSuite
from defectkit.testing.suite import UnstatedError, inherited

Floats = NDArray[np.float64]

TYPES = ("bdot", "loop_111", "loop_100")
SIZES = st.lists(st.floats(0.5, 60.0), max_size=12)
"""In nm; a dozen of the largest ones fill a twentieth of the volume."""
WORKED = (
    "10 defects of 8 nm and 10 of 12 nm in 2.4e7 nm^3: M = 3.06, mu = 82,000 MPa, b = 0.249 nm, barrier strength 0.2"
)
"""What ``expected_mpa`` is the hardening of."""
LEAST_MPA, MOST_MPA = 0.01, 5_000.0
"""Between these lies what any model may say of a foil with a usual number of defects."""


def populations(
    sizes_nm: Sequence[Sequence[float]],
    *,
    types: Sequence[str] | None = None,
    volume_nm3: float = 2.4e7,
    barrier_strength: float = 0.2,
) -> Populations:
    """Return one population for each list of sizes, with the constants of a steel.

    Parameters
    ----------
    sizes_nm : sequence of sequences of float
        The sizes of the defects of each population, in nm.
    types : sequence of str, optional
        The type of each population; by default they take turns.
    volume_nm3 : float
        The volume that each image shows.
    barrier_strength : float
        Of every type.
    """
    n = len(sizes_nm)
    return Populations(
        sizes_nm=np.array([size for sizes in sizes_nm for size in sizes], np.float64),
        members=np.repeat(np.arange(n), [len(sizes) for sizes in sizes_nm]).astype(np.int64),
        types=tuple(types) if types is not None else tuple(TYPES[k % len(TYPES)] for k in range(n)),
        volumes_nm3=np.full(n, volume_nm3),
        barrier_strengths=np.full(n, barrier_strength),
        burgers_vectors_nm=np.full(n, 0.249),
        taylor_factor=3.06,
        shear_modulus_mpa=82_000.0,
        convention=convention("defectkit"),
    )


class HardeningModelSuite(GivenSuite[HardeningModel]):
    """What every hardening model must do.

    Attributes
    ----------
    cls : type
        The hardening model under test.
    options : mapping of str to Any
        Keyword arguments of its constructor.

    expected_mpa : float
        The hardening in MPa, worked out by hand, of 10 defects of 8 nm and 10 of 12 nm in 2.4e7 nm^3 with a Taylor
        factor of 3.06, a shear modulus of 82,000 MPa, a Burgers vector of 0.249 nm and a barrier strength of 0.2.

    Examples
    --------
    In a test module of the plugin:

    >>> from defectkit.hardening.dispersed_barrier import DispersedBarrier
    >>> class TestDispersedBarrier(HardeningModelSuite):
    ...     cls = DispersedBarrier
    ...     expected_mpa = 0.2 * 3.06 * 82_000 * 0.249 * (20 / 2.4e7 * 10) ** 0.5
    """

    kind: ClassVar[str] = "hardening_model"
    expected_mpa: ClassVar[float | None] = None

    def question(self) -> Populations:
        """Return three populations, one of them without a defect."""
        return populations([[4.0, 9.0, 20.0, 6.5], [], [12.0, 7.0]])

    @staticmethod
    def answer(made: HardeningModel, question: Populations) -> list[float]:
        """Return the hardening of each population in MPa."""
        found: list[float] = np.asarray(made.contributions(question), np.float64).tolist()
        return found

    def hardening(self, given: Populations) -> Floats:
        """Return the hardening of each population in MPa."""
        return np.asarray(self.make().contributions(given), np.float64)

    def assert_scaled(self, factor: float, why: str, **changed: Any) -> None:
        """Assert that the hardening changes by a factor where columns or constants are changed."""
        before, after = self.hardening(self.question()), self.hardening(attrs.evolve(self.question(), **changed))
        np.testing.assert_allclose(after, factor * before, rtol=1e-6, err_msg=why)

    def test_the_worked_example_has_its_value(self) -> None:
        """Of an example of ours the model has the hardening that its author worked out by hand."""
        if self.expected_mpa is None:
            raise UnstatedError(f"state in `expected_mpa` the hardening in MPa of {WORKED}")
        found = self.hardening(populations([[8.0, 12.0] * 10]))
        np.testing.assert_allclose(found, [self.expected_mpa], rtol=1e-6, err_msg=WORKED)

    def test_it_is_in_megapascal(self) -> None:
        """Foils with 1e21 to 1e23 defects per m^3, of 2 to 50 nm, harden by 0.01 to 5,000 MPa."""
        for number, size in ((24, 10.0), (240, 2.0), (12, 50.0)):
            (found,) = self.hardening(populations([[size] * number])).tolist()
            assert LEAST_MPA <= found <= MOST_MPA, f"{number} defects of {size:g} nm in 2.4e7 nm^3 give {found:.3g} MPa"

    def test_it_grows_with_the_shear_modulus(self) -> None:
        """Twice the shear modulus is twice the hardening."""
        self.assert_scaled(2.0, "twice the shear modulus", shear_modulus_mpa=164_000.0)

    def test_it_grows_with_the_taylor_factor(self) -> None:
        """Twice the Taylor factor is twice the hardening."""
        self.assert_scaled(2.0, "twice the Taylor factor", taylor_factor=6.12)

    def test_it_grows_with_the_barrier_strength_that_it_needs(self) -> None:
        """Twice the barrier strength is twice the hardening of a model that needs one, and nothing to others."""
        needs = self.cls.needs_barrier_strength
        strengths = 2 * self.question().barrier_strengths
        self.assert_scaled(2.0 if needs else 1.0, "twice the barrier strengths", barrier_strengths=strengths)

    def test_the_unit_of_length_does_not_matter(self) -> None:
        """All lengths three times as large, Burgers vector, sizes and thickness alike, harden the same."""
        given = self.question()
        self.assert_scaled(
            1.0,
            "all lengths three times as large",
            sizes_nm=3 * given.sizes_nm,
            burgers_vectors_nm=3 * given.burgers_vectors_nm,
            volumes_nm3=27 * given.volumes_nm3,
        )

    def test_twice_the_foil_with_twice_the_defects_hardens_the_same(self) -> None:
        """The hardening depends on defects per volume, not on how much of the foil is seen."""
        once = self.question()
        sizes = [once.sizes_nm[once.members == k].tolist() for k in range(len(once))]
        twice = populations([each * 2 for each in sizes], types=once.types, volume_nm3=4.8e7)
        np.testing.assert_allclose(self.hardening(twice), self.hardening(once), rtol=1e-6, err_msg="twice the foil")

    def contributions(self, sizes_nm: Sequence[Sequence[float]]) -> Floats:
        """Return what the model says of populations with these sizes, in MPa."""
        return np.asarray(self.make().contributions(populations(sizes_nm)))

    def test_it_says_whether_it_needs_a_barrier_strength(self) -> None:
        """``needs_barrier_strength`` is a class attribute, True or False."""
        needs = getattr(self.cls, "needs_barrier_strength", None)
        assert isinstance(needs, bool), f"needs_barrier_strength is {needs!r}"

    @inherited
    @given(st.lists(SIZES, max_size=5))
    def test_one_stress_a_population(self, sizes_nm: list[list[float]]) -> None:
        """The result has shape (P,), also for P = 0, and every stress is finite and not negative."""
        found = self.contributions(sizes_nm)
        assert found.shape == (len(sizes_nm),), f"shape {found.shape} for {len(sizes_nm)} populations"
        assert np.isfinite(found).all(), f"{found} is not finite"
        assert (found >= 0).all(), f"{found} is negative"

    @inherited
    @given(st.lists(SIZES, min_size=1, max_size=5))
    def test_no_defect_no_hardening(self, sizes_nm: list[list[float]]) -> None:
        """A population without a defect contributes 0, one with a defect more than 0."""
        found = self.contributions(sizes_nm)
        for stress, sizes in zip(found.tolist(), sizes_nm, strict=True):
            assert (stress > 0) == (len(sizes) > 0), f"{len(sizes)} defects harden by {stress} MPa"

    @inherited
    @given(st.lists(SIZES, min_size=2, max_size=4))
    def test_populations_do_not_influence_each_other(self, sizes_nm: list[list[float]]) -> None:
        """A population contributes the same alone as among others."""
        among = self.contributions(sizes_nm)
        for k, sizes in enumerate(sizes_nm):
            given_alone = populations([sizes], types=[TYPES[k % len(TYPES)]])
            alone = np.asarray(self.make().contributions(given_alone))
            np.testing.assert_allclose(alone[0], among[k], rtol=1e-9, err_msg=f"population {k} alone")

    @inherited
    @given(SIZES)
    def test_the_order_of_defects_does_not_matter(self, sizes: list[float]) -> None:
        """Defects listed by size harden the same as in any order."""
        by_size, as_given = self.contributions([sorted(sizes)]), self.contributions([sizes])
        np.testing.assert_allclose(by_size, as_given, rtol=1e-9, err_msg="in another order")

    @inherited
    @given(SIZES.filter(bool), st.integers(2, 5))
    def test_more_of_the_same_harden_more(self, sizes: list[float], times: int) -> None:
        """Several times the same defects in the same volume harden more."""
        once, often = self.contributions([sizes]), self.contributions([sizes * times])
        assert often[0] > once[0], f"{often[0]} MPa for {times} times the defects of {once[0]} MPa"

    @inherited
    @given(SIZES.filter(bool), st.integers(2, 5))
    def test_a_weight_is_so_many_defects(self, sizes: list[float], weight: int) -> None:
        """A defect that stands for several hardens as these do."""
        one = populations([sizes])
        heavy = attrs.evolve(one, weights=np.full(len(sizes), float(weight)))
        found, often = np.asarray(self.make().contributions(heavy)), self.contributions([sizes * weight])
        np.testing.assert_allclose(found, often, rtol=1e-9, err_msg=f"defects of the weight {weight}")
