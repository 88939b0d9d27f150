from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from defectkit.detectors.learning.parts import REAL_SETS, TITANIUM, Part, real_part, region_of
from defectkit.errors import UnknownDatasetError
from defectkit.records import Image, Instances


def test_regions_of_titanium_are_apart() -> None:
    for first, second in itertools.combinations(TITANIUM.values(), 2):
        seen = np.zeros((2048, 2048), np.uint8)
        for top, left, height, width in (first, second):
            seen[top : top + height, left : left + width] += 1
        assert seen.max() == 1


def test_a_region_keeps_its_calibration_and_most_of_a_defect() -> None:
    image = Image.from_array("a", np.arange(400).reshape(20, 20), pixel_size="2 nm")
    mask = np.zeros((2, 20, 20), bool)
    mask[0, 5:9, 8:12] = True  # half of it within
    mask[1, 0:4, 1:11] = True  # a tenth of it within
    labels = Instances.from_masks(mask, types=["loop", "loop"], shape=(20, 20))
    part = region_of(image, labels, (0, 10, 20, 10))
    assert part.image.required_calibration().pixel_size_nm == (2, 2)
    assert part.instances.areas.tolist() == [8]
    np.testing.assert_array_equal(part.image.pixels, image.pixels[:, 10:])


def test_an_unknown_set_is_named() -> None:
    with pytest.raises(UnknownDatasetError, match="silver"):
        next(real_part("silver", Part.TUNING))


@pytest.mark.filterwarnings("ignore::defectkit.errors.DatasetWarning")
@pytest.mark.parametrize("name", REAL_SETS)
def test_parts_at_hand_share_nothing(name: str, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFECTKIT_MIRROR", str(shared_data))
    names = [{item.image.name for item in real_part(name, part)} for part in Part]
    assert all(names)
    assert not names[0] & names[1] and not names[1] & names[2] and not names[0] & names[2]
