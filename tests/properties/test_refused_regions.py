"""Good and bad regions in one file: for each format, what was refused is counted, and is never a zero."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import roifile
from hypothesis import given, settings, strategies as st

from defectkit.errors import LabelReadError, NotFullyReadWarning, PairingError, RefusedRegionsError
from defectkit.formats import read_labels
from defectkit.formats.refusals import MOST_REFUSED
from defectkit.records import Image
from defectkit.reports.csv_tables import hardening_csv, summary_csv
from defectkit.workflows import evaluate, measure_labels

SHAPE = (100, 120)
GOOD = "good"
Drawn = Mapping[str, Sequence[str]]
"""By image, what each of its regions is: good, or a kind of bad one."""


def images(names: Sequence[str] = ("a", "b")) -> dict[str, Image]:
    source = np.zeros(SHAPE, np.uint8)
    return {n: Image.from_array(n, source, pixel_size="1 nm/px", foil_thickness="100 nm") for n in names}


def square(k: int) -> list[tuple[float, float]]:
    """The corners (x, y) of the k-th square."""
    x, y = 9 * (k % 13) + 1.0, 9 * (k // 13) + 1.0
    return [(x, y), (x + 6, y), (x + 6, y + 6), (x, y + 6)]


def far(k: int) -> list[tuple[float, float]]:
    return [(x + 500, y + 500) for x, y in square(k)]


def write_via(folder: Path, drawn: Drawn) -> Path:
    def shape(kind: str, k: int) -> dict[str, Any]:
        corners = {"outside": far(k), "two points": square(k)[:2]}.get(kind, square(k))
        x, y = ([corner[axis] for corner in corners] for axis in (0, 1))
        if kind == "point":
            return {"name": "point", "cx": x[0], "cy": y[0]}
        if kind == "no numbers":
            x[0] = "left"  # type: ignore[call-overload]  # that is the fault
        return {"name": "spiral" if kind == "unknown" else "polygon", "all_points_x": x, "all_points_y": y}

    document = {
        f"{name}.png1": {
            "filename": f"{name}.png",
            "size": 1,
            "regions": [
                {"shape_attributes": shape(kind, k), "region_attributes": {"type": "loop_111"}}
                for k, kind in enumerate(kinds)
            ],
        }
        for name, kinds in drawn.items()
    }
    return written(folder / "via.json", json.dumps(document))


def write_coco(folder: Path, drawn: Drawn) -> Path:
    def outline(kind: str, k: int) -> Any:
        flat = [value for corner in (far(k) if kind == "outside" else square(k)) for value in corner]
        return {
            "box": [],
            "two points": [flat[:4]],
            "no numbers": [["left", *flat[1:]]],
            "run lengths": {"size": list(SHAPE), "counts": [5, 7]},
        }.get(kind, [flat])

    entries = list(drawn)
    annotations = [
        {"image_id": i, "category_id": 1, "segmentation": outline(kind, k), "iscrowd": 0, "bbox": [1, 1, 5, 5]}
        for i, name in enumerate(entries, 1)
        for k, kind in enumerate(drawn[name])
    ]
    document = {
        "images": [
            {"id": i, "file_name": f"{name}.png", "height": SHAPE[0], "width": SHAPE[1]}
            for i, name in enumerate(entries, 1)
        ],
        "annotations": [{"id": n, **annotation} for n, annotation in enumerate(annotations, 1)],
        "categories": [{"id": 1, "name": "loop_111"}],
    }
    return written(folder / "coco.json", json.dumps(document))


def write_yolo(folder: Path, drawn: Drawn) -> Path:
    def line(kind: str, k: int) -> str:
        corners = " ".join(f"{x / SHAPE[1]} {y / SHAPE[0]}" for x, y in square(k))
        return {"box": "0 0.5 0.5 0.1 0.1", "text": "loop here", "no area": f"0{' 0.5' * 6}"}.get(kind, f"0 {corners}")

    written(folder / "yolo" / "classes.txt", "loop_111\n")
    for name, kinds in drawn.items():
        written(folder / "yolo" / f"{name}.txt", "".join(f"{line(kind, k)}\n" for k, kind in enumerate(kinds)))
    return folder / "yolo"


def write_labelme(folder: Path, drawn: Drawn) -> Path:
    def shape(kind: str, k: int) -> dict[str, Any]:
        points = {"outside": far(k), "two points": square(k)[:2], "point": square(k)[:1]}.get(kind, square(k))
        shape_type = {"point": "point", "unknown": "spiral"}.get(kind, "polygon")
        return {"label": "loop_111", "shape_type": shape_type, "points": points, "group_id": None, "flags": {}}

    for name, kinds in drawn.items():
        document = {
            "version": "5.0.0",
            "flags": {},
            "shapes": [shape(kind, k) for k, kind in enumerate(kinds)],
            "imagePath": f"{name}.png",
            "imageData": None,
            "imageHeight": SHAPE[0],
            "imageWidth": SHAPE[1],
        }
        written(folder / "labelme" / f"{name}.json", json.dumps(document))
    return folder / "labelme"


def write_imagej(folder: Path, drawn: Drawn) -> Path:
    target = folder / "rois"
    target.mkdir(parents=True)
    for name, kinds in drawn.items():
        rois = []
        for k, kind in enumerate(kinds):
            points = {"outside": far(k), "line": square(k)[:2]}.get(kind, square(k))
            roi = roifile.ImagejRoi.frompoints(np.array(points), name=f"loop_111-{k}")
            roi.roitype = {
                "point": roifile.ROI_TYPE.POINT,
                "line": roifile.ROI_TYPE.POLYLINE,
            }.get(kind, roifile.ROI_TYPE.POLYGON)
            rois.append(roi)
        if rois:
            roifile.roiwrite(target / f"{name}.zip", rois)
    return target


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


Writer = Callable[[Path, Drawn], Path]
FORMATS: dict[str, tuple[Writer, tuple[str, ...]]] = {
    "via": (write_via, ("point", "two points", "outside", "no numbers", "unknown")),
    "coco": (write_coco, ("box", "two points", "outside", "no numbers", "run lengths")),
    "yolo-seg": (write_yolo, ("box", "text", "no area")),
    "labelme": (write_labelme, ("point", "two points", "outside", "unknown")),
    "imagej-roi": (write_imagej, ("point", "line", "outside")),
}


def kinds_of(bad: Sequence[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.just(GOOD) | st.just(GOOD) | st.just(GOOD) | st.sampled_from(bad), min_size=1, max_size=24)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=6)
@given(data=st.data())
def test_what_was_refused_is_counted_and_never_zero(name: str, data: st.DataObject) -> None:
    write, bad = FORMATS[name]
    drawn = {image: data.draw(kinds_of(bad), label=image) for image in ("a", "b")}
    n_bad = {image: sum(kind != GOOD for kind in kinds) for image, kinds in drawn.items()}
    n_good = {image: len(kinds) - n_bad[image] for image, kinds in drawn.items()}
    refused = {image: count for image, count in n_bad.items() if count}

    with tempfile.TemporaryDirectory() as place:
        path = write(Path(place), drawn)

        def read(rule: str) -> tuple[Any, list[str]]:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", NotFullyReadWarning)
                found = read_labels(path, images=images(), format=name, refused=rule)
            return found, [str(w.message) for w in caught if w.category is NotFullyReadWarning]

        reading, said = read("leave-out")
        assert {image: len(found) for image, found in reading.labels.instances.items()} == n_good
        assert dict(reading.labels.refused) == reading.refused == refused
        assert len(said) == bool(refused)
        share = sum(n_bad.values()) / (sum(n_bad.values()) + sum(n_good.values()))
        if share > MOST_REFUSED or any(not n_good[image] for image in refused):
            with pytest.raises(RefusedRegionsError, match=f"{sum(n_bad.values())} of"):
                read("raise")
        else:
            assert len(read("raise")[1]) == bool(refused)

    result = measure_labels(reading.labels, images(), refused="leave-out")
    for image, count in n_bad.items():
        densities = result.summary["areal_density"].sel(image=image).values
        assert result.summary["n_refused"].sel(image=image).item() == count
        assert np.isnan(densities).all() if count else (densities > 0).all()
        assert np.isnan(result.hardening["total_linear"].sel(image=image).item()) == bool(count)
    for text in (summary_csv(result.summary), hardening_csv(result.hardening)):
        header, *rows = csv.reader(io.StringIO(text))
        count, n_refused = header.index("count"), header.index("n_refused")
        for row in rows:
            assert row[n_refused] == str(n_bad[row[0]])
            assert row[count] != "0" or not n_bad[row[0]]
    if len(refused) < len(drawn):
        scores = evaluate(reading.labels, reading.labels, refused="leave-out")
        assert set(scores["image"].values) == set(drawn) - set(refused)


@pytest.mark.parametrize("name", ["label-image", "type-masks"])
@pytest.mark.parametrize("fault", ["colors", "another size", "no image"])
def test_a_raster_is_read_whole_or_is_an_error(name: str, fault: str, tmp_path: Path) -> None:
    values = np.zeros(SHAPE, np.uint8)
    values[2:9, 2:9] = 255
    if fault == "colors":
        values = np.stack([values, values // 2, values // 3], axis=-1)
    if fault == "another size":
        values = values[:50]
    PIL.Image.fromarray(values).save(tmp_path / "a.png")
    if fault == "no image":
        (tmp_path / "a.png").write_bytes(b"not an image")
    with pytest.raises((LabelReadError, PairingError)):
        read_labels(tmp_path, images=images(("a",)), format=name)
