from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np
import pytest

from defectkit.detectors import detect
from defectkit.detectors.blob import RULE_SETS, Blob, Contrast, Interior, TypeRule, detector as blob_detector
from defectkit.detectors.blob.rules import type_by_rules, type_rules, types_of
from defectkit.errors import (
    DetectionCapWarning,
    DetectorError,
    MissingCalibrationError,
    OutputError,
    RecordError,
    UnitError,
    UnknownNameError,
)
from defectkit.geometry.moments import equivalent_diameters
from defectkit.geometry.overlap import mask_iou
from defectkit.records import Calibration, Image, Instances
from defectkit.testing import DetectorSuite
from defectkit.testing.synthetic import Acquisition, synthetic_dataset, synthetic_micrograph

NM = 0.5
"""Edge of a pixel in the drawn images."""


def distances(shape, row, col):
    r, c = np.ogrid[: shape[0], : shape[1]]
    return np.hypot(r + 0.5 - row, c + 0.5 - col)


def picture(draw, *, shape=(200, 200), nm=NM, noise=4.0, seed=0, level=160.0) -> Image:
    """An image with ``draw(shape)`` taken off a flat, noisy background."""
    pixels = level - draw(shape) + np.random.default_rng(seed).normal(0, noise, shape)
    return Image.from_array("drawn", np.clip(pixels, 0, 255).astype(np.uint8), pixel_size=f"{nm} nm/px")


def find(detector: Blob, image: Image) -> Instances:
    (prediction,) = detect(detector, [image])
    return prediction.instances


def find_clear(detector: Blob, image: Image) -> Instances:
    """What stands out by more than the darkest specks of mere noise do."""
    found = find(detector, image)
    return found.take(found.scores > 0.6)


@pytest.mark.parametrize("diameter_nm", [4.0, 6.0, 10.0, 20.0, 35.0])
def test_a_disc_is_found_with_its_size(diameter_nm):
    radius = diameter_nm / 2 / NM
    found = find(Blob(), picture(lambda s: 70.0 * (distances(s, 90.3, 110.7) < radius)))
    assert len(found) == 1
    assert equivalent_diameters(found.runs, (NM, NM))[0] == pytest.approx(diameter_nm, rel=0.1)


def test_an_image_without_contrast_holds_nothing():
    for level in (0, 128):
        image = Image.from_array("flat", np.full((64, 80), level, np.uint8), pixel_size="0.5 nm/px")
        found = find(Blob(), image)
        assert (len(found), found.shape) == (0, (64, 80))


def test_the_fainter_the_lower_the_score():
    scores = [
        find(Blob(), picture(lambda s, d=depth: d * (distances(s, 99, 99) < 10))).scores[0] for depth in (20, 40, 80)
    ]
    assert scores == sorted(scores)
    assert 0 < scores[0] < scores[-1] < 1


def test_an_open_loop_is_one_filled_ellipse():
    found = find_clear(Blob(rules="fecral"), picture(lambda s: 70.0 * (np.abs(distances(s, 100, 95) - 30) < 2.5)))
    assert found.type_names == ("loop_111",)
    assert equivalent_diameters(found.runs, (NM, NM))[0] == pytest.approx(65 * NM, rel=0.05)
    assert found[0].mask()[100, 95]


def test_a_double_edge_is_one_loop_of_another_type():
    def draw(shape):
        d = distances(shape, 100, 95)
        return 70.0 * ((np.abs(d - 40) < 2.5) | (np.abs(d - 30) < 2.5))

    found = find_clear(Blob(rules="fecral"), picture(draw))
    assert found.type_names == ("loop_100",)
    assert equivalent_diameters(found.runs, (NM, NM))[0] == pytest.approx(85 * NM, rel=0.05)


def test_a_loop_has_its_size_in_a_frame_it_almost_fills():
    sizes = [
        equivalent_diameters(
            find_clear(
                Blob(), picture(lambda s: 70.0 * (np.abs(distances(s, s[0] / 2, s[1] / 2) - 30) < 2.5), shape=shape)
            ).runs,
            (NM, NM),
        ).tolist()
        for shape in ((76, 76), (300, 300))
    ]
    assert sizes == [[pytest.approx(65 * NM, rel=0.05)]] * 2


