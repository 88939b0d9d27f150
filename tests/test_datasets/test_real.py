"""On the real micrographs, with the folder that holds some of them as a mirror."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from defectkit.datasets import Dataset, fetch_dataset, load_dataset
from defectkit.datasets.differences import diff
from defectkit.datasets.health import check_dataset
from defectkit.datasets.places import data_folder
from defectkit.errors import DatasetWarning, FetchError
from defectkit.statistics import Bootstrap
from defectkit.storage import Store
from defectkit.workflows.agreement import agree

pytestmark = pytest.mark.usefixtures("shared_data")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, shared_data: Path) -> None:
    """Use the mirror, and a proxy that is not there in place of the network."""
    monkeypatch.setenv("DEFECTKIT_MIRROR", str(shared_data))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")


def load(name: str, *labels: str) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DatasetWarning)
        return load_dataset(name, labels=labels, available=True)


def test_ti_loops() -> None:
    data = load("ti-loops", "old", "new")
    old, new = data.label_sets["old@1"], data.label_sets["new@1"]
    assert (len(data.images), len(old), len(new)) == (13, 4, 13)
    assert (old.n_defects, new.n_defects) == (1243, 5873)
    assert set(old.images) <= set(new.images)
    assert data.locks["new@1"].n_images == 25
    assert all(image.required_calibration().pixel_size_nm == (0.2554, 0.2554) for image in data.images.values())
    result = agree(old, new, data.images, unpaired="leave-out", bootstrap=Bootstrap(n_resamples=200))
    f1 = result["f1_score"].sel(iou_threshold=0.3)
    assert 0.3 < float(f1) < 0.6
    assert float(result["f1_score_low"].sel(iou_threshold=0.3)) < float(f1)
    difference = diff(old, new)
    assert len(difference.images_added) == 9
    assert difference.swap_sides() == diff(new, old)
    matched = sum("added" not in c.kinds and "removed" not in c.kinds for c in difference.changes)
    greedy = 2 * (matched + difference.n_unchanged) / (old.n_defects + sum(len(new[i]) for i in old.images))
    assert np.isclose(greedy, float(f1), atol=0.02)


def test_ti_loops_needs_the_rest() -> None:
    with pytest.raises(FetchError) as caught:
        load_dataset("ti-loops", labels="new")
    assert "24 files are missing" in str(caught.value)
    assert "(image Chip-4-Heat-1-Frame-1128)" in str(caught.value)
    found = fetch_dataset("ti-loops")
    assert (len(found.paths), len(found.missing)) == (30, 45)
    assert (data_folder() / "nomelabs+insitu-TEM-annealing-Ti" / "Polygon Annotation Analysis").is_dir()


def test_ampis_powder_from_via() -> None:
    data = load("ampis-powder", "powder", "satellite")
    powder, satellite = data.label_sets["powder@1"], data.label_sets["satellite@1"]
    assert powder.counts() == {"powder": 1122}
    assert satellite.counts() == {"satellite": 499}
    assert data.deviations == ()
    report = data.reports["satellite@1"]
    assert any("white space" in line.problem for line in report)
    result = agree(powder, satellite, bootstrap=Bootstrap(n_resamples=50))
    assert float(result["f1_score"].sel(iou_threshold=0.3)) < 0.05


def test_steel() -> None:
    data = load("steel-316l", "loops")
    assert data.labels.counts() == {"loop": 123}
    assert all(image.is_assumed for image in data.images.values())
    assert {f.severity for f in check_dataset(data)} == {"note"}


def test_emps() -> None:
    data = load("emps", "particles")
    assert data.labels.counts() == {"particle": 3550}
    assert len(data.images) == 150
    reporting, tuning = (data.split(f"parts/{part}") for part in ("reporting", "tuning"))
    assert (len(reporting.test), len(tuning.test), len(tuning.train)) == (30, 30, 90)
    assert reporting.train == tuning.train
    assert not set(reporting.test) & (set(tuning.test) | set(tuning.train))


def test_real_labels_round_trip_through_a_store(tmp_path: Path) -> None:
    data = load("ti-loops", "new")
    store = Store.create(tmp_path / "ti.zarr")
    store.refer_to_images(data.images.values())
    seal = store.add_labels(data.labels)
    assert seal.digest == data.labels.digest() == store.verify("new@1")
    (image,) = store.images(["Chip-4-Heat-1-Frame-2"])
    assert image.digest() == data.images["Chip-4-Heat-1-Frame-2"].digest()
