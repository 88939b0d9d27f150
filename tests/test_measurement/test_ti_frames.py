"""The labels of real frames against the plain formulas, computed from the text files alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
import xarray
from numpy.typing import NDArray

from defectkit.formats import read_images, read_labels
from defectkit.measurement import Counting, measure, summarize

SIDE_PX = 2048
NM_PER_PX = 0.2554
THICKNESS_NM = 170

Polygon = NDArray[np.float64]


def plain_polygons(file: Path) -> Iterator[Polygon]:
    """Yield the vertices (x, y) in nm of each line of a file: a class, then x and y as parts of the side."""
    for line in file.read_text().splitlines():
        yield np.array(line.split()[1:], dtype=np.float64).reshape(-1, 2) * SIDE_PX * NM_PER_PX


def plain_area(polygon: Polygon) -> float:
    x, y = polygon.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def plain_extent(polygon: Polygon) -> float:
    return max(float(np.hypot(*(a - b))) for a, b in itertools.combinations(polygon, 2))


@pytest.fixture(scope="module")
def files(ti_frames: Path) -> list[Path]:
    return sorted((ti_frames / "Annotation Data New").glob("*.txt"))


@pytest.fixture(scope="module")
def tables(ti_frames: Path) -> tuple[xarray.Dataset, xarray.Dataset]:
    images = read_images(ti_frames / "Raw Images", pixel_size=f"{NM_PER_PX} nm/px", foil_thickness=f"{THICKNESS_NM} nm")
    labels = read_labels(ti_frames / "Annotation Data New", images=images, format="yolo-seg").labels
    labelled = [images[name] for name in labels.images]
    defects = measure(labelled, labels.instances, counting=Counting(edges="all"))
    return defects, summarize(defects, labelled, labels.instances)


def test_there_are_frames_to_test_on(files: list[Path]) -> None:
    assert len(files) >= 10


def test_every_polygon_has_the_area_and_extent_of_the_plain_formulas(
    files: list[Path], tables: tuple[xarray.Dataset, xarray.Dataset]
) -> None:
    defects, _ = tables
    crossing = 0
    for file in files:
        own = defects.isel(defect=defects["image"].values == file.stem)
        polygons = list(plain_polygons(file))
        assert own.sizes["defect"] == len(polygons), file.stem
        plain = {
            "polygon_area": np.array([plain_area(p) for p in polygons]),
            "polygon_equivalent_diameter": np.array([2 * np.sqrt(plain_area(p) / np.pi) for p in polygons]),
            "polygon_max_feret_diameter": np.array([plain_extent(p) for p in polygons]),
        }
        simple = np.array([shapely.Polygon(p).is_valid for p in polygons])
        crossing += int((~simple).sum())
        for name, values in plain.items():
            np.testing.assert_allclose(own[name].values[simple], values[simple], rtol=1e-6, err_msg=file.stem)
            assert float(own[name].mean()) == pytest.approx(values.mean(), rel=1e-3), (file.stem, name)
    assert crossing <= 4  # these were mended when they were read


def test_every_frame_has_the_density_of_the_plain_formula(
    files: list[Path], tables: tuple[xarray.Dataset, xarray.Dataset]
) -> None:
    _, summary = tables
    assert sorted(summary["image"].values.tolist()) == [file.stem for file in files]
    for file in files:
        n = sum(1 for _ in plain_polygons(file))
        volume_m3 = (SIDE_PX * NM_PER_PX * 1e-9) ** 2 * THICKNESS_NM * 1e-9
        density = float(summary["number_density"].sel(image=file.stem, defect_type="all"))
        assert density == pytest.approx(n / volume_m3, rel=1e-3), file.stem


def test_masks_hold_the_area_of_their_polygons(
    files: list[Path], tables: tuple[xarray.Dataset, xarray.Dataset]
) -> None:
    defects, _ = tables
    for file in files:
        own = defects.isel(defect=defects["image"].values == file.stem)
        areas = sum(plain_area(p) for p in plain_polygons(file))
        assert float(own["area"].sum()) == pytest.approx(areas, rel=0.01), file.stem
