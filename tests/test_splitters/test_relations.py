from __future__ import annotations

import numpy as np
import pytest

from defectkit.errors import SplitError
from defectkit.records import Image
from defectkit.splitters import Relation, kept_together, near_duplicate_groups


def test_images_without_relation_are_bundles_of_their_own(make_images):
    assert kept_together(make_images(3)) == {f"image 00{i}": f"image 00{i}" for i in range(3)}


def test_relations_chain_through_areas_and_groups(make_images):
    images = make_images(5, area=["A", "A", None, None, "B"])
    bundles = kept_together(images, groups={"image 001": "g", "image 003": "g"})
    assert set(bundles.values()) == {"image 000", "image 002", "image 004"}
    assert bundles["image 003"] == "image 000"


def test_a_later_link_joins_two_bundles(make_images):
    images = make_images(4, area=["A", "B", "A", "B"])
    assert set(kept_together(images).values()) == {"image 000", "image 001"}
    assert set(kept_together(images, groups={"image 002": "g", "image 003": "g"}).values()) == {"image 000"}


def test_an_area_and_a_group_of_the_same_name_are_not_one(make_images):
    images = make_images(2, area=["same", None])
    assert len(set(kept_together(images, groups={"image 001": "same"}).values())) == 2


def test_equal_pixels_count_where_asked(make_images):
    twins = [Image.from_array(name, np.ones((2, 2))) for name in ("a", "b")]
    assert kept_together(twins) == {"a": "a", "b": "b"}
    assert kept_together(twins, relations=(Relation.PIXELS,)) == {"a": "a", "b": "a"}


def test_only_the_relations_asked_for_count(make_images):
    images = make_images(2, area=["A", "A"])
    assert len(set(kept_together(images, relations=()).values())) == 2


def test_doubled_names_and_no_image_are_errors(make_images):
    with pytest.raises(SplitError, match="two images are named 'image 000'"):
        kept_together([*make_images(1), *make_images(1)])
    with pytest.raises(SplitError, match="no image to split"):
        kept_together([])


def test_near_duplicates_survive_shading_noise_and_gain():
    rng = np.random.default_rng(3)
    field, other = rng.random((2, 96, 128))
    rows = np.linspace(0, 3, 96)[:, None]
    images = [
        Image.from_array("first", field),
        Image.from_array("again", (field * 50 + rows * 30 + rng.normal(0, 2, field.shape)).astype(np.uint8)),
        Image.from_array("other", other),
        Image.from_array("flat", np.full((40, 40), 7)),
        Image.from_array("flat too", np.full((40, 40), 9)),
    ]
    assert near_duplicate_groups(images) == {"again": "again", "first": "again"}


def test_likeness_is_passed_on():
    rng = np.random.default_rng(5)
    steps = rng.random((3, 64, 64))
    images = [
        Image.from_array("a", steps[0]),
        Image.from_array("b", steps[0] + steps[1]),
        Image.from_array("c", steps[1]),
    ]
    assert near_duplicate_groups(images, min_correlation=0.6) == {"a": "a", "b": "a", "c": "a"}
    assert near_duplicate_groups(images, min_correlation=0.9) == {}


def test_an_image_smaller_than_its_thumbnail_is_compared():
    ramp = np.random.default_rng(0).random((5, 7))
    images = [Image.from_array("a", ramp), Image.from_array("b", 3 * ramp)]
    assert near_duplicate_groups(images) == {"a": "a", "b": "a"}


def test_frames_of_one_place_are_found_in_real_data(ti_frames):
    from PIL import Image as Picture

    def frame(number: int) -> Image:
        path = ti_frames / "Raw Images" / f"Chip-4-Heat-1-Frame-{number}.jpg"
        return Image.from_array(f"{number}", np.asarray(Picture.open(path).convert("L")))

    assert near_duplicate_groups(map(frame, (2, 47, 896))) == {"2": "2", "47": "2"}
