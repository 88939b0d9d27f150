from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import xarray

from defectkit.errors import (
    DetectionCapWarning,
    DetectorError,
    EmptyInputError,
    MissingCalibrationError,
    PairingError,
    RecordError,
    ResumeWarning,
    UnknownConventionError,
    UnknownDefectTypeError,
    UnknownMaterialError,
    UnknownPluginError,
)
from defectkit.measurement import measure
from defectkit.records import Image, PixelSource
from defectkit.workflows import analyze

MakeImage = Callable[..., Image]
Detector = Any
MakeDetector = Callable[..., Detector]


@attrs.frozen(kw_only=True, eq=False)
class WatchedPixels:
    """Pixels that count how often they were read."""

    inner: PixelSource
    reads: list[int] = attrs.field(factory=list)

    @property
    def shape(self) -> tuple[int, int]:
        return self.inner.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.inner.dtype

    def read(self) -> Any:
        self.reads.append(1)
        return self.inner.read()


def test_images_become_tables(make_image: MakeImage, detector: Detector) -> None:
    images = [make_image("one", 3), make_image("none", 0), make_image("two", 2)]
    result = analyze(images, detector)
    assert [i.name for i in result.images] == ["one", "none", "two"]
    assert result.n_defects == 5
    assert result.types == ("bdot", "loop_111")
    assert result.summary["count"].sel(defect_type="all").values.tolist() == [3, 0, 2]
    xarray.testing.assert_identical(result.defects, measure(images, result.instances))
    assert result.hardening["image"].values.tolist() == ["one", "none", "two"]
    assert float(result.hardening["total_quadrature"].sel(image="none")) == 0
    assert float(result.hardening["total_quadrature"].sel(image="one")) > 0
    assert result.labels is None
    assert result.cautions == ()


def test_images_may_come_by_name(make_image: MakeImage, detector: Detector) -> None:
    images = {name: make_image(name) for name in ("one", "two")}
    assert [i.name for i in analyze(images, detector).images] == ["one", "two"]


def test_settings_and_versions_say_how(make_image: MakeImage, detector: Detector) -> None:
    result = analyze([make_image("one")], detector, min_score=0.4, barrier_strengths={"bdot": 0.2})
    assert result.settings["detector"] == {
        "name": "test-threshold",
        "version": "1",
        "description": "Dark regions.",
        "limits": [],
        "options": {"below": 100, "limit": None},
    }
    assert result.settings["min_score"] == 0.4
    assert result.settings["convention"]["name"] == "defectkit"
    assert result.settings["material"]["barrier_strengths"]["bdot"] == 0.2
    assert result.settings["hardening_model"] == "dispersed-barrier"
    assert {"defectkit", "python", "numpy"} <= set(result.versions)


def test_low_scores_are_left_out(make_image: MakeImage, detector: Detector) -> None:
    images = [make_image("one", 3)]
    scores = analyze(images, detector).defects["score"].values
    kept = analyze(images, detector, min_score=0.5)
    assert kept.defects["score"].values.tolist() == [s for s in scores if s >= 0.5]
    assert 0 < kept.n_defects < len(scores)
    with pytest.raises(RecordError, match="between 0 and 1"):
        analyze(images, detector, min_score=1.5)


def test_nothing_is_detected_before_all_images_are_known_to_be_calibrated(
    make_image: MakeImage, detector: Detector
) -> None:
    images = [make_image("one"), make_image("bare", pixel_size=None)]
    with pytest.raises(MissingCalibrationError, match="'bare'"):
        analyze(images, detector)
    more = [*images, make_image("bald", pixel_size=None)]
    with pytest.raises(MissingCalibrationError, match=r"2 of 3 images have no pixel size \('bare', 'bald'\)"):
        analyze(more, detector)
    assert detector.seen == []


