from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray
from matplotlib.patches import StepPatch
from PIL import Image as Pictures

from defectkit.errors import OutputError
from defectkit.metrics import Find, Metric, Variable
from defectkit.records import Image, Instances
from defectkit.reports.evaluation import FIGURES, STORE, TABLES, write_evaluation
from defectkit.reports.evaluation_plots import confusion_figure, find_figure, histogram_figure, parity_figure
from defectkit.reports.evaluation_tables import (
    confusion_csv,
    errors_csv,
    find_csv,
    pairs_csv,
    scores_csv,
    types_csv,
)
from defectkit.storage import load_results
from defectkit.workflows import evaluate

SHAPE = (48, 64)
Rows = list[dict[str, str]]


def squares(*rows: tuple[int, int, int, str], **columns: Any) -> Instances:
    masks = np.zeros((len(rows), *SHAPE), bool)
    for mask, (top, left, side, _) in zip(masks, rows, strict=True):
        mask[top : top + side, left : left + side] = True
    return Instances.from_masks(masks, types=[r[3] for r in rows], shape=SHAPE, **columns)


TRUTH = {
    "a": squares((2, 2, 8, "bdot"), (2, 20, 8, "bdot"), (30, 30, 12, "loop_111")),
    "b": squares((10, 10, 10, "bdot")),
    "c": squares(),
}
PREDICTED = {
    "a": squares((2, 2, 8, "bdot"), (2, 20, 8, "loop_111"), scores=np.array([0.9, 0.8])),
    "b": squares((10, 12, 10, "bdot"), (40, 40, 6, "bdot"), scores=np.array([0.7, 0.6])),
    "c": squares(scores=np.zeros(0)),
}


@pytest.fixture(scope="module")
def result() -> xarray.Dataset:
    images = [Image.from_array(name, np.zeros(SHAPE), pixel_size="0.5 nm/px") for name in TRUTH]
    return evaluate(TRUTH, PREDICTED, images)


@pytest.fixture(scope="module")
def empty() -> xarray.Dataset:
    nothing = {"a": squares(), "b": squares()}
    return evaluate(nothing, nothing)


def rows_of(text: str) -> Rows:
    return list(csv.DictReader(io.StringIO(text)))


def only(rows: Rows, **wanted: str) -> dict[str, str]:
    (row,) = [r for r in rows if all(r[k] == v for k, v in wanted.items())]
    return row


def test_find_has_the_sweep_pooled_averaged_and_of_each_image(result: xarray.Dataset) -> None:
    rows = rows_of(find_csv(result))
    assert len(rows) == 19 * (2 + 3)
    pooled = only(rows, scope="pooled", iou_threshold="0.3")
    assert [pooled[k] for k in ("n_true", "n_predicted", "n_found", "f1_score")] == ["4", "4", "3", "0.75"]
    averaged = only(rows, scope="averaged", iou_threshold="0.3")
    assert float(averaged["precision"]) == pytest.approx(2.5 / 3)
    assert averaged["n_undefined_precision"] == "0"
    image = only(rows, scope="image", image="b", iou_threshold="0.95")
    assert [image[k] for k in ("n_true", "n_predicted", "n_found", "recall")] == ["1", "2", "0", "0.0"]


def test_types_have_every_type_all_and_overall(result: xarray.Dataset) -> None:
    rows = rows_of(types_csv(result))
    assert len(rows) == 19 * 4
    overall = only(rows, iou_threshold="0.3", defect_type="overall")
    assert float(overall["type_f1_score"]) == pytest.approx(0.4)
    assert overall["n_undefined_type_recall"] == "1"
    assert only(rows, iou_threshold="0.3", defect_type="loop_111")["type_recall"] == ""
    assert only(rows, iou_threshold="0.3", defect_type="all")["type_kappa"] == "0.0"


def test_confusion_is_the_matrix_at_the_threshold(result: xarray.Dataset) -> None:
    lines = confusion_csv(result).split()
    assert lines[0] == "iou_threshold,true_type,bdot,loop_111,background"
    assert lines[1:] == ["0.3,bdot,2,1,0", "0.3,loop_111,0,0,1", "0.3,background,1,0,0"]


