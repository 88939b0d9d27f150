"""HardeningModelSuite: what every hardening model must do, as tests to inherit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import attrs
import numpy as np
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from defectkit.conventions import convention
from defectkit.hardening.interface import HardeningModel
from defectkit.hardening.populations import Populations
from defectkit.testing.suite import Suite, inherited

Floats = NDArray[np.float64]

TYPES = ("bdot", "loop_111", "loop_100")
SIZES = st.lists(st.floats(0.5, 200.0), max_size=12)


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


class HardeningModelSuite(Suite[HardeningModel]):
    """What every hardening model must do.

    Attributes
    ----------
    cls : type
        The hardening model under test.
    options : mapping of str to Any
        Keyword arguments of its constructor.

    Examples
    --------
    In a test module of the plugin:

    >>> from defectkit.hardening.dispersed_barrier import DispersedBarrier
    >>> class TestDispersedBarrier(HardeningModelSuite):
    ...     cls = DispersedBarrier
    """

    kind: ClassVar[str] = "hardening_model"

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

    def test_what_is_given_is_left_as_it_is(self) -> None:
        """The columns of the populations are not written to."""
        one = populations([[10.0, 20.0], [5.0]])
        before = one.sizes_nm.copy()
        one.sizes_nm.flags.writeable = False
        self.make().contributions(one)
        assert np.array_equal(one.sizes_nm, before), "the sizes were changed"
