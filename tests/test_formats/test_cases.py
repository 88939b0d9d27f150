"""Label files that other tools write or choke on, built here, and those that lie beside the checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pictures

from defectkit.errors import NotFullyReadWarning
from defectkit.formats import LabelReading, read_images, read_labels
from defectkit.geometry.masks import label_image_to_runs
from defectkit.measurement import Counting, measure, summarize
from defectkit.workflows import measure_labels

Document = dict[str, Any]


@pytest.fixture(params=["built", "shared"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def frame(folder: Path, name: str, shape: tuple[int, int]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Pictures.fromarray(np.zeros(shape, np.uint8)).save(folder / f"{name}.png")


def polygon(top: int, left: int, side: int, **attributes: str) -> Document:
    x, y = [left, left + side, left + side, left], [top, top, top + side, top + side]
    shape = {"name": "polygon", "all_points_x": x, "all_points_y": y}
    return {"shape_attributes": shape, "region_attributes": attributes}


def read(folder: Path, labels: str, **options: Any) -> LabelReading:
    return read_labels(folder / labels, images=read_images(folder / "frames", pixel_size="1 nm/px"), **options)


def test_masks_that_overlap_are_two_defects_and_cover_their_pixels_once(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "built":
        frame(tmp_path / "frames", "a", (100, 200))
        regions = [polygon(10, 10, 40, t="loop"), polygon(10, 30, 40, t="loop")]
        document = {"a.png1": {"filename": "a.png", "size": 1, "file_attributes": {}, "regions": regions}}
        (tmp_path / "via.json").write_text(json.dumps(document))
        folder = tmp_path
    else:
        folder = request.getfixturevalue("shared_cases") / "overlap-counted-once"
    images = read_images(folder / "frames", pixel_size="1 nm/px")
    found = read(folder, "via.json").labels.instances
    assert found["a"].areas.tolist() == [1600, 1600]
    summary = summarize(measure(images.values(), found), images.values(), found)
    assert summary["count"].sel(defect_type="all").item() == 2
    assert summary["area_fraction"].sel(defect_type="all").item() == pytest.approx(60 * 40 / 20000)


def test_an_image_of_via_1_without_a_region_stays_with_a_count_of_0(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "built":
        for name in ("a1", "a2"):
            frame(tmp_path / "frames", name, (100, 100))
        two = {"0": polygon(10, 10, 20, kind="1"), "1": polygon(50, 50, 10, kind="2")}
        document = {
            f"{name}.png9": {"filename": f"{name}.png", "size": 9, "fileref": "", "file_attributes": {}, "regions": r}
            for name, r in (("a1", two), ("a2", {}))
        }
        (tmp_path / "via1.json").write_text(json.dumps(document))
        folder = tmp_path
    else:
        folder = request.getfixturevalue("shared_cases") / "via1-empty-regions"
    reading = read(folder, "via1.json")
    assert reading.labels["a1"].areas.tolist() == [400, 100]
    assert (reading.labels.images, len(reading.labels["a2"]), reading.refused) == (("a1", "a2"), 0, {})
    result = measure_labels(reading.labels, read_images(folder / "frames", pixel_size="1 nm/px"))
    assert result.summary["count"].sel(defect_type="all").values.tolist() == [2, 0]
    assert result.summary["areal_density"].sel(image="a2", defect_type="all").item() == 0


def run_lengths(shape: tuple[int, int]) -> list[int]:
    """The lengths of a square of 20 px, column by column, that begin with background."""
    mask = np.zeros(shape, bool)
    mask[20:40, 30:50] = True
    column = mask.T.ravel().astype(np.int8)
    edges = np.flatnonzero(np.diff(column)) + 1
    return np.diff([0, *edges, column.size]).tolist()


def test_run_lengths_of_another_frame_are_refused_with_their_number(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "built":
        frame(tmp_path / "frames", "a", (100, 120))
        counts = run_lengths((100, 120))
        segmentations = [
            {"size": [100, 120], "counts": counts},
            {"size": [100, 120], "counts": counts},
            {"size": [100, 120], "counts": [*counts[:-1], counts[-1] + 500]},
            {"size": [120, 100], "counts": counts},
            [counts],
        ]
        annotations = [
            {"id": k, "image_id": 1, "category_id": 1 + k % 2, "segmentation": s, "iscrowd": 0}
            for k, s in enumerate(segmentations, 1)
        ]
        document = {
            "images": [{"id": 1, "file_name": "a.png", "height": 100, "width": 120}],
            "annotations": annotations,
            "categories": [{"id": 1, "name": "loop"}, {"id": 2, "name": "bdot"}],
        }
        (tmp_path / "c.json").write_text(json.dumps(document))
        folder = tmp_path
    else:
        folder = request.getfixturevalue("shared_cases") / "coco-rle-kinds"
    with pytest.warns(NotFullyReadWarning, match="3 of 5 regions"):
        reading = read(folder, "c.json", format="coco", refused="leave-out")
    assert reading.labels["a"].areas.tolist() == [400, 400]
    assert reading.refused == {"a": 3}
    assert [line.region for line in reading.report.refused] == [f"annotation {k}" for k in (3, 4, 5)]


def ellipse(y: np.ndarray, x: np.ndarray, major: float, minor: float, degrees: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.asarray((along / (major / 2)) ** 2 + (across / (minor / 2)) ** 2 <= 1)


def test_pixels_that_are_not_square_stretch_nothing(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "built":
        frame(tmp_path / "frames", "f", (200, 400))
        (tmp_path / "frames" / "calibration.toml").write_text(
            '[[calibration]]\nname = "f"\npixel_size_y = "2 nm"\npixel_size_x = "1 nm"\nfoil_thickness = "100 nm"\n'
        )
        y, x = np.meshgrid(2 * (np.arange(200) + 0.5), np.arange(400) + 0.5, indexing="ij")
        values = np.zeros((200, 400), np.uint8)
        values[ellipse(y - 100, x - 100, 80, 80, 0)] = 1
        values[ellipse(y - 260, x - 260, 120, 50, 30)] = 2
        (tmp_path / "lab").mkdir()
        Pictures.fromarray(values).save(tmp_path / "lab" / "f.png")
        assert len(label_image_to_runs(values)[0]) == 2
        folder = tmp_path
    else:
        folder = request.getfixturevalue("shared_cases") / "anisotropic-pixels"
    images = read_images(folder / "frames")
    labels = read_labels(folder / "lab", images=images, format="label-image").labels
    result = measure_labels(labels, images, counting=Counting(edges="all"))
    circle, oval = (result.defects.isel(defect=k) for k in (0, 1))
    assert circle["area"].item() == pytest.approx(np.pi * 40**2, rel=0.01)
    for name in ("equivalent_diameter", "max_feret_diameter", "axis_major", "axis_minor"):
        assert circle[name].item() == pytest.approx(80, rel=0.03)
    assert circle["heywood_circularity"].item() == pytest.approx(1, abs=0.02)
    for name, value in (
        ("area", np.pi * 60 * 25),
        ("max_feret_diameter", 120),
        ("axis_major", 120),
        ("axis_minor", 50),
    ):
        assert oval[name].item() == pytest.approx(value, rel=0.03)
    density = result.summary["number_density"].sel(image="f", defect_type="all").item()
    assert density == pytest.approx(2 / (400e-9 * 400e-9 * 100e-9))
