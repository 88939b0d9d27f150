from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import pytest

from defectkit.errors import NotFullyReadWarning
from defectkit.formats import read_images, read_labels
from defectkit.hardening import Material, load_material
from defectkit.measurement import Counting, measure
from defectkit.records import Calibration, Image, Instances, Prediction, Specimen
from defectkit.workflows.cautions import cautions

SHAPE = (80, 100)
MakeImage = Callable[..., Image]


def dots(*sides: int) -> Instances:
    masks = []
    for side in sides:
        mask = np.zeros(SHAPE, bool)
        mask[10 : 10 + side, 10 : 10 + side] = True
        masks.append(mask)
    return Instances.from_masks(masks, types=["bdot"] * len(sides), shape=SHAPE)


def of(
    images: list[Image], instances: dict[str, Instances], edges: str | None = None, /, **predictions: Prediction
) -> tuple[str, ...]:
    return cautions(images, measure(images, instances, counting=Counting(edges=edges)), predictions)


def of_material(images: list[Image], material: Material) -> tuple[str, ...]:
    instances = {image.name: dots(5) for image in images}
    return cautions(images, measure(images, instances), {}, material=material)


def test_a_sound_run_has_none(make_image: MakeImage) -> None:
    assert of([make_image("one")], {"one": dots(5, 9)}) == ()


def test_defects_of_hardly_a_pixel_are_told(make_image: MakeImage) -> None:
    (caution,) = of([make_image("one"), make_image("two")], {"one": dots(1, 9), "two": dots(2)})
    assert caution.startswith("1 of 3 defects are less than 2 pixels across")
    assert "one" in caution and "two" not in caution


def test_defects_without_a_pixel_are_told(make_image: MakeImage) -> None:
    speck = Instances.from_polygons([[(1.6, 1.6), (1.6, 1.9), (1.9, 1.9)]], types=["bdot"], shape=SHAPE)
    (caution,) = of([make_image("one")], {"one": speck})
    assert "no center of a pixel" in caution


def test_what_is_doubtful_of_an_image_is_told(make_image: MakeImage) -> None:
    image = attrs.evolve(make_image("one"), cautions=("the table and the frame disagree",))
    assert of([image], {"one": dots(5)}) == ("The table and the frame disagree (one).",)


def test_what_is_assumed_is_told() -> None:
    calibration = Calibration.square(
        "0.5 nm/px", source="assumed", foil_thickness="100 nm", foil_thickness_source="assumed"
    )
    image = Image.from_array("guess", np.zeros(SHAPE), calibration=calibration)
    size, thickness = of([image], {"guess": dots(5)})
    assert "pixel size is assumed" in size and "guess" in size
    assert "foil thickness is assumed" in thickness


def test_a_missing_thickness_is_told(make_image: MakeImage) -> None:
    (caution,) = of([make_image("one", thickness=None)], {"one": dots(5)})
    assert "no foil thickness" in caution and "one" in caution


@pytest.mark.parametrize("alloy", ["FeCrAl", "fecral"])
def test_the_alloy_of_the_material_is_no_matter(make_image: MakeImage, alloy: str) -> None:
    image = attrs.evolve(make_image("one"), specimen=Specimen(alloy=alloy))
    assert of_material([image], load_material("fecral")) == ()


def test_hardening_with_constants_of_another_alloy_is_told(make_image: MakeImage) -> None:
    images = [attrs.evolve(make_image(name), specimen=Specimen(alloy="Ti")) for name in "ab"]
    (caution,) = of_material(images, load_material("fecral"))
    assert "its alloy is 'Ti', but the constants are those of the material 'fecral' (FeCrAl)" in caution
    assert caution.endswith("(--material): a, b.")


