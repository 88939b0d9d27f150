from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from defectkit.measurement.overprints import BAR, STRIP, find, find_overprints, overprints_of
from defectkit.measurement.overprints.boxes import gap, grown, hull
from defectkit.records import Exclusion, Image
from defectkit.testing.synthetic import synthetic_micrograph

Pixels = NDArray[Any]


def foil(shape: tuple[int, int] = (256, 320), seed: int = 0) -> NDArray[np.uint8]:
    """A noisy foil with dark, round defects."""
    random = np.random.default_rng(seed)
    rows, columns = np.indices(shape)
    image = random.normal(150, 12, shape)
    for _ in range(12):
        row, column, radius = random.uniform(0, shape[0]), random.uniform(0, shape[1]), random.uniform(3, 9)
        image -= 70 * (np.hypot(rows - row, columns - column) < radius)
    return image.clip(1, 254).astype(np.uint8)


def written(pixels: Pixels, top: int, left: int, ink: int) -> None:
    """Burn something like text in: strokes, 9 pixels high and 60 wide."""
    for k in range(12):
        pixels[top + k % 3 : top + 9, left + 5 * k : left + 5 * k + 2] = ink


def boxes_of(found: tuple[Exclusion, ...], reason: str) -> list[list[int]]:
    return [place.place.boxes()[0].tolist() for place in found if place.reason == reason]


@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("above", [True, False])
def test_a_bar_is_found_with_its_text(ink: int, above: bool) -> None:
    pixels = foil()
    pixels[225:230, 20:100] = ink
    written(pixels, 212 if above else 234, 30, ink)
    ((top, left, bottom, right),) = boxes_of(find_overprints(pixels), BAR)
    assert (212 if above else 225) - 4 <= top <= (212 if above else 225)
    assert (230 if above else 243) <= bottom <= (230 if above else 243) + 4
    assert 16 <= left <= 20 and 100 <= right <= 104


def test_the_plate_of_a_bar_goes_with_it() -> None:
    pixels = foil()
    pixels[205:250, 200:310] = 255
    pixels[235:240, 215:295] = 0
    written(pixels, 218, 220, 0)
    assert boxes_of(find_overprints(pixels), BAR) == [[205, 200, 250, 310]]


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize(("ground", "ink"), [(0, 255), (255, 0)])
def test_strips_are_found_at_each_edge(turns: int, ground: int, ink: int) -> None:
    pixels = foil((256, 256))
    pixels[226:] = ground
    written(pixels, 236, 20, ink)
    found = find_overprints(np.rot90(pixels, turns))
    expected = [[226, 0, 256, 256], [0, 226, 256, 256], [0, 0, 30, 256], [0, 0, 256, 30]][turns]
    assert boxes_of(found, STRIP) == [expected]


@pytest.mark.parametrize("gray", [0, 120, 255])
def test_a_strip_of_one_gray_needs_no_writing(gray: int) -> None:
    pixels = foil()
    pixels[:24] = gray
    assert boxes_of(find_overprints(pixels), STRIP) == [[0, 0, 24, 320]]


def test_of_a_bar_in_a_strip_there_is_only_the_strip() -> None:
    pixels = foil()
    pixels[220:] = 0
    pixels[235:239, 40:120] = 255
    assert [place.reason for place in find_overprints(pixels)] == [STRIP]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_a_foil_has_none(seed: int) -> None:
    assert find_overprints(foil(seed=seed)) == ()


@pytest.mark.parametrize("seed", range(6))
def test_a_synthetic_micrograph_has_none(seed: int) -> None:
    assert find_overprints(synthetic_micrograph(seed=seed)[0].pixels) == ()


def test_a_rod_is_no_bar() -> None:
    """Round ends, and a noisy gray that is not the darkest one."""
    pixels = foil().astype(np.float64)
    rows, columns = np.indices(pixels.shape)
    inside = np.hypot(rows - 200, np.maximum(np.abs(columns - 160) - 40, 0)) < 6
    pixels[inside] = np.random.default_rng(1).normal(60, 12, int(inside.sum()))
    assert find_overprints(pixels) == ()


def test_a_background_that_darkens_is_no_strip() -> None:
    pixels = np.random.default_rng(0).normal(0, 1, (300, 300)) + np.minimum(np.arange(300)[::-1], 90)[:, None]
    assert find_overprints(pixels.clip(0)) == ()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.int32, np.bool_])
def test_nothing_is_found_in_nothing(dtype: type) -> None:
    assert find_overprints(np.zeros((40, 50), dtype)) == ()
    assert find_overprints(np.zeros((1, 1), dtype)) == ()


def test_of_huge_images_the_upper_and_lower_rows_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = foil((800, 320))
    pixels[770:] = 0
    pixels[20:25, 20:100] = 255

    @attrs.frozen
    class Parts:
        reads_boxes = True
        shape = (800, 320)
        dtype = np.dtype(np.uint8)

        def read(self) -> Pixels:
            raise AssertionError("the whole image is read")

        def read_box(self, box: tuple[int, int, int, int]) -> Pixels:
            return pixels[box[0] : box[2], box[1] : box[3]]

    monkeypatch.setattr(find, "LARGEST_WHOLE", 200_000)
    found = overprints_of(Image(name="huge", source=Parts()))
    assert boxes_of(found, STRIP) == [[770, 0, 800, 320]]
    ((top, left, bottom, right),) = boxes_of(found, BAR)
    assert top <= 20 and left <= 20 and bottom >= 25 and right >= 100


BOX = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 9), st.integers(1, 9)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(BOX, BOX)
def test_boxes_that_grow_by_their_gap_touch(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> None:
    between = gap(one, other)
    assert gap(other, one) == between
    assert gap(grown(one, between, (40, 40)), other) == 0
    whole = hull(one, other)
    assert gap(whole, one) == 0 == gap(whole, other)
