"""Lengths in the settings of a model that nothing real has end in one sentence, soon and in little memory."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from defectkit.detectors import Detector, TrainingSet
from defectkit.detectors.blob import Blob
from defectkit.detectors.model_folder import OPTIONS
from defectkit.detectors.pixel_forest import PixelForest
from defectkit.errors import DefectkitError
from defectkit.testing.synthetic import synthetic_dataset
from defectkit.workflows.detectors import make_detector

GIB = 2**30


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Two GiB beside what the process has."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + 2 * GIB, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def saved(detector: str, folder: Path) -> Path:
    images, labels = synthetic_dataset(3, 1, shape=(96, 80), counts={"bdot": 4, "loop_111": 2}, n_lines=0)
    made: Detector = Blob()
    if detector == "pixel-forest":
        forest = PixelForest(n_trees=2, max_depth=3, samples_per_class=40, pixel_size="1 nm/px")
        made = forest.fit(TrainingSet(images=images, labels=labels))
    made.save(folder)
    return folder


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="how much memory is taken is asked of Linux")
@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(
    ("detector", "option", "value"),
    [
        ("pixel-forest", "scales_nm", [1e9]),
        ("pixel-forest", "scales_nm", [1.0, 1e300]),
        ("pixel-forest", "border_nm", 1e12),
        ("pixel-forest", "pixel_size", "1e-9 nm/px"),
        ("blob", "max_diameter", "1e12 nm"),
        ("blob", "min_diameter", "1e-12 nm"),
    ],
)
def test_a_length_that_nothing_has(detector: str, option: str, value: object, tmp_path: Path) -> None:
    folder = saved(detector, tmp_path / "model")
    file = folder / OPTIONS
    table = json.loads(file.read_text())
    table.get("options", table)[option] = value
    file.write_text(json.dumps(table))
    images, _ = synthetic_dataset(3, 1, shape=(96, 80), counts={"bdot": 4}, n_lines=0)
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    try:
        found = list(make_detector(detector, model=folder).predict(images.values()))
    except DefectkitError as error:
        assert "\n" not in str(error)
    else:
        assert len(found) == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - begun < 10