def test_hardening_of_an_unknown_alloy_is_told_where_there_is_hardening(make_image: MakeImage) -> None:
    unknown, thin = (
        attrs.evolve(make_image(name, thickness=given), specimen=Specimen())
        for name, given in (("one", "100 nm"), ("two", None))
    )
    (caution,) = of_material([unknown], load_material("fecral"))
    assert caution.startswith("The alloy of the specimen is not known") and "'fecral' (FeCrAl)" in caution
    (other,) = of_material([thin], load_material("fecral"))
    assert "no foil thickness" in other


def test_a_material_that_names_no_alloy_is_taken_at_its_word(make_image: MakeImage) -> None:
    own = attrs.evolve(load_material("fecral"), name="own", alloys=())
    titanium = attrs.evolve(make_image("two"), specimen=Specimen(alloy="Ti"))
    assert of_material([make_image("one"), titanium], own) == ()


def test_what_the_detector_noted_is_told_once_with_its_images(make_image: MakeImage) -> None:
    names = ["a", "b", "c", "d", "e"]
    notes = {n: Prediction(image=n, instances=dots(5), detector="x", notes=("the image is blurred",)) for n in names}
    (caution,) = of([make_image(n) for n in names], {n: dots(5) for n in names}, **notes)
    assert caution == "The image is blurred (a, b, c and 2 more)."


def test_a_reached_limit_comes_first(make_image: MakeImage) -> None:
    full = Prediction(image="b", instances=dots(5), detector="x", capped=True)
    first, *_ = of([make_image("a", thickness=None), make_image("b")], {"a": dots(5), "b": dots(5)}, b=full)
    assert "may be too low" in first and "b" in first


def scattered(n: int, *, at_border: int) -> Instances:
    """Squares of 4 pixels apart from each other, the last of them at the upper border."""
    masks = []
    for k in range(n):
        mask = np.zeros(SHAPE, bool)
        top = 0 if k >= n - at_border else 8 + 8 * (k // 16)
        mask[top : top + 4, 6 * (k % 16) + 2 : 6 * (k % 16) + 6] = True
        masks.append(mask)
    return Instances.from_masks(masks, types=["bdot"] * n, shape=SHAPE)


def test_too_many_defects_that_the_border_cuts_are_told(make_image: MakeImage) -> None:
    (caution,) = of([make_image("one")], {"one": scattered(40, at_border=10)}, "all")
    fair = 30 * 80 * 100 / (75 * 95)  # of 4 pixels each, at every place that does not touch the border
    assert caution.startswith("10 of 40 defects are cut by the border")
    assert f"stand for {fair:.0f} defects ({100 * (40 / fair - 1):+.0f} % counted)" in caution


@pytest.mark.parametrize("edges", [None, "half", "guard", "horvitz-thompson"])
def test_an_unbiased_rule_is_no_caution(make_image: MakeImage, edges: str | None) -> None:
    assert of([make_image("one")], {"one": scattered(40, at_border=10)}, edges) == ()


def test_what_leaving_out_does_is_told(make_image: MakeImage) -> None:
    (caution,) = of([make_image("one")], {"one": scattered(40, at_border=1)}, "exclude")
    assert caution.startswith("1 of 40 defects is cut by the border") and "densities are too low" in caution
    assert of([make_image("one")], {"one": scattered(40, at_border=0)}, "exclude") == ()


def test_a_field_that_is_small_for_its_defects_is_told(make_image: MakeImage) -> None:
    told = of([make_image("one")], {"one": dots(69)})
    (caution,) = [sentence for sentence in told if "stands for" in sentence]
    assert f"stands for {80 * 100 / (10 * 30):.1f} of its extent" in caution


def test_the_density_of_large_defects_at_the_border_is_told(shared_cases: Path) -> None:
    case = shared_cases / "border-defects-density"
    images = read_images(case / "frames", pixel_size="1 nm")
    with pytest.warns(NotFullyReadWarning):
        labels = read_labels(case / "c.json", format="coco", images=images).labels
    told = of(list(images.values()), dict(labels.instances), "all")
    (caution,) = [sentence for sentence in told if "border" in sentence]
    assert "135 of 307 defects" in caution
    assert "+28 % counted" in caution