def test_wrong_names_are_told_before_any_detection(make_image: MakeImage, detector: Detector) -> None:
    images = [make_image("one")]
    with pytest.raises(UnknownConventionError):
        analyze(images, detector, convention="none such")
    with pytest.raises(UnknownMaterialError):
        analyze(images, detector, material="unobtainium")
    with pytest.raises(UnknownPluginError):
        analyze(images, detector, hardening_model="none-such")
    with pytest.raises(UnknownPluginError):
        analyze(images, "none-such")
    with pytest.raises(UnknownDefectTypeError, match="loop_11"):
        analyze(images, detector, barrier_strengths={"loop_11": 0.1})
    with pytest.raises(EmptyInputError):
        analyze([], detector)
    with pytest.raises(PairingError, match="'one'"):
        analyze([*images, *images], detector)
    assert detector.seen == []


def test_pixels_are_read_once_and_not_kept(make_image: MakeImage, detector: Detector, tmp_path: Path) -> None:
    sources = [WatchedPixels(inner=make_image(f"i{k}").source) for k in range(3)]
    images = [attrs.evolve(make_image(f"i{k}"), source=source) for k, source in enumerate(sources)]
    analyze(images, detector)
    assert [len(s.reads) for s in sources] == [1, 1, 1]
    analyze(images, detector, unfinished=tmp_path / "work")
    assert [len(s.reads) for s in sources] == [2, 2, 2]


def test_an_interrupted_run_goes_on_where_it_stopped(
    make_image: MakeImage, make_detector: MakeDetector, tmp_path: Path
) -> None:
    images = [make_image(name, n) for n, name in enumerate(("none", "one", "two", "three"))]
    first = make_detector(fails_at="two")
    with pytest.raises(DetectorError, match=r"'two'.*the power went out"):
        analyze(images, first, unfinished=tmp_path / "work")
    assert first.seen == ["none", "one"]
    second = make_detector()
    resumed = analyze(images, second, unfinished=tmp_path / "work")
    assert second.seen == ["two", "three"]
    straight = analyze(images, make_detector())
    for table in ("defects", "summary", "hardening"):
        xarray.testing.assert_identical(getattr(resumed, table), getattr(straight, table))
    third = make_detector()
    analyze(images, third, unfinished=tmp_path / "work", min_score=0.5, convention="jacobs2022")
    assert third.seen == []  # what comes after detection changes nothing that is kept


def test_other_settings_start_afresh_and_say_so(
    make_image: MakeImage, make_detector: MakeDetector, tmp_path: Path
) -> None:
    images = [make_image("one"), make_image("two")]
    analyze(images, make_detector(), unfinished=tmp_path / "work")
    changed = make_detector(below=60)
    with pytest.warns(ResumeWarning, match="detector"):
        analyze(images, changed, unfinished=tmp_path / "work")
    assert changed.seen == ["one", "two"]


def test_a_changed_image_is_detected_again(make_image: MakeImage, make_detector: MakeDetector, tmp_path: Path) -> None:
    analyze([make_image("one", 3), make_image("two", 2)], make_detector(), unfinished=tmp_path / "work")
    pixels = make_detector()
    result = analyze([make_image("one", 1), make_image("two", 2)], pixels, unfinished=tmp_path / "work")
    assert pixels.seen == ["one"]
    assert result.summary["count"].sel(defect_type="all").values.tolist() == [1, 2]
    scale = make_detector()
    analyze([make_image("one", 1, pixel_size="0.7 nm/px"), make_image("two", 2)], scale, unfinished=tmp_path / "work")
    assert scale.seen == ["one"]


def test_progress_is_told_of_every_image(make_image: MakeImage, detector: Detector) -> None:
    told: list[object] = []

    def watch(iterable: Any, description: str, total: int | None = None) -> Any:
        told.append((description, total))
        for item in iterable:
            told.append(item.name)
            yield item

    analyze([make_image("one"), make_image("two")], detector, progress=watch)
    assert told == [("detecting", 2), "one", "two"]


def test_a_cap_that_was_reached_is_a_caution(make_image: MakeImage, make_detector: MakeDetector) -> None:
    with pytest.warns(DetectionCapWarning):
        result = analyze([make_image("full", 3), make_image("free", 1)], make_detector(limit=2))
    assert "may be too low" in result.cautions[0] and "full" in result.cautions[0]
    assert not any("free" in caution for caution in result.cautions)


def test_a_detector_can_be_named(make_image: MakeImage) -> None:
    result = analyze([make_image("one", 0)], "blob")
    assert result.settings["detector"]["name"] == "blob"
    assert result.n_defects == 0