def test_two_loops_that_cross_are_two():
    def draw(shape):
        return 70.0 * np.maximum(
            np.abs(distances(shape, 100, 75) - 30) < 2.5, np.abs(distances(shape, 100, 120) - 30) < 2.5
        )

    found = find_clear(Blob(), picture(draw))
    assert len(found) == 2
    assert equivalent_diameters(found.runs, (NM, NM)) == pytest.approx([65 * NM, 65 * NM], rel=0.06)


def test_a_dot_inside_a_loop_is_found_beside_the_loop():
    def draw(shape):
        d = distances(shape, 100, 95)
        return 70.0 * ((np.abs(d - 40) < 2.5) | (distances(shape, 110, 100) < 7))

    assert sorted(find(Blob(rules="fecral"), picture(draw)).type_names) == ["bdot", "loop_111"]


def test_touching_discs_are_parted():
    def draw(shape):
        return 70.0 * ((distances(shape, 100, 90) < 12) | (distances(shape, 100, 112) < 12))

    found = find(Blob(), picture(draw))
    assert len(found) == 2
    assert equivalent_diameters(found.runs, (NM, NM)) == pytest.approx([12.0, 12.0], rel=0.12)


def test_a_dislocation_line_is_left_out_but_a_dot_on_it_is_not():
    def line(shape):
        row = np.arange(shape[0])[:, None] + 0.5
        col = np.arange(shape[1])[None, :] + 0.5
        return 70.0 * (np.abs(row - 100 - 15 * np.sin(col / 40)) < 3)

    assert len(find(Blob(), picture(line, shape=(200, 400)))) == 0
    on_line = picture(lambda s: np.maximum(line(s), 90.0 * (distances(s, 100, 126) < 13)), shape=(200, 400))
    (box,) = find(Blob(), on_line).boxes
    assert box[0] < 100 < box[2]
    assert box[1] < 126 < box[3]


def test_an_edge_on_loop_is_short_enough_to_be_one():
    def draw(shape):
        r, c = np.ogrid[: shape[0], : shape[1]]
        return 70.0 * (((r - 100) / 5) ** 2 + ((c - 100) / 25) ** 2 < 1)

    assert find(Blob(rules="fecral"), picture(draw)).type_names == ("loop_100",)
    assert len(find(Blob(max_elongation=3.0), picture(draw))) == 0


def test_an_uneven_background_is_taken_off():
    def draw(shape):
        slope = np.linspace(0, 90, shape[1])[None, :] * np.ones((shape[0], 1))
        return slope + 40.0 * (distances(shape, 100, 60) < 10) + 40.0 * (distances(shape, 100, 150) < 10)

    assert len(find(Blob(), picture(draw))) == 2


def test_bright_defects_are_dark_ones_of_the_inverted_image():
    image = picture(lambda s: 70.0 * (distances(s, 99, 99) < 10))
    inverted = Image.from_array("drawn", 255 - image.pixels, calibration=image.calibration)
    assert len(find(Blob(), inverted)) == 0
    bright, dark = find(Blob(contrast="bright"), inverted), find(Blob(contrast=Contrast.DARK), image)
    assert (len(bright), bright.runs) == (1, dark.runs)
    assert bright.scores == pytest.approx(dark.scores, rel=1e-4)


@pytest.mark.parametrize("nm", [0.15, 0.3, 0.75])
def test_options_mean_the_same_at_every_magnification(nm):
    side = round(100 / nm)

    def draw(shape):
        small, medium, large = ((20, 20, 1.5), (60, 40, 6.0), (40, 75, 16.0))
        return sum(70.0 * (distances(shape, r / nm, c / nm) < d / 2 / nm) for r, c, d in (small, medium, large))

    found = find(Blob(min_diameter="4 nm", max_solid_width="12 nm"), picture(draw, shape=(side, side), nm=nm, noise=2))
    (box,) = found.boxes * nm
    assert (box[0] + box[2]) / 2 == pytest.approx(60, abs=1)
    assert equivalent_diameters(found.runs, (nm, nm))[0] == pytest.approx(6.0, rel=0.12)