def test_errors_are_pooled_averaged_and_of_each_image(result: xarray.Dataset) -> None:
    rows = rows_of(errors_csv(result))
    assert len(rows) == 3 * 2 * (2 * (3 + 1) + 3 * 3)
    dots = only(rows, quantity="size", subset="all", scope="pooled", defect_type="bdot")
    assert float(dots["percent_error"]) == pytest.approx(100 * 2 / 26)
    assert (dots["n_true"], dots["n_predicted"], dots["units"], dots["without_value"]) == ("3", "3", "nanometer", "0")
    assert float(dots["true"]) == pytest.approx(2 * (26 / 3) / np.sqrt(np.pi) * 0.5)
    averaged = only(rows, quantity="size", subset="all", scope="averaged", defect_type="bdot")
    assert float(averaged["percent_error"]) == pytest.approx(10.0)
    assert averaged["n_undefined"] == "1"
    assert float(averaged["percent_error_sd"]) == pytest.approx(np.std([0, 20], ddof=1))
    image = only(rows, quantity="density", subset="all", scope="image", image="b", defect_type="bdot")
    assert float(image["percent_error"]) == pytest.approx(100)
    assert image["units"] == "1 / nanometer ** 2"
    overall = only(rows, quantity="shape", subset="found", scope="pooled", defect_type="overall")
    assert overall["n_undefined"] == "1"
    undefined = only(rows, quantity="size", subset="all", scope="image", image="c", defect_type="all")
    assert (undefined["percent_error"], undefined["n_true"]) == ("", "0")


def test_scores_are_all_other_figures_once(result: xarray.Dataset) -> None:
    rows = rows_of(scores_csv(result))
    names = {row["name"] for row in rows}
    assert {"average_precision_50", "panoptic_quality", "foreground_iou", "overall_size_parity_r2"} <= names
    assert not names & {"find_f1_score", "size_error", "true_size", "n_true", "averaged_size_error_sd", "confusion"}
    distance = only(rows, name="size_earth_movers_distance", subset="all", defect_type="bdot")
    expected = result.size_earth_movers_distance.sel(subset="all", defect_type="bdot")
    assert (float(distance["value"]), distance["units"]) == (float(expected), "nanometer")
    places = [(row["name"], row["subset"], row["defect_type"]) for row in rows]
    assert len(set(places)) == len(places)


def test_pairs_have_a_row_for_each_pair_miss_and_false_find(result: xarray.Dataset) -> None:
    rows = rows_of(pairs_csv(result))
    assert [(r["image"], r["outcome"]) for r in rows] == [
        ("a", "found"),
        ("a", "found"),
        ("a", "missed"),
        ("b", "found"),
        ("b", "false find"),
    ]
    assert (rows[1]["true_type"], rows[1]["predicted_type"], rows[1]["predicted_score"]) == ("bdot", "loop_111", "0.8")
    assert float(rows[3]["iou"]) == pytest.approx(80 / 120)
    assert (rows[2]["predicted_id"], rows[4]["true_id"]) == ("", "")
    assert float(rows[0]["true_size_nm"]) == pytest.approx(8 / np.sqrt(np.pi))


def test_the_folder_holds_all_of_it(result: xarray.Dataset, tmp_path: Path) -> None:
    written = write_evaluation(result, tmp_path / "out")
    assert {path.name for path in written} == {*TABLES, *FIGURES, STORE}
    for name in FIGURES:
        with Pictures.open(tmp_path / "out" / name) as picture:
            assert min(picture.size) > 300
    again = load_results(tmp_path / "out" / STORE)
    assert isinstance(again, xarray.Dataset)
    assert float(again.find_f1_score.sel(iou_threshold=0.3)) == 0.75
    assert again.attrs["convention"] == "defectkit"
    assert again.true_size.attrs["units"] == "nanometer"
    assert again.true_defect_type.values.tolist() == result.true_defect_type.values.tolist()


def test_an_evaluation_without_a_defect_is_written_too(empty: xarray.Dataset, tmp_path: Path) -> None:
    assert len(write_evaluation(empty, tmp_path)) == len(TABLES) + len(FIGURES) + 1
    assert rows_of((tmp_path / "pairs.csv").read_text()) == []


