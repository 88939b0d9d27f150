from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pictures

from defectkit.errors import OutputError
from defectkit.geometry.outlines import outlines
from defectkit.records import Calibration, Exclusion, Image, Instances, reduced
from defectkit.records.reduced import reduced_pixels
from defectkit.reports import draw_overlay, overlays
from defectkit.reports.legend import LegendEntry
from defectkit.reports.overlays import LONGEST_PX, overlay_path, save_overlay, view_of

RED = (255, 0, 0)
COLORS = {"bdot": "#ff0000"}
TITLES = {"bdot": "black dot"}


def inner_edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of a mask with a neighbor outside it."""
    padded = np.pad(mask, 1)
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inside


def drawn(mask: NDArray[np.bool_], **options: Any) -> tuple[NDArray[np.uint8], Instances]:
    shape = (int(mask.shape[0]), int(mask.shape[1]))
    instances = Instances.from_masks([mask], types=["bdot"], shape=shape)
    pixels = np.full(shape, 200, np.uint8)
    image = Image.from_array("one", pixels, pixel_size="0.5 nm/px")
    picture = draw_overlay(image, pixels, instances, colors=COLORS, titles=TITLES, **options)
    return np.asarray(picture), instances


def blob(shape: tuple[int, int]) -> NDArray[np.bool_]:
    row, col = np.indices(shape) + 0.5
    outer = ((row - shape[0] / 2) / 30) ** 2 + ((col - shape[1] / 2) / 18) ** 2 <= 1
    hole: NDArray[np.bool_] = np.hypot(row - shape[0] / 2, col - shape[1] / 2) <= 6
    return outer & ~hole


def test_lines_run_exactly_along_the_inside_of_the_mask() -> None:
    mask = blob((700, 600))
    canvas, _ = drawn(mask, longest_px=700)
    red = (canvas[:700] == RED).all(axis=2)
    np.testing.assert_array_equal(red, inner_edge(mask))


def test_a_wider_line_stays_within_the_mask() -> None:
    mask = blob((1100, 1000))
    canvas, _ = drawn(mask)
    red = (canvas[:1100] == RED).all(axis=2)
    first = inner_edge(mask)
    np.testing.assert_array_equal(red, first | inner_edge(mask & ~first))


def test_small_images_are_enlarged_pixel_by_pixel() -> None:
    mask = np.zeros((128, 128), bool)
    mask[40:80, 50:90] = True
    canvas, _ = drawn(mask)
    assert canvas.shape[1] == 1024
    red = (canvas[:1024] == RED).all(axis=2)
    rows, cols = np.nonzero(red)
    assert (rows.min(), rows.max() + 1, cols.min(), cols.max() + 1) == (320, 640, 400, 720)
    assert canvas[0, 0].tolist() == [200, 200, 200]


def test_large_images_are_made_smaller() -> None:
    mask = np.zeros((3000, 4000), bool)
    mask[1000:2000, 1000:2000] = True
    canvas, _ = drawn(mask)
    assert canvas.shape[1] == LONGEST_PX
    rows, cols = np.nonzero((canvas[:1536] == RED).all(axis=2))
    assert (rows.min(), rows.max() + 1, cols.min(), cols.max() + 1) == (512, 1024, 512, 1024)


def test_a_defect_smaller_than_a_pixel_of_the_picture_is_still_seen() -> None:
    mask = np.zeros((4096, 4096), bool)
    mask[2001, 3001] = True
    canvas, _ = drawn(mask, longest_px=512)
    rows, cols = np.nonzero((canvas[:512] == RED).all(axis=2))
    assert (rows.tolist(), cols.tolist()) == ([250], [375])


def test_defects_at_the_frame_are_drawn() -> None:
    mask = np.zeros((600, 600), bool)
    mask[:20, :30] = True
    mask[-1, -1] = False
    canvas, _ = drawn(mask)
    np.testing.assert_array_equal((canvas[:600] == RED).all(axis=2), inner_edge(mask))


def test_pixels_that_are_not_square_are_shown_in_their_proportions() -> None:
    calibration = Calibration(pixel_size_y="2 nm/px", pixel_size_x="1 nm/px")
    view = view_of((600, 900), calibration)
    assert view.shape == (1200, 900)
    assert view.scale == (2.0, 1.0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 3), (2048, 2048), (2049, 10)])
def test_every_shape_has_a_view_within_bounds(shape: tuple[int, int]) -> None:
    view = view_of(shape, None)
    assert min(view.shape) >= 1 and max(view.shape) <= LONGEST_PX


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.int32])
def test_any_kind_of_pixel_can_be_drawn(dtype: Any) -> None:
    pixels = np.linspace(0, 30000, 600 * 600).reshape(600, 600).astype(dtype)
    image = Image.from_array("one", pixels, pixel_size="0.5 nm/px")
    empty = Instances.empty((600, 600))
    canvas = np.asarray(draw_overlay(image, pixels, empty, colors=COLORS, titles=TITLES))
    assert canvas[0, 0].tolist() == [0, 0, 0]
    assert canvas[599, 599].tolist() == [255, 255, 255]
    assert 120 < canvas[300, 0, 0] < 136


def test_an_image_without_a_calibration_has_no_bar() -> None:
    pixels = np.zeros((400, 400), np.uint8)
    image = Image.from_array("one", pixels)
    with_bar = Image.from_array("one", pixels, pixel_size="0.5 nm/px")
    strips = [
        np.asarray(draw_overlay(i, pixels, Instances.empty((400, 400)), colors=COLORS, titles=TITLES))[800:]
        for i in (image, with_bar)
    ]
    lengths = [int((strip > 240).all(axis=2).sum(axis=1).max()) for strip in strips]
    assert lengths[1] >= 0.1 * 800 > lengths[0]


def test_the_bar_is_as_long_as_it_says() -> None:
    pixels = np.zeros((600, 900), np.uint8)
    image = Image.from_array("one", pixels, pixel_size="0.5 nm/px")  # 450 nm wide: a bar of 100 nm
    canvas = np.asarray(draw_overlay(image, pixels, Instances.empty((600, 900)), colors=COLORS, titles=TITLES))
    white = np.all(canvas[600:] > 240, axis=2)
    longest = max(len(run) for line in white for run in "".join("x" if w else " " for w in line).split())
    assert longest == 200


def test_overlays_are_files_named_after_images(tmp_path: Path) -> None:
    canvas, _ = drawn(blob((100, 100)))
    path = save_overlay(Pictures.fromarray(canvas), tmp_path, "series/frame.01")
    assert path == tmp_path / "series" / "frame.01.png"
    with Pictures.open(path) as picture:
        again = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(again - canvas).max() <= 1
    np.testing.assert_array_equal((again == RED).all(axis=2), (canvas == RED).all(axis=2))


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/../../b", "..", "a\\b"])
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    path = overlay_path(name)
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert "\\" not in str(path)


def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        save_overlay(Pictures.new("RGB", (4, 4)), tmp_path / "file", "one")


def test_masks_without_a_pixel_have_no_outline() -> None:
    speck = Instances.from_polygons([[(1.6, 1.6), (1.6, 1.9), (1.9, 1.9)]], types=["bdot"], shape=(50, 50))
    assert list(outlines(speck.runs, (1.0, 1.0), (50, 50), 1)) == []
    pixels = np.zeros((50, 50), np.uint8)
    image = Image.from_array("one", pixels)
    canvas = np.asarray(draw_overlay(image, pixels, speck, colors=COLORS, titles=TITLES))[:400]
    assert not canvas.any()


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32", "bool"])
def test_a_large_image_is_drawn_from_means_of_blocks(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduced, "LARGEST_WHOLE", 4000)
    values = (np.arange(130 * 200).reshape(130, 200) // 200).astype(kind)
    image = Image.from_array("large", values)
    drawn = reduced_pixels(image, 32)
    assert drawn.shape == (44, 67)
    expected = values[:129, :198].reshape(43, 3, 66, 3).mean(axis=(1, 3))
    assert np.allclose(drawn[:43, :66], expected, atol=1)
    assert drawn[-1, -1] == values[-1, -1]


def test_a_small_image_is_drawn_as_it_is() -> None:
    values = np.arange(24, dtype=np.uint8).reshape(4, 6)
    assert np.shares_memory(reduced_pixels(Image.from_array("small", values), LONGEST_PX), values)


def test_what_does_not_count_is_hatched() -> None:
    pixels = np.full((300, 400), 200, np.uint8)
    image = Image.from_array("one", pixels, pixel_size="0.5 nm/px")
    strip = Exclusion.box((250, 0, 300, 400), reason="information strip")
    whole, partly = (
        np.asarray(draw_overlay(i, pixels, Instances.empty((300, 400)), colors=COLORS, titles=TITLES))
        for i in (image, attrs.evolve(image, excluded=(strip,)))
    )
    factor = view_of((300, 400), image.calibration).scale[0]
    border = round(250 * factor)
    np.testing.assert_array_equal(partly[:border], whole[:border])
    below = partly[border : round(300 * factor)]
    lines = (below == overlays.HATCH).all(axis=2)
    assert 0.1 < lines.mean() < 0.2
    assert (below[~lines] < whole[0, 0] * 0.5).all()


def test_the_legend_shows_no_zero_of_what_was_not_read() -> None:
    red = LegendEntry(title="black dot", color=RED, count=0)
    assert red.text == "black dot (0)"
    assert attrs.evolve(red, count=None).text == "black dot"
    pixels = np.full((300, 400), 200, np.uint8)
    image = Image.from_array("one", pixels, pixel_size="0.5 nm/px")
    seen: list[int | None] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlays, "caption", lambda _, entries, **__: seen.extend(e.count for e in entries))
        for mark in ("", "not fully read"):
            empty = Instances.empty((300, 400))
            draw_overlay(image, pixels, empty, colors=COLORS, titles=TITLES, mark=mark)
    assert seen == [0, None]
