from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray

from defectkit.records import Image, Instances, LabelSet
from defectkit.studies import error_budget, measurement_floor
from defectkit.studies.floor import as_predicted
from defectkit.workflows import evaluate

Scene = tuple[dict[str, Image], LabelSet]


def disc(radius: float, *, shape: tuple[int, int] = (64, 64), kind: str = "bdot") -> Instances:
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = np.stack([32.4 + radius * np.sin(angle), 31.7 + radius * np.cos(angle)], axis=1)
    return Instances.from_polygons([ring], types=[kind], shape=shape)


def test_masks_alone_have_no_floor(scene: Scene) -> None:
    images, labels = scene
    floor = measurement_floor(labels, images)
    assert (floor["overall_size_error"] == 0).all()
    assert (floor["overall_shape_error"] == 0).all()
    assert (floor["find_f1_score"] == 1).all()


@pytest.mark.parametrize(("diameter", "too_small"), [(6, 8.3), (8, 6.3), (12, 4.5), (20, 2.3)])
def test_the_published_ruler_makes_dots_too_small(diameter: float, too_small: float) -> None:
    """Drawn against its own hull of pixel indices; the figures are those known of ideal ellipses, each about 1 off."""
    floor = measurement_floor({"a": disc(diameter / 2)}, convention="jacobs2022")
    found = float(floor["size_error"].sel(subset="all", defect_type="bdot"))
    assert found > 0
    assert found == pytest.approx(too_small, abs=5)


def test_the_parts_add_up_to_the_error(scene: Scene, model: Callable[..., Any]) -> None:
    images, labels = scene
    for convention in ("defectkit", "jacobs2022"):
        budget = error_budget(labels, model(1), images, convention=convention)
        whole = evaluate(labels, model(1), images, convention=convention)
        for measure in ("size", "shape"):
            parts = budget[f"{measure}_ruler_part"] + budget[f"{measure}_detector_part"]
            xarray.testing.assert_allclose(budget[f"{measure}_signed_error"], parts)
            np.testing.assert_allclose(np.abs(budget[f"{measure}_signed_error"]), whole[f"{measure}_error"])
            np.testing.assert_allclose(budget[f"overall_{measure}_error"], whole[f"overall_{measure}_error"])
            ruler_is_idle = bool((np.abs(budget[f"{measure}_ruler_part"]) < 1e-12).all())
            assert ruler_is_idle == (convention == "defectkit")


def test_all_of_the_error_of_a_perfect_detector_is_the_rulers(scene: Scene) -> None:
    images, labels = scene
    perfect = {name: as_predicted(i) for name, i in labels.instances.items()}
    budget = error_budget(labels, perfect, images, convention="jacobs2022")
    np.testing.assert_allclose(budget["size_detector_part"].sel(subset="all"), 0, atol=1e-12)
    np.testing.assert_allclose(budget["size_error_without_ruler"].sel(subset="all"), 0, atol=1e-12)
    assert (budget["size_ruler_part"].sel(subset="all", defect_type="bdot") < 0).all()


def test_images_of_one_side_may_be_left_out(scene: Scene, model: Callable[..., Any]) -> None:
    images, labels = scene
    some = {name: model(1)[name] for name in list(images)[:2]}
    budget = error_budget(labels, some, images, unpaired="leave-out")
    alone = error_budget({n: labels[n] for n in some}, some, images, taxonomy=labels.taxonomy)
    xarray.testing.assert_allclose(budget["size_error"], alone["size_error"])


def test_no_defect_has_no_error_to_divide() -> None:
    nothing = {"a": Instances.empty((8, 8))}
    budget = error_budget(nothing, nothing)
    assert np.isnan(budget["size_signed_error"]).all()
    assert np.isnan(measurement_floor(nothing)["size_error"]).all()