def test_only_what_the_metrics_allow_is_written(tmp_path: Path) -> None:
    result = evaluate(TRUTH, PREDICTED, metrics=[Find()])
    assert {p.name for p in write_evaluation(result, tmp_path)} == {
        "find.csv",
        "scores.csv",
        "left_out.csv",
        STORE,
    }


class FoundByThreshold(Metric):
    """A metric of somebody's own: pairs at each threshold, and defects of each image."""

    name = "found-by-threshold"
    description = "Pairs."

    def sums(self, units):
        return {"true": units.over_true()}

    def values(self, totals):
        comparison = totals.units.comparison
        pairs = np.array([len(matching.truth) for matching in comparison.matchings], float)
        return {
            "pairs": Variable(dims=("iou_threshold",), values=pairs[np.newaxis], long_name="pairs", has_interval=False),
            "image_defects": Variable(dims=("image",), values=totals.of_images("true"), long_name="defects"),
        }


def test_what_a_metric_of_a_plugin_says_of_images_and_thresholds_is_written(tmp_path: Path) -> None:
    result = evaluate(TRUTH, PREDICTED, metrics=[Find(), FoundByThreshold()], iou_thresholds=[0.3, 0.5])
    assert tmp_path / "further.csv" in write_evaluation(result, tmp_path)
    rows = rows_of((tmp_path / "further.csv").read_text())
    found = [(row["name"], row["iou_threshold"], row["image"], float(row["value"])) for row in rows]
    assert found == [
        ("pairs", "0.3", "", 3.0),
        ("pairs", "0.5", "", 3.0),
        ("image_defects", "", "a", 3.0),
        ("image_defects", "", "b", 1.0),
        ("image_defects", "", "c", 0.0),
    ]
    assert result["pairs"].attrs["metric"] == "found-by-threshold"


def test_a_folder_that_cannot_be_made_is_an_error(result: xarray.Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_evaluation(result, tmp_path / "file" / "out")


def test_the_find_figure_draws_the_scores_over_the_thresholds(result: xarray.Dataset) -> None:
    left, _ = find_figure(result).axes
    lines = {line.get_label(): line for line in left.lines}
    assert np.asarray(lines["recall"].get_ydata()).tolist() == result.find_recall.values.tolist()
    assert np.asarray(lines["F1"].get_xdata()).tolist() == result.iou_threshold.values.tolist()


def test_every_figure_says_how_it_was_made(result: xarray.Dataset) -> None:
    for figure in (
        find_figure(result),
        confusion_figure(result),
        histogram_figure(result, "size"),
        parity_figure(result),
    ):
        assert "convention defectkit, found at IoU 0.3, 3 images" in figure.get_suptitle()


def test_the_confusion_figure_shows_the_counts(result: xarray.Dataset) -> None:
    (axes,) = confusion_figure(result).axes
    assert [text.get_text() for text in axes.texts] == ["2", "1", "0", "0", "0", "1", "1", "0"]


def test_histograms_drop_nothing() -> None:
    sizes = [2, 3, 4, 5, 6, 7, 30]
    labels = {"a": squares(*((0, 0, s, "bdot") for s in sizes))}
    images = [Image.from_array("a", np.zeros(SHAPE), pixel_size="2 nm/px")]
    figure = histogram_figure(evaluate(labels, labels, images), "size")
    assert len(figure.axes) == 2  # one type: all types together would be the same
    for axes in figure.axes:
        for steps in axes.patches[:2]:
            assert isinstance(steps, StepPatch)
            values, *_ = steps.get_data()
            assert values.sum() == len(sizes)
        assert [text.get_text() for text in axes.texts] == [">18"]


def test_the_parity_figure_has_a_point_for_each_image_and_type(result: xarray.Dataset) -> None:
    figure = parity_figure(result)
    points = figure.axes[0].collections
    assert [np.isfinite(c.get_offsets()).all(axis=1).sum() for c in points] == [2, 1]
    assert figure.axes[0].get_title().startswith("3 points")
    density = figure.axes[4].collections
    assert [len(np.asarray(c.get_offsets())) for c in density] == [3, 3]
