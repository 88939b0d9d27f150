from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from defectkit.errors import OutputError, StorageError
from defectkit.formats import Repair, RepairReport, read_images
from defectkit.records import Image, Instances, LabelSet
from defectkit.storage import Store
from defectkit.workflows import Analysis, analyze, measure_labels

SHAPE = (80, 100)
MakeImage = Callable[..., Image]


def assert_same(one: Analysis, other: Analysis) -> None:
    for table in ("defects", "summary", "hardening"):
        xarray.testing.assert_identical(_texts(getattr(one, table)), _texts(getattr(other, table)))
    assert [i.name for i in one.images] == [i.name for i in other.images]
    assert [i.calibration for i in one.images] == [i.calibration for i in other.images]
    assert dict(one.instances) == dict(other.instances)
    assert one.taxonomy == other.taxonomy
    assert one.settings == other.settings
    assert one.versions == other.versions
    assert one.cautions == other.cautions
    assert one.repairs == other.repairs


def _texts(table: xarray.Dataset) -> xarray.Dataset:
    return table.map(lambda v: v.astype(object) if v.dtype.kind in "OU" else v, keep_attrs=True).assign_coords(
        {n: c.astype(object) for n, c in table.coords.items()}
    )


def test_an_analysis_is_read_again_in_full(make_image: MakeImage, detector: Any, tmp_path: Path) -> None:
    result = analyze([make_image("b", 3), make_image("a", 0, thickness=None)], detector, min_score=0.5)
    again = Analysis.load(result.save(tmp_path / "results.zarr"))
    assert_same(result, again)
    assert {n: (p.detector, p.capped, p.notes) for n, p in again.predictions.items()} == {
        n: (p.detector, p.capped, p.notes) for n, p in result.predictions.items()
    }
    np.testing.assert_array_equal(again.images[0].pixels, result.images[0].pixels)


def test_measured_labels_are_read_again_in_full(make_image: MakeImage, tmp_path: Path) -> None:
    square = [(10.0, 10.0), (10.0, 30.0), (30.0, 30.0), (30.0, 10.0)]
    labels = LabelSet(
        name="mine",
        version="3",
        instances={
            "one": Instances.from_polygons([square], types=["bdot"], shape=SHAPE),
            "two": Instances.empty(SHAPE),
        },
    )
    report = RepairReport((Repair(kind="mended", problem="open polygon", what="closed", file="a.json", image="one"),))
    result = measure_labels(labels, [make_image("one"), make_image("two")], repairs=report)
    again = Analysis.load(result.save(tmp_path / "results.zarr"))
    assert_same(result, again)
    assert again.labels is not None
    assert (again.labels.key, again.labels.digest()) == ("mine@3", labels.digest())


def test_images_of_files_are_referred_to(make_image: MakeImage, detector: Any, tmp_path: Path) -> None:
    from PIL import Image as Pictures

    Pictures.fromarray(make_image("one").pixels).save(tmp_path / "one.png")
    images = read_images(tmp_path / "one.png", pixel_size="0.5 nm/px")
    result = analyze(images.values(), detector)
    again = Analysis.load(result.save(tmp_path / "results.zarr"))
    assert again.images[0].path == tmp_path / "one.png"
    np.testing.assert_array_equal(again.images[0].pixels, images["one"].pixels)


def test_what_is_there_is_not_written_over(make_image: MakeImage, detector: Any, tmp_path: Path) -> None:
    result = analyze([make_image("one")], detector)
    result.save(tmp_path / "results.zarr")
    with pytest.raises(OutputError):
        result.save(tmp_path / "results.zarr")


def test_a_store_without_an_analysis_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        Analysis.load(tmp_path / "nothing.zarr")
    Store.create(tmp_path / "empty.zarr")
    with pytest.raises(StorageError, match="no analysis"):
        Analysis.load(tmp_path / "empty.zarr")
