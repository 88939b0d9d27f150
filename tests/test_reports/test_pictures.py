"""What pictures are made of: contrast, colors, palette and the scale bar."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image as Pictures

from defectkit.records import Taxonomy
from defectkit.records.colors import type_colors
from defectkit.records.contrast import FLAT, gray_levels
from defectkit.reports.palette import with_palette
from defectkit.reports.scale_bar import SHARE, bar_length_nm, length_text


def test_eight_bits_stay_as_they_are() -> None:
    pixels = np.array([[3, 200], [90, 91]], np.uint8)
    assert gray_levels(pixels).tolist() == pixels.tolist()


def test_a_few_hot_pixels_do_not_darken_the_rest() -> None:
    pixels = np.tile(np.linspace(1000, 2000, 100), (100, 1)).astype(np.uint16)
    pixels[5, 5] = 65535
    levels = gray_levels(pixels)
    assert levels[0, 0] == 0 and levels[0, 99] == 255
    assert levels[5, 5] == 255


def test_pixels_that_are_no_numbers_are_black() -> None:
    pixels = np.array([[np.nan, 0.0], [1.0, np.inf]], np.float32)
    assert gray_levels(pixels).tolist() == [[0, 0], [255, 0]]
    assert gray_levels(np.full((2, 2), np.nan)).tolist() == [[0, 0], [0, 0]]


def test_an_image_of_one_value_is_gray() -> None:
    assert gray_levels(np.full((3, 3), 7, np.int32)).tolist() == [[FLAT] * 3] * 3


def test_booleans_are_black_and_white() -> None:
    assert gray_levels(np.array([[True, False]])).tolist() == [[255, 0]]


def test_types_have_colors_of_their_own() -> None:
    taxonomy = Taxonomy.standard().with_types([f"own_{k}" for k in range(6)])
    types = ["bdot", "loop_111", "loop_100", "defect", *(f"own_{k}" for k in range(6))]
    colors = type_colors(types, taxonomy)
    assert list(colors) == types
    assert len(set(colors.values())) == len(types)
    assert colors["bdot"] == taxonomy["bdot"].color


def test_more_types_than_colors_all_have_one() -> None:
    names = [f"own_{k}" for k in range(40)]
    assert set(type_colors(names, Taxonomy.standard().with_types(names))) == set(names)


@given(st.floats(0.1, 1e7))
def test_the_bar_is_round_and_fits(width_nm: float) -> None:
    length = bar_length_nm(width_nm)
    assert length <= SHARE * width_nm * (1 + 1e-6)
    assert length >= SHARE * width_nm / 2.5 * (1 - 1e-6)
    assert f"{length:.0e}"[0] in "125" and float(f"{length:.0e}") == pytest.approx(length)


@pytest.mark.parametrize(
    ("length", "text"), [(0.02, "20 pm"), (1.0, "1 nm"), (500.0, "500 nm"), (1000.0, "1 µm"), (5e6, "5 mm")]
)
def test_lengths_have_a_fitting_unit(length: float, text: str) -> None:
    assert length_text(length) == text


def test_a_palette_keeps_colors_and_nearly_all_grays() -> None:
    pixels = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(16, 16, 3)
    pixels[3, 4] = (255, 127, 14)
    picture = with_palette(Pictures.fromarray(pixels))
    again = np.asarray(picture.convert("RGB")).astype(int)
    assert picture.mode == "P"
    assert again[3, 4].tolist() == [255, 127, 14]
    assert np.abs(again - pixels).max() <= 1
    assert again[0, 0].tolist() == [0, 0, 0] and again[15, 15].tolist() == [255, 255, 255]


def test_too_many_colors_need_no_palette() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (20, 20, 3)).astype(np.uint8)
    picture = Pictures.fromarray(pixels)
    assert with_palette(picture) is picture
