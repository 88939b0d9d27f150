from __future__ import annotations

import pytest

from defectkit.errors import PairingError
from defectkit.formats.names import ImageNames, extension_of, list_names, natural_key

FRAMES = ImageNames(["Frame-2", "Frame-278", "Frame-27", "a.0001", "sub/one", "ends-here"])


@pytest.mark.parametrize(
    ("stem", "image"),
    [
        ("Frame-278", "Frame-278"),
        ("Frame-278-poly", "Frame-278"),
        ("Frame-278_poly", "Frame-278"),
        ("Frame-278.poly", "Frame-278"),
        ("Frame-278-poly-v2", None),
        ("Frame-278_tilted", None),
        ("Frame-278_cp_masks", "Frame-278"),
        ("Frame-278_png.rf.3f0a1c", "Frame-278"),
        ("1c9e44d0-Frame-278", "Frame-278"),
        ("Frame-278.tif", "Frame-278"),
        ("Frame-278.ome.tif", "Frame-278"),
        ("Frame-278-seg_mask", "Frame-278"),
        ("Frame-2-78", None),
        ("Frame-2-2nd", None),
        ("Frame-2poly", None),
        ("Frame-2-", None),
        ("Frame-279", None),
        ("a.0001", "a.0001"),
        ("a.0001.mask", "a.0001"),
        ("a", None),
        ("sub/one", "sub/one"),
        ("one", "sub/one"),
        ("labels/one-poly", "sub/one"),
        ("frame-278", None),
    ],
)
def test_a_label_file_belongs_to_the_image_whose_name_it_continues(stem: str, image: str | None) -> None:
    assert FRAMES.of_label_stem(stem) == image


def test_the_longest_image_name_counts() -> None:
    assert ImageNames(["Frame", "Frame-a"]).of_label_stem("Frame-a-poly") == "Frame-a"


@pytest.mark.parametrize(
    ("file_name", "image"),
    [
        ("Frame-278.png", "Frame-278"),
        ("Frame-278", "Frame-278"),
        ("photos/day 1/Frame-278.jpg", "Frame-278"),
        ("C:\\photos\\Frame-278.tif", "Frame-278"),
        (" Frame-278.png\n", "Frame-278"),
        ("a.0001", "a.0001"),
        ("a.0001.tif", "a.0001"),
        ("sub/one.png", "sub/one"),
        ("one.png", "sub/one"),
        ("Frame-278-poly.png", None),
        ("2/5ab07f31-Frame-278.png", "Frame-278"),
        ("Frame-278_tif.rf.0a1b2c3d4e5f.jpg", "Frame-278"),
        ("Frame-278.ome.tif", "Frame-278"),
        ("missing.png", None),
    ],
)
def test_a_file_name_stands_for_an_image(file_name: str, image: str | None) -> None:
    assert FRAMES.of_file(file_name) == image


def test_a_name_in_two_folders_is_an_error() -> None:
    names = ImageNames(["x/one", "y/one"])
    assert names.of_file("y/one.png") == "y/one"
    with pytest.raises(PairingError, match="x/one, y/one"):
        names.of_file("one.png")
    with pytest.raises(PairingError, match="x/one, y/one"):
        names.of_label_stem("one-poly")


def test_extension_of_a_label_file() -> None:
    assert extension_of("masks/one-bdot", "sub/one") == "bdot"
    assert extension_of("one", "one") == ""


def test_names_sort_as_people_count() -> None:
    names = ["f-10", "f-9", "F-1", "f-9b", "10", "9"]
    assert sorted(names, key=natural_key) == ["9", "10", "F-1", "f-9", "f-9b", "f-10"]
    assert list_names(names, most=3) == "9, 10, F-1 and 3 more"