def test_pixels_need_not_be_square():
    calibration = Calibration(pixel_size_y="0.5 nm/px", pixel_size_x="1 nm/px")
    shape = (200, 100)
    r, c = np.ogrid[: shape[0], : shape[1]]
    disc = np.hypot((r + 0.5) * 0.5 - 50, (c + 0.5) - 50) < 8
    pixels = 160 - 70.0 * disc + np.random.default_rng(0).normal(0, 4, shape)
    found = find(Blob(), Image.from_array("flat", pixels, calibration=calibration))
    assert len(found) == 1
    assert equivalent_diameters(found.runs, (0.5, 1.0))[0] == pytest.approx(16, rel=0.1)
    assert mask_iou(found.runs, Instances.from_masks([disc], types=["x"], shape=shape).runs)[0, 0] > 0.8


def test_an_image_without_pixel_size_is_an_error_that_says_what_to_give():
    with pytest.raises(MissingCalibrationError, match=r"'bare'.*pixel_size="):
        find(Blob(), Image.from_array("bare", np.zeros((20, 20))))


def test_pixels_that_are_not_finite_are_an_error():
    pixels = np.full((20, 20), 1.0)
    pixels[3, 3] = np.nan
    with pytest.raises(DetectorError, match=r"'hurt'.*not finite"):
        find(Blob(), Image.from_array("hurt", pixels, pixel_size="1 nm/px"))


def test_too_coarse_an_image_is_noted():
    (prediction,) = detect(Blob(), [picture(lambda s: np.zeros(s), nm=2.0)])
    assert prediction.notes[0].startswith("the smallest diameter asked for, 3 nm, is 1.5 pixels")
    (prediction,) = detect(Blob(), [picture(lambda s: np.zeros(s), nm=1.5)])
    assert prediction.notes == ()


def test_noise_alone_gives_next_to_nothing():
    images, _ = synthetic_dataset(9, 3, shape=(512, 512), counts={}, n_lines=0)
    assert sum(len(p.instances) for p in detect(Blob(), images.values())) <= 3


def test_the_cap_keeps_the_highest_scores_and_is_loud():
    def draw(shape):
        return sum(
            depth * (distances(shape, 100, 40 * k) < 8) for k, depth in enumerate((30.0, 90.0, 50.0, 70.0), start=1)
        )

    image = picture(draw)
    everything = find(Blob(), image)
    assert len(everything) == 4
    with pytest.warns(DetectionCapWarning, match="limit of 2"):
        (prediction,) = detect(Blob(max_detections=2), [image])
    assert prediction.capped
    assert sorted(prediction.instances.scores) == sorted(everything.scores)[2:]


def f1_and_types(images, truth, detector) -> tuple[float, float]:
    matched = typed = n_found = n_true = 0
    for prediction in detect(detector, images.values()):
        expected, found = truth[prediction.image], prediction.instances
        iou = mask_iou(expected.runs, found.runs)
        for i, j in np.argwhere((iou > 0.5) & (iou == iou.max(axis=1, keepdims=True))):
            matched += 1
            typed += expected.type_names[i].startswith(found.type_names[j])
        n_found, n_true = n_found + len(found), n_true + len(expected)
    return 2 * matched / (n_found + n_true), typed / matched


def test_synthetic_micrographs_are_read_well():
    images, truth = synthetic_dataset(31, 3, shape=(768, 768))
    f1_score, typed = f1_and_types(images, truth, Blob(rules="fecral"))
    assert f1_score > 0.8
    assert typed > 0.9


def test_sixteen_bits_and_floats_give_what_eight_bits_give():
    image, _ = synthetic_micrograph(3, shape=(256, 256), acquisition=Acquisition(bits=8))
    wide = Image.from_array(image.name, image.pixels.astype(np.uint16) * 257, calibration=image.calibration)
    real = Image.from_array(image.name, image.pixels / 255.0 - 0.5, calibration=image.calibration)
    for other in (wide, real):
        assert find(Blob(), other).runs == find(Blob(), image).runs


