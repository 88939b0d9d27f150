from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import pytest
from PIL import Image as Pictures

from defectkit.detectors import Detector
from defectkit.errors import EmptyInputError, ImageReadError, PairingError, RecordError
from defectkit.records import Exclusion, Image, Instances, LabelSet
from defectkit.workflows import Analysis, FieldRule, Overprints, analyze, measure_labels

SHAPE = (200, 240)
MakeImage = Callable[..., Image]


def field_image(name: str = "one", *, bar: bool = False, strip: bool = False) -> Image:
    """Two dark squares, and what a program burned in."""
    pixels = np.random.default_rng(0).normal(170, 6, SHAPE).clip(1, 254).astype(np.uint8)
    pixels[20:30, 20:30] = pixels[20:30, 120:130] = 40
    if bar:
        pixels[180:186, 20:100] = 0
    if strip:
        pixels[176:] = 0
        pixels[184:192, 20:80:4] = 255
    return Image.from_array(name, pixels, pixel_size="1 nm/px", foil_thickness="100 nm")


def squares(*corners: tuple[int, int], side: int = 10) -> Instances:
    masks = []
    for top, left in corners:
        mask = np.zeros(SHAPE, bool)
        mask[top : top + side, left : left + side] = True
        masks.append(mask)
    return Instances.from_masks(masks, types=["bdot"] * len(corners), shape=SHAPE)


def count(analysis: Analysis) -> int:
    return int(analysis.summary["count"].sel(defect_type="all").sum())


def test_a_bar_is_neither_counted_nor_part_of_the_area(detector: Detector) -> None:
    found = analyze([field_image(bar=True)], detector)
    whole = analyze([field_image(bar=True)], detector, field=FieldRule(overprints=Overprints.COUNT))
    assert count(found) == 2 and count(whole) == 3
    (image,) = found.images
    assert [place.reason for place in image.excluded] == ["burned-in scale bar"]
    assert float(found.summary["field_area"][0]) == 200 * 240 - image.excluded[0].n_pixels
    assert whole.images[0].excluded == () and float(whole.summary["field_area"][0]) == 200 * 240


def test_densities_and_fractions_go_by_the_field(detector: Detector) -> None:
    found = analyze([field_image(strip=True)], detector).summary.sel(image="one", defect_type="all")
    assert float(found["field_area"]) == 176 * 240
    each = 176 * 240 / (165 * 229)  # of 10 by 10 pixels, at every place that touches neither the strip nor the border
    assert float(found["areal_density"]) == pytest.approx(2 * each / (176 * 240))
    assert float(found["number_density"]) == pytest.approx(2 * each / (176 * 240 * 100) * 1e27)
    assert float(found["area_fraction"]) == pytest.approx(200 / (176 * 240))


def test_it_is_said_how_much_is_left_out(detector: Detector) -> None:
    place, outside = analyze([field_image(bar=True), field_image("two")], detector).cautions[:2]
    assert place == ("Left out of the field, with its area: burned-in scale bar (--include-overprints counts it): one.")
    assert outside == "1 defect has its center in such a place and is not counted: one."


def test_what_is_hardened_is_what_the_field_holds(detector: Detector) -> None:
    found = analyze([field_image(strip=True)], detector)
    densities = found.hardening["number_density"].sum("defect_type").values
    assert densities == pytest.approx(found.summary["number_density"].sel(defect_type="all").values)


def test_a_crop_counts_by_the_centers_within(detector: Detector) -> None:
    rule = FieldRule(crop=(0, 0, 100, 124))
    found = analyze([field_image()], detector, field=rule)
    assert count(found) == 1 and float(found.summary["field_area"][0]) == 100 * 124
    assert count(analyze([field_image()], detector, field=FieldRule(crop=(0, 0, 100, 126)))) == 2


def test_area_fractions_stop_at_the_border_of_the_field() -> None:
    labels = LabelSet(name="mine", instances={"one": squares((20, 20), (20, 119))})
    found = measure_labels(labels, [field_image()], field=FieldRule(crop=(0, 0, 100, 125)))
    assert count(found) == 2
    assert found.summary["area_fraction"].values == pytest.approx(np.full((1, 2), (100 + 60) / 12500))


def test_a_place_in_which_somebody_drew_is_no_overprint() -> None:
    image = field_image(bar=True)
    drawn = measure_labels(LabelSet(name="mine", instances={"one": squares((176, 50))}), [image])
    assert count(drawn) == 1 and drawn.images[0].excluded == ()
    beside = measure_labels(LabelSet(name="mine", instances={"one": squares((20, 20))}), [image])
    assert len(beside.images[0].excluded) == 1


