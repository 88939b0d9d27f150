from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pictures

from defectkit.formats import read_images, write_labels
from defectkit.records import Instances, LabelSet, Prediction
from defectkit.storage import Store, load_results

SHAPE = (48, 64)


def squares(*rows: tuple[int, int, int, str], **columns: Any) -> Instances:
    corners = [[(t, left), (t, left + s), (t + s, left + s), (t + s, left)] for t, left, s, _ in rows]
    return Instances.from_polygons(corners, types=[r[3] for r in rows], shape=SHAPE, **columns)


TRUTH = {"a": squares((2, 2, 8, "bdot"), (20, 20, 12, "loop_111")), "b": squares((10, 10, 10, "bdot")), "c": squares()}
PREDICTED = {
    "a": squares((2, 3, 8, "bdot"), scores=np.array([0.9])),
    "b": squares((10, 10, 10, "loop_111"), (30, 40, 6, "bdot"), scores=np.array([0.8, 0.3])),
    "c": squares(scores=np.zeros(0)),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for name in TRUTH:
        Pictures.fromarray(np.zeros(SHAPE, np.uint8)).save(tmp_path / "images" / f"{name}.png")
    images = read_images(tmp_path / "images")
    for name, instances in (("truth", TRUTH), ("predicted", PREDICTED)):
        write_labels(LabelSet(name=name, instances=instances), tmp_path / f"{name}.json", format="coco", images=images)
    return tmp_path


def evaluated(run, data: Path, *options: object, predicted: str = "predicted.json"):
    return run(
        "evaluate",
        "--truth",
        data / "truth.json",
        "--predicted",
        data / predicted,
        "--images",
        data / "images",
        "-o",
        data / "out",
        *options,
    )


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_evaluate_writes_tables_figures_and_the_store(run, data: Path) -> None:
    result = evaluated(run, data, "--format", "coco", "--pixel-size", "0.5 nm")
    assert result.exit_code == 0, result.output
    names = {path.name for path in (data / "out").iterdir()}
    assert {"find.csv", "types.csv", "confusion.csv", "errors.csv", "evaluation.zarr"} <= names
    assert {"find.png", "confusion.png", "sizes.png", "parity.png"} <= names
    (pooled,) = [r for r in rows(data / "out" / "find.csv") if r["scope"] == "pooled" and r["iou_threshold"] == "0.3"]
    assert [pooled[k] for k in ("n_true", "n_predicted", "n_found")] == ["3", "3", "2"]
    assert "3 images, 3 true and 3 predicted defects" in " ".join(result.output.split())
    stored = load_results(data / "out" / "evaluation.zarr")
    assert stored.attrs["length_unit"] == "nanometer"


def test_without_a_pixel_size_lengths_are_in_pixels(run, data: Path) -> None:
    assert evaluated(run, data).exit_code == 0
    assert {r["units"] for r in rows(data / "out" / "errors.csv") if r["quantity"] == "size"} == {"pixel", ""}
    assert load_results(data / "out" / "evaluation.zarr").attrs["length_unit"] == "pixel"


def test_options_reach_the_evaluation(run, data: Path) -> None:
    result = evaluated(run, data, "--convention", "jacobs2022", "--iou-threshold", 0.85, "--min-score", 0.5)
    assert result.exit_code == 0, result.output
    stored = load_results(data / "out" / "evaluation.zarr")
    assert stored.attrs["convention"] == "jacobs2022"
    assert stored.attrs["iou_threshold"] == 0.85
    assert int(stored.n_predicted) == 2
    assert int(stored.n_found.sel(iou_threshold=0.85)) == 1


def test_stored_predictions_are_found_in_the_folder_of_an_analysis(run, data: Path) -> None:
    store = Store.create(data / "analysis" / "results.zarr")
    store.write_predictions(
        "blob@1",
        (
            Prediction(image=n, instances=i, detector="blob", capped=n == "b", notes=("beware",))
            for n, i in PREDICTED.items()
        ),
    )
    result = evaluated(run, data, "--format", "coco", predicted="analysis")
    assert result.exit_code == 0, result.output
    assert "the detector reached its largest number of detections in: b" in result.stderr
    assert "beware" in result.stderr
    assert int(load_results(data / "out" / "evaluation.zarr").n_found.sel(iou_threshold=0.3)) == 2


def test_a_store_with_several_sets_needs_to_be_told_which(run, data: Path) -> None:
    store = Store.create(data / "sets.zarr")
    store.add_labels(LabelSet(name="new", instances=TRUTH))
    store.add_labels(LabelSet(name="old", instances=PREDICTED))
    result = evaluated(run, data, predicted="sets.zarr")
    assert result.exit_code == 2
    assert "--predicted-set" in result.stderr and "new@1, old@1" in result.stderr
    assert evaluated(run, data, "--predicted-set", "missing@1", predicted="sets.zarr").exit_code == 2
    assert evaluated(run, data, "--predicted-set", "new@1", predicted="sets.zarr").exit_code == 0
    perfect = load_results(data / "out" / "evaluation.zarr")
    assert float(perfect.find_f1_score.sel(iou_threshold=0.95)) == 1.0
    assert evaluated(run, data, "--predicted-set", "new@1").exit_code == 2  # label files hold no sets


def test_images_of_one_side_end_with_status_2_unless_they_may_be_left_out(run, data: Path) -> None:
    fewer = {name: i for name, i in PREDICTED.items() if name != "b"}
    images = read_images(data / "images")
    few_images = {name: image for name, image in images.items() if name != "b"}
    write_labels(LabelSet(name="few", instances=fewer), data / "few.json", format="coco", images=few_images)
    result = evaluated(run, data, predicted="few.json")
    assert result.exit_code == 2
    assert "1 only in the truth: b" in result.stderr and "--allow-partial" in result.stderr
    assert not (data / "out").exists()
    result = evaluated(run, data, "--allow-partial", predicted="few.json")
    assert result.exit_code == 0, result.output
    assert "only in the truth, left out: b" in result.stderr
    assert {r["image"] for r in rows(data / "out" / "find.csv")} == {"", "a", "c"}


def test_labels_without_an_image_end_with_status_2_unless_they_may_be_left_out(run, data: Path) -> None:
    (data / "images" / "b.png").unlink()
    assert evaluated(run, data).exit_code == 2
    result = evaluated(run, data, "--allow-partial")
    assert result.exit_code == 0, result.output
    for side in ("truth", "prediction"):
        assert f"no image is given for these of the {side}, left out: b" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--iou-threshold", 0), "above 0 and at most 1"),
        (("--convention", "jacob"), "no convention is named 'jacob'"),
        (("--predicted-format", "yolo"), "no label format is named 'yolo'"),
        (("--pixel-size", "3"), "--pixel-size"),
    ],
)
def test_bad_options_end_with_status_2_and_write_nothing(
    run, data: Path, options: tuple[object, ...], message: str
) -> None:
    result = evaluated(run, data, *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (data / "out").exists()


def test_mended_labels_are_reported(run, data: Path) -> None:
    crossing = LabelSet(
        name="bow",
        instances={
            **TRUTH,
            "b": Instances.from_polygons([[(10, 10), (20, 20), (10, 20), (20, 10)]], types=["bdot"], shape=SHAPE),
        },
    )
    write_labels(crossing, data / "bow.json", format="coco", images=read_images(data / "images"))
    result = evaluated(run, data, predicted="bow.json")
    assert result.exit_code == 0, result.output
    assert (data / "out" / "repairs_predicted.csv").is_file()
    assert "Prediction: " in result.stderr


def test_metrics_can_be_chosen_and_only_what_they_are_needed_for_is_written(run, data: Path) -> None:
    result = evaluated(run, data, "--metric", "find", "--metric", "errors")
    assert result.exit_code == 0, result.output
    assert {path.name for path in (data / "out").glob("*.*")} - {".defectkit-output.json"} == {
        "find.csv",
        "scores.csv",
        "left_out.csv",
        "intervals.csv",
        "evaluation.zarr",
    }
    text = " ".join(result.output.split())
    assert "3 images, 3 true and 3 predicted defects" in text
    assert "finding" in text and "found defects" in text
    assert "finding and typing" not in text


@pytest.mark.parametrize("metric", ["foreground-fraction", "type", "defect-pairs"])
def test_a_metric_without_scores_of_finding_can_stand_alone(run, data: Path, metric: str) -> None:
    result = evaluated(run, data, "--metric", metric)
    assert result.exit_code == 0, result.output
    assert "true and" not in result.output
    assert (data / "out" / "evaluation.zarr").is_dir()


def test_an_unknown_metric_ends_with_status_2(run, data: Path) -> None:
    result = evaluated(run, data, "--metric", "f1")
    assert result.exit_code == 2
    assert "no metric is named 'f1'" in result.stderr


def test_the_number_of_threads_changes_no_file(run, data: Path) -> None:
    assert evaluated(run, data).exit_code == 0
    alone = {path.name: path.read_bytes() for path in (data / "out").glob("*.csv")}
    assert evaluated(run, data, "--workers", 2).exit_code == 0
    assert {path.name: path.read_bytes() for path in (data / "out").glob("*.csv")} == alone
    assert evaluated(run, data, "--workers", 0).exit_code == 2


def test_one_type_is_no_achievement_of_typing(run, data: Path) -> None:
    result = evaluated(run, data, "--ignore-types")
    assert result.exit_code == 0, result.output
    assert "finding" in result.stdout
    assert "type of found defects" not in result.stdout and "finding and typing" not in result.stdout


def test_types_without_a_shared_one_are_said_and_can_be_named(run, data: Path) -> None:
    result = evaluated(run, data, "--predicted-types", "bdot=cavity,loop_111=precipitate")
    assert result.exit_code == 0, result.output
    assert "no type is on both sides" in result.stderr and "--ignore-types" in result.stderr
    assert "type of found defects" not in result.stdout
    wrong = evaluated(run, data, "--predicted-types", "bdot")
    assert wrong.exit_code == 2 and "TYPE=TYPE" in wrong.stderr


def test_percent_errors_are_shown_with_their_sign(run, data: Path) -> None:
    result = evaluated(run, data)
    (size,) = [line for line in result.stdout.splitlines() if line.strip().startswith("density")]
    assert "(" in size and ("+" in size or "-" in size)
    rows = list(csv.DictReader((data / "out" / "errors.csv").read_text(encoding="utf-8").splitlines()))
    signed = [(float(r["percent_error"]), float(r["signed_percent_error"])) for r in rows if r["signed_percent_error"]]
    pooled = [r for r in rows if r["scope"] == "pooled" and r["signed_percent_error"] and r["defect_type"] != "overall"]
    assert signed and all(abs(float(r["signed_percent_error"])) == float(r["percent_error"]) for r in pooled)
    assert any(float(r["signed_percent_error"]) < 0 for r in pooled)


def test_a_results_list_has_the_ids_of_the_truth_it_is_compared_with(run, data: Path) -> None:
    document = json.loads((data / "predicted.json").read_text())
    rows = [
        {key: row[key] for key in ("image_id", "category_id", "segmentation")} | {"score": 0.9}
        for row in document["annotations"]
    ]
    (data / "results.json").write_text(json.dumps(rows))
    shutil.copy(data / "predicted.json", data / "truth.json")
    result = evaluated(run, data, predicted="results.json")
    assert result.exit_code == 0, result.output
    assert f"{len(rows)} true and {len(rows)} predicted defects" in " ".join(result.stdout.split())
    other = data / "other.json"
    other.write_text(json.dumps(document | {"images": []}))
    named = evaluated(run, data, "--predicted-format-option", f"truth={other}", predicted="results.json")
    assert named.exit_code == 2


def test_what_lies_outside_the_crop_or_in_a_mask_is_not_scored(run, data: Path) -> None:
    mask = np.zeros(SHAPE, np.uint8)
    mask[18:] = 255
    Pictures.fromarray(mask).save(data / "mask.png")
    for options in (("--crop", "0,0,18,64"), ("--exclude-mask", data / "mask.png")):
        result = evaluated(run, data, *options, "--overwrite")
        assert result.exit_code == 0, result.output
        assert "1 true and 1 predicted defects lie where nothing counts" in " ".join(result.stderr.split())
        stored = load_results(data / "out" / "evaluation.zarr")
        assert (int(stored["n_true"]), int(stored["n_predicted"])) == (2, 2)
    assert evaluated(run, data, "--crop", "0,0,180,64", "--overwrite").exit_code == 2


def test_a_scale_bar_that_was_found_is_no_false_find(run, data: Path) -> None:
    rng = np.random.default_rng(1)
    for name in TRUTH:
        pixels = rng.integers(90, 160, (256, 256)).astype(np.uint8)
        pixels[236:242, 170:240] = 255
        Pictures.fromarray(pixels).save(data / "images" / f"{name}.png")
    images = read_images(data / "images")
    corners = [(236, 170), (236, 240), (242, 240), (242, 170)]
    bar = Instances.from_polygons([corners], types=["bdot"], shape=(256, 256))
    none = Instances.empty((256, 256))
    for name, sides in (("truth", (none, none, none)), ("predicted", (bar, bar, none))):
        labels = LabelSet(name=name, instances=dict(zip(TRUTH, sides, strict=True)))
        write_labels(labels, data / f"{name}.json", format="coco", images=images)
    for options, n in (((), 0), (("--include-overprints",), 2)):
        assert evaluated(run, data, *options, "--overwrite").exit_code == 0
        assert int(load_results(data / "out" / "evaluation.zarr")["n_predicted"]) == n