def test_real_frames_of_steel_are_read_to_some_degree(steel_frames):
    import json

    from PIL import Image as Picture

    labels = json.loads((steel_frames / "clean.json").read_text())
    truth, images = {}, {}
    for entry in labels["images"][:4]:
        name = entry["file_name"]
        pixels = np.asarray(Picture.open(steel_frames / "imgs" / name).convert("L"))
        images[name] = Image.from_array(name, pixels, pixel_size="0.390625 nm/px")
        rings = [a["segmentation"][0] for a in labels["annotations"] if a["image_id"] == entry["id"]]
        vertices = [np.array(ring, float).reshape(-1, 2)[:, ::-1] for ring in rings]
        truth[name] = Instances.from_polygons(vertices, types=["loop"] * len(vertices), shape=pixels.shape)
    matched = n_found = n_true = 0
    for prediction in detect(Blob(), images.values()):
        iou = mask_iou(truth[prediction.image].runs, prediction.instances.runs)
        matched += int((iou > 0.3).any(axis=1).sum())
        n_found, n_true = n_found + iou.shape[1], n_true + iou.shape[0]
    assert 2 * matched / (n_found + n_true) > 0.35


def test_without_rules_there_is_one_type():
    assert Blob().capability.types == ("defect",)
    assert find(Blob(), picture(lambda s: 70.0 * (distances(s, 99, 99) < 10))).type_names == ("defect",)


def test_rules_hold_in_order_and_what_none_fits_is_a_defect():
    rules = type_rules(
        [
            {"type": "void", "max_diameter": "10 nm", "interior": "solid"},
            TypeRule(type="needle", min_elongation=4, max_elongation=9),
            TypeRule(type="ring", interior=("hollow", Interior.DOUBLE_EDGE), min_diameter="20 nm"),
        ]
    )
    assert types_of(rules) == ("void", "needle", "ring", "defect")
    cases = [
        (10, 5, "solid", "void"),
        (11, 5, "solid", "needle"),
        (30, 1, "double edge", "ring"),
        (19, 1, "hollow", "defect"),
        (11, 9.5, "solid", "defect"),
    ]
    for diameter, elongation, interior, expected in cases:
        assert type_by_rules(rules, diameter, elongation, Interior(interior)) == expected


def test_rules_that_fit_everything_leave_no_untyped_defect():
    assert Blob(rules="fecral").capability.types == ("loop_100", "loop_111", "bdot")
    assert Blob(rules=[TypeRule(type="void")]).capability.types == ("void",)


def test_faulty_rules_are_refused():
    with pytest.raises(RecordError, match=r"'void' fits everything, so 'needle' after it never fits"):
        type_rules([TypeRule(type="void"), TypeRule(type="needle")])
    with pytest.raises(UnknownNameError, match="no set of type rules is named 'fecrl'; did you mean 'fecral'"):
        Blob(rules="fecrl")
    with pytest.raises(RecordError, match=r"is no rule.*size"):
        type_rules([{"type": "void", "size": "3 nm"}])
    with pytest.raises(RecordError, match=r"is no rule.*hollo"):
        type_rules([{"type": "void", "interior": "hollo"}])


