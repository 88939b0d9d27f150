"""Stores that earlier versions wrote are read for good. A new schema adds a store here; none is ever rewritten."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from defectkit.records import Image, Instances, LabelSet, Prediction
from defectkit.storage import Store, migrate

STORES = Path(__file__).parent / "stores"

DIGESTS = {
    "old@1": "7e8ec322234733a8ccef395b7d7be0ed6a21f1addf4dd1aa42f3000f14850d8f",
    "new@1": "75c731138948f7d3b26e80c1f30a6785e91dbcbcb3ca2e4a7b68764e0f218d4a",
}


def labels() -> dict[str, LabelSet]:
    square = np.zeros((6, 8), bool)
    square[1:4, 2:5] = True
    corner = np.zeros((6, 8), bool)
    corner[4:, 6:] = True
    ring = [(0.5, 0.5), (0.5, 6.25), (5.0, 3.0)]
    old = {
        "a": Instances.from_masks([square, corner], types=["loop_111", "bdot"], shape=(6, 8)),
        "b": Instances.empty((6, 8), ["bdot"]),
    }
    new = {"a": Instances.from_polygons([ring], types=["loop_100_open"], shape=(6, 8), ids=np.array([5]))}
    return {
        "old@1": LabelSet(name="old", instances=old, annotator="first group"),
        "new@1": LabelSet(name="new", instances=new, parent="old@1", description="a only"),
    }


def write(path: Path) -> None:
    """Write the store of the present schema; called by hand, once a schema."""
    store = Store.create(path)
    pixels = np.arange(48, dtype=np.uint16).reshape(6, 8)
    store.add_images([Image.from_array("a", pixels, pixel_size="0.5 nm/px", foil_thickness="100 nm")])
    for one in labels().values():
        store.add_labels(one)
    mask = np.ones((6, 8), bool)
    found = Instances.from_masks([mask], types=["defect"], shape=(6, 8), scores=np.array([0.75]))
    store.write_predictions(
        "blob@1", [Prediction(image="a", instances=found, detector="blob", settings={"sigma": 2.0})]
    )
    store.add_results("counts", xr.Dataset({"count": ("image", [2, 0])}, coords={"image": ["a", "b"]}))


@pytest.mark.parametrize("name", sorted(p.name for p in STORES.glob("*.zip")))
def test_a_store_of_any_schema_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    shutil.copyfile(STORES / name, path)
    migrate(path)
    store = Store.open(path)
    assert store.label_sets() == ("new@1", "old@1")
    for key, expected in labels().items():
        found = store.labels(key)
        assert dict(found.instances) == dict(expected.instances)
        assert (found.annotator, found.parent, found.description, found.taxonomy) == (
            expected.annotator,
            expected.parent,
            expected.description,
            expected.taxonomy,
        )
        assert store.verify(key) == DIGESTS[key]
    (image,) = store.images()
    assert np.array_equal(image.pixels, np.arange(48).reshape(6, 8))
    assert image.required_calibration().pixel_size_nm == (0.5, 0.5)
    assert image.required_calibration().foil_thickness is not None
    (prediction,) = store.predictions("blob@1")
    assert (prediction.detector, prediction.settings, prediction.instances.scores.tolist()) == (
        "blob",
        {"sigma": 2.0},
        [0.75],
    )
    assert store.results("counts")["count"].values.tolist() == [2, 0]


def test_there_is_a_store_of_every_schema() -> None:
    from defectkit.storage import SCHEMA_VERSION

    expected = [f"schema-{version}.zarr.zip" for version in range(1, SCHEMA_VERSION + 1)]
    assert sorted(p.name for p in STORES.glob("*.zip")) == expected
