from __future__ import annotations

import attrs
import numpy as np
import pytest

from defectkit.records import Instances
from defectkit.synthesis import Ellipses


def one(axes: tuple[float, float], angle: float, center: tuple[float, float] = (40.0, 50.0)) -> Ellipses:
    """An ellipse whose major axis makes an angle with the columns."""
    major = np.array([np.sin(angle), np.cos(angle)])
    minor = np.array([np.cos(angle), -np.sin(angle)])
    shape = axes[0] ** 2 * np.outer(major, major) + axes[1] ** 2 * np.outer(minor, minor)
    return attrs.evolve(Ellipses.circles([center], [1.0]), shapes=shape[None])


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2, 2.5])
def test_a_mask_of_an_ellipse_has_its_moments(angle: float) -> None:
    given = one((14.0, 7.0), angle)
    back = Ellipses.of(given.instances((90, 100), ()))
    np.testing.assert_allclose(back.centers, given.centers, atol=0.05)
    np.testing.assert_allclose(back.shapes, given.shapes, rtol=0.03, atol=1.5)
    assert back.diameters[0] == pytest.approx(2 * np.sqrt(14 * 7), rel=0.01)


def test_an_affine_change_of_masks_is_that_of_their_ellipses() -> None:
    given = one((12.0, 6.0), 0.7)
    mask = given.instances((90, 100), ())[0].mask()
    turned = Ellipses.of(Instances.from_masks([np.rot90(mask)], types=["defect"], shape=(100, 90)))
    moved = given.moved(np.array([[0.0, -1.0], [1.0, 0.0]]), np.array([100.0, 0.0]))  # a quarter turn of the frame
    np.testing.assert_allclose(turned.centers, moved.centers, atol=0.05)
    np.testing.assert_allclose(turned.shapes, moved.shapes, rtol=0.03, atol=1.0)


def test_logarithms_have_those_of_the_semi_axes_as_eigenvalues() -> None:
    (rr, rc, cc) = one((20.0, 5.0), 1.0).log_shapes()[0]
    values = np.linalg.eigvalsh([[rr, rc], [rc, cc]])
    np.testing.assert_allclose(values, np.log([5.0, 20.0]))


def test_types_and_empty_masks() -> None:
    masks = np.zeros((3, 8, 8), dtype=bool)
    masks[0, 1:4, 1:4] = masks[2, 5:7, 5:7] = True
    table = Ellipses.of(Instances.from_masks(masks, types=["loop", "loop", "bdot"], shape=(8, 8)), ("bdot",))
    assert table.types.tolist() == [-1, 0]
    assert table.instances((8, 8), ("bdot",)).type_names == ("defect", "bdot")


def test_none() -> None:
    none = Ellipses.empty()
    assert len(none) == len(none.diameters) == len(none.log_shapes()) == len(none.instances((4, 4), ())) == 0
    assert len(none.joined(none).moved(np.eye(2), np.zeros(2)).within((4, 4), 1.0)) == 0


def test_within_asks_for_centers_within_the_margin() -> None:
    table = Ellipses.circles([(1.0, 1.0), (-2.0, 1.0), (1.0, 12.5)], [1.0, 1.0, 1.0])
    assert len(table.within((10, 10), 0.0)) == 1
    assert len(table.within((10, 10), 3.0)) == 3