@pytest.mark.parametrize(
    ("options", "error", "fault"),
    [
        ({"min_diameter": "50 nm"}, DetectorError, "must be positive and rise"),
        ({"min_diameter": "0 nm"}, DetectorError, "must be positive and rise"),
        ({"max_solid_width": "200 nm"}, DetectorError, "must be positive and rise"),
        ({"background_scale": "5 nm"}, DetectorError, "at least twice the min_diameter"),
        ({"min_diameter": "3"}, UnitError, "not a number with a unit"),
        ({"min_diameter": "3 px"}, UnitError, "cannot be converted"),
        ({"contrast": "grey"}, ValueError, "grey"),
        ({"edge_level": 1.0}, ValueError, "edge_level"),
        ({"max_detections": 0}, ValueError, "max_detections"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, error, fault):
    with pytest.raises(error, match=fault):
        Blob(**options)


def test_the_card_says_how_types_are_told_apart():
    card = Blob(rules="fecral", min_diameter="2 nm").card()
    assert card.types == ("loop_100", "loop_111", "bdot")
    assert "bdot (max_diameter 20.0 nanometer, interior solid)" in card.description
    assert card.settings["min_diameter"] == "2.0 nanometer"
    assert set(card.settings) == {field.name for field in attrs.fields(Blob)}
    assert all(rule.type in card.types for rule in RULE_SETS["fecral"])


def test_options_are_saved_and_loaded(tmp_path):
    blob = Blob(min_diameter="2 nm", contrast="bright", rules=[{"type": "void", "interior": "solid"}], max_detections=7)
    blob.save(tmp_path / "blob")
    assert Blob.load(tmp_path / "blob") == blob
    assert (tmp_path / "blob" / "CARD.md").read_text().startswith("# blob 1\n")
    with pytest.raises(OutputError, match="already holds"):
        blob.save(tmp_path / "blob")


def test_folders_of_others_are_refused(tmp_path):
    with pytest.raises(DetectorError, match="does not hold a saved detector"):
        Blob.load(tmp_path)
    (tmp_path / "detector.json").write_text('{"detector": "net", "options": {}}')
    with pytest.raises(DetectorError, match="holds the detector 'net', not 'blob'"):
        Blob.load(tmp_path)
    (tmp_path / "detector.json").write_text('{"detector": "blob", "options": {"min_size": 3}}')
    with pytest.raises(DetectorError, match="no option 'min_size'"):
        Blob.load(tmp_path)
    (tmp_path / "detector.json").write_text("[]")
    with pytest.raises(DetectorError, match="does not hold a saved detector"):
        Blob.load(tmp_path)


@pytest.mark.parametrize("pixel_size", ["0.5 um/px", "51 nm/px"])
def test_sizes_below_a_pixel_of_the_image_are_refused(pixel_size):
    image = Image.from_array("coarse", np.full((64, 80), 100, np.uint8), pixel_size=pixel_size)
    with pytest.raises(DetectorError, match=r"max_diameter = 100 nm, is .* of the image's pixels"):
        list(detect(Blob(), [image]))


class TestBlobWithRules(DetectorSuite):
    """What every detector must do, where types are told apart."""

    cls = Blob
    options: ClassVar = {"rules": "fecral", "min_diameter": "4 nm"}


def test_a_large_image_is_analysed_in_tiles_and_gives_the_same(monkeypatch):
    image, _ = synthetic_micrograph(5, shape=(700, 900), counts={"bdot": 40}, n_lines=0)
    [whole] = detect(Blob(max_diameter="40 nm"), [image])
    monkeypatch.setattr(blob_detector, "UNTILED_PIXELS", 200_000)
    monkeypatch.setattr(blob_detector, "TILE", 400)
    [tiled] = detect(Blob(max_diameter="40 nm"), [image])
    assert "tile" not in whole.settings
    assert tiled.settings["tile"] == 400
    matched = mask_iou(whole.instances.runs, tiled.instances.runs).max(axis=1) > 0.8
    assert matched.mean() > 0.95
    assert len(tiled.instances) == pytest.approx(len(whole.instances), abs=2)


def test_the_limit_on_detections_holds_for_a_large_image_as_a_whole(monkeypatch):
    image, _ = synthetic_micrograph(5, shape=(700, 900), counts={"bdot": 40}, n_lines=0)
    monkeypatch.setattr(blob_detector, "UNTILED_PIXELS", 200_000)
    monkeypatch.setattr(blob_detector, "TILE", 400)
    [every] = detect(Blob(max_diameter="40 nm"), [image])
    with pytest.warns(DetectionCapWarning):
        [best] = detect(Blob(max_diameter="40 nm", max_detections=5), [image])
    assert len(best.instances) == 5
    assert best.capped
    assert best.settings["max_detections"] == 5
    assert best.instances.scores.min() >= np.sort(every.instances.scores)[-5]


@pytest.mark.parametrize("shape", [(3, 4096), (4096, 3), (1, 1), (1, 500), (2, 2)])
def test_odd_shapes_are_analysed(shape):
    pixels = np.random.default_rng(0).normal(150, 4, shape).astype(np.uint8)
    found = find(Blob(), Image.from_array("odd", pixels, pixel_size="0.5 nm"))
    assert found.shape == shape
    assert len(found) <= max(shape) // 400


@pytest.mark.parametrize("value", [0, 200, 255])
def test_an_image_of_one_value_holds_nothing(value):
    image = Image.from_array("flat", np.full((300, 300), value, np.uint8), pixel_size="0.5 nm")
    assert len(find(Blob(), image)) == 0