def test_labels_outside_the_field_are_told() -> None:
    labels = LabelSet(name="mine", instances={"one": squares((20, 20), (150, 20), (150, 60))})
    found = measure_labels(labels, [field_image()], field=FieldRule(crop=(0, 0, 100, 240)))
    assert count(found) == 1 and found.labels is not None and len(found.labels["one"]) == 1
    assert "2 defects have their centers in such a place and are not counted: one." in found.cautions


def test_strips_that_the_file_states_are_left_out_too() -> None:
    strip = Exclusion.box((190, 0, 200, 240), reason="information strip")
    image = attrs.evolve(field_image(), excluded=(strip,))
    assert FieldRule().apply(image).excluded == (strip,)
    assert FieldRule(overprints=Overprints.COUNT).apply(image).excluded == ()


def test_a_strip_is_not_named_twice() -> None:
    stated = Exclusion.box((176, 0, 200, 240), reason="information strip")
    image = attrs.evolve(field_image(strip=True), excluded=(stated,))
    assert FieldRule().apply(image).excluded == (stated,)


def saved(path: Path, *boxes: tuple[int, int, int, int], shape: tuple[int, int] = SHAPE) -> Path:
    mask = np.zeros(shape, np.uint8)
    for top, left, bottom, right in boxes:
        mask[top:bottom, left:right] = 255
    path.parent.mkdir(exist_ok=True)
    Pictures.fromarray(mask).save(path)
    return path


def test_a_mask_is_for_every_image(detector: Detector, tmp_path: Path) -> None:
    rule = FieldRule(exclude_mask=saved(tmp_path / "grain.png", (0, 100, 200, 240)))
    found = analyze([field_image(), field_image("two")], detector, field=rule)
    assert found.summary["count"].sel(defect_type="all").values.tolist() == [1, 1]
    assert found.summary["field_area"].values.tolist() == [200 * 100] * 2


def test_a_folder_holds_a_mask_by_the_name_of_the_image(detector: Detector, tmp_path: Path) -> None:
    saved(tmp_path / "masks" / "two.png", (0, 100, 200, 240))
    found = analyze([field_image(), field_image("two")], detector, field=FieldRule(exclude_mask=tmp_path / "masks"))
    assert found.summary["count"].sel(defect_type="all").values.tolist() == [2, 1]
    with pytest.raises(PairingError, match="no mask has the name of an image; it holds two"):
        analyze([field_image()], detector, field=FieldRule(exclude_mask=tmp_path / "masks"))


def test_masks_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    small = saved(tmp_path / "small.png", shape=(10, 10))
    with pytest.raises(PairingError, match="the mask is 10 x 10 pixels, but the image is 200 x 240"):
        FieldRule(exclude_mask=small).apply(field_image())
    Pictures.fromarray(np.arange(48000, dtype=np.uint16).reshape(SHAPE)).save(tmp_path / "grays.png")
    with pytest.raises(ImageReadError, match="a mask has 0 and one other value"):
        FieldRule(exclude_mask=tmp_path / "grays.png").apply(field_image())
    with pytest.raises(PairingError, match="there is no such mask"):
        FieldRule(exclude_mask=tmp_path / "nothing.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(EmptyInputError, match="holds no mask"):
        FieldRule(exclude_mask=tmp_path / "empty").check([field_image()])


def test_something_has_to_be_left(tmp_path: Path) -> None:
    everything = saved(tmp_path / "all.png", (0, 0, 200, 240))
    with pytest.raises(RecordError, match="image 'one': all of it is excluded"):
        FieldRule(exclude_mask=everything).apply(field_image())


def test_a_crop_lies_within_the_image(detector: Detector) -> None:
    with pytest.raises(RecordError, match="image 'one': the crop reaches row 201"):
        analyze([field_image()], detector, field=FieldRule(crop=(1, 0, 200, 240)))
    with pytest.raises(RecordError, match="height and width at least 1"):
        FieldRule(crop=(0, 0, 0, 10))


def test_what_is_left_out_is_stored_with_the_analysis(detector: Detector, tmp_path: Path) -> None:
    found = analyze([field_image(bar=True)], detector, field=FieldRule(crop=(0, 0, 190, 240)))
    again = Analysis.load(found.save(tmp_path / "results.zarr"))
    assert [place.reason for place in again.images[0].excluded] == ["burned-in scale bar", "outside the crop"]
    assert again.images[0].field == found.images[0].field
    assert again.settings["field"] == {"overprints": "leave-out", "crop": [0, 0, 190, 240], "exclude_mask": None}


def test_a_resumed_run_counts_in_another_field(detector: Detector, tmp_path: Path) -> None:
    analyze([field_image()], detector, unfinished=tmp_path)
    seen = len(detector.seen)  # type: ignore[attr-defined]  # the detector of these tests remembers
    again = analyze([field_image()], detector, unfinished=tmp_path, field=FieldRule(crop=(0, 0, 100, 100)))
    assert count(again) == 1 and len(detector.seen) == seen  # type: ignore[attr-defined]
