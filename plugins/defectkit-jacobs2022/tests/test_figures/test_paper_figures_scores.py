from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pytest
import xarray
from defectkit_jacobs2022.artifact import Outcome
from defectkit_jacobs2022.figures import FIGURES
from defectkit_jacobs2022.figures.cross_validation import best_and_worst, figure8
from defectkit_jacobs2022.figures.examples import example_images, figure3
from defectkit_jacobs2022.figures.find import figure2
from defectkit_jacobs2022.figures.learning import CURVES, figure10
from defectkit_jacobs2022.figures.marks import marks
from defectkit_jacobs2022.figures.published import published_note, published_numbers

from defectkit.errors import RecordError, StudyError
from defectkit.records import Taxonomy
from defectkit.reports.numbers import significant
from defectkit.statistics import Bootstrap
from defectkit.studies import bootstrap, headline, select_run


@pytest.fixture(scope="module")
def initial(outcome: Outcome) -> xarray.Dataset:
    return select_run(outcome.result("initial"), 0)


def test_find_scores_are_counts_of_pairs_over_the_threshold(outcome: Outcome, initial: xarray.Dataset) -> None:
    (axes,) = figure2(outcome, n_resamples=40)[""].axes
    lines = {line.get_label(): line for line in axes.lines}
    found = initial["n_found"].values
    n_true, n_predicted = int(initial["n_true"]), int(initial["n_predicted"])
    for label, expected in (
        ("precision", found / n_predicted), ("recall", found / n_true), ("F1", 2 * found / (n_true + n_predicted))
    ):  # fmt: skip
        np.testing.assert_allclose(np.asarray(lines[label].get_ydata()), expected)
        np.testing.assert_allclose(np.asarray(lines[label].get_xdata()), initial["iou_threshold"].values)
    how = Bootstrap(n_resamples=40, level="images-and-defects", confidence=0.95)
    bands = bootstrap(initial, how, statistics=["find_recall"])
    band = np.asarray(axes.collections[1].get_paths()[0].vertices)
    assert band[:, 1].min() == bands["find_recall_low"].min()
    assert band[:, 1].max() == bands["find_recall_high"].max()
    assert axes.get_xlabel() == "IoU threshold (box IoU)"


def test_examples_are_the_best_the_median_and_the_worst(outcome: Outcome, initial: xarray.Dataset) -> None:
    at = initial.sel(iou_threshold=0.3)
    scores = dict(zip(map(str, at["image"].values), at["image_find_f1_score"].values, strict=True))
    chosen = example_images(initial)
    assert list(chosen) == ["best", "median", "worst"]
    ordered = sorted(scores.values())
    assert [scores[name] for name in chosen.values()] == [ordered[4], ordered[2], ordered[0]]
    panels = figure3(outcome)[""].axes
    assert len(panels) == 6
    truth = outcome.data.labels("truth@1")
    predicted = {p.image: p.instances.above(0.1) for p in outcome.predictions("initial", 0)}
    for row, (place, name) in enumerate(chosen.items()):
        left, right = panels[2 * row : 2 * row + 2]
        start = f"{place} F1 {significant(scores[name])}: {name}, "
        assert left.get_title(loc="left") == f"{start}truth ({len(truth[name])})"
        assert right.get_title(loc="left") == f"{start}prediction ({len(predicted[name])})"
        pictures = [np.asarray(axes.images[0].get_array()) for axes in (left, right)]
        assert pictures[0].shape == pictures[1].shape
        assert (pictures[0] != pictures[1]).any()
    blue = np.all(np.asarray(panels[0].images[0].get_array()) == (0x1F, 0x5F, 0xFF), axis=-1)
    assert blue.any()


def test_few_images_are_shown_once_and_none_without_a_defect(initial: xarray.Dataset) -> None:
    two = initial.isel(image=[0, 1])
    assert set(example_images(two)) == {"best", "worst"}
    nothing = initial.assign(image_n_true=initial["image_n_true"] * 0)
    with pytest.raises(StudyError, match="no test image has a true defect"):
        example_images(nothing)


def test_best_and_worst_split_go_by_the_error_of_each_quantity(outcome: Outcome) -> None:
    result = outcome.result("random-cv")
    figure = figure8(outcome)[""]
    for axes, name in zip(figure.axes, ("size_error", "density_error"), strict=True):
        errors = headline(result)[name].values
        splits = [str(split) for split in result["split"].values]
        title = axes.get_title(loc="left")
        assert f"best split, {splits[errors.argmin()]} ({significant(errors.min())} %)" in title
        assert f"worst split, {splits[errors.argmax()]} ({significant(errors.max())} %)" in title
        by_label: dict[str, int] = {}
        for drawn in axes.collections:
            offsets = np.ma.filled(np.ma.asarray(drawn.get_offsets(), float), np.nan)
            count = int((~np.isnan(offsets).any(axis=1)).sum())
            label = str(drawn.get_label())
            by_label[label] = by_label.get(label, 0) + count
        for label, run in (("best split", errors.argmin()), ("worst split", errors.argmax())):
            evaluation = select_run(result, int(run))
            n = evaluation[f"overall_{name.partition('_')[0]}_parity_n"].sel(subset="all").item()
            assert by_label[label] == n
    assert [t.get_text() for t in figure.legends[0].get_texts()][:3] == ["best split", "worst split", "other splits"]


def test_one_defined_error_has_no_best_and_worst() -> None:
    assert best_and_worst(np.array([np.nan, 3.0])) is None
    assert best_and_worst(np.array([100.0, 100.0])) is None


def test_learning_curves_are_scores_over_the_defects_trained_on(outcome: Outcome) -> None:
    panels = figure10(outcome, n_resamples=40)[""].axes
    assert [axes.get_xscale() for axes in panels] == ["linear", "log"]
    for study in CURVES:
        result = outcome.result(study)
        runs = [select_run(result, k) for k in range(result.sizes["run"])]
        counts = result["train_count"]
        for name in ("all", "bdot", "loop_111", "loop_100"):
            axes = panels[0 if name == "all" else 1]
            trained = counts.sel(defect_type=name).values
            variable = "overall_type_f1_score" if name == "all" else "type_f1_score"
            score = np.array(
                [
                    (r[variable] if name == "all" else r[variable].sel(defect_type=name)).sel(iou_threshold=0.3).item()
                    if name in r["defect_type"].values
                    else np.nan
                    for r in runs
                ]
            )
            kept = ~np.isnan(score) & (trained > 0)
            (line,) = [line for line in axes.lines if line.get_gid() == f"{study} {name}"]
            np.testing.assert_allclose(np.asarray(line.get_xdata()), trained[kept])
            np.testing.assert_allclose(np.asarray(line.get_ydata()), score[kept])
            lost = [line for line in axes.lines if line.get_gid() == f"undefined {study} {name}"]
            assert sum(np.size(x.get_xdata()) for x in lost) == (np.isnan(score) & (trained > 0)).sum()
    assert (
        len({line.get_marker() for line in panels[0].lines if str(line.get_gid()).removesuffix(" all") in CURVES}) == 3
    )
    assert "trained on none (not drawn)" in panels[1].get_title(loc="left")


def test_what_was_published_is_marked_by_whose_images_it_is_of(outcome: Outcome) -> None:
    for is_original, words in ((False, "published (other images): find F1"), (True, "published: find F1")):
        about = attrs.evolve(outcome, is_original=is_original)
        assert f"\n{words} at IoU 0.3: about 0.8 (p. 11)" in figure2(about, n_resamples=5)[""].get_supxlabel()
    assert published_note(5, is_original=True) == ""
    pages = [number.page for k in range(2, 16) for number in published_numbers(k)]
    assert pages == sorted(pages)
    assert {pages[0], pages[-1]} == {11, 30}
    rmse = [n for n in published_numbers(9) if n.unit == "nm"]
    assert [str(n.value) for n in rmse] == ["3.20", "6.25"]


@pytest.mark.parametrize(
    "text", ["format = 2\nnumber = []", "format = 1", "format = 1\n[[number]]\nfigure = 2\nstrange = 1", "no toml"]
)
def test_a_file_that_holds_no_published_numbers_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "figures.toml"
    path.write_text(text)
    with pytest.raises(RecordError, match=r"figures\.toml"):
        published_numbers(2, path)


def test_types_differ_in_color_marker_and_hatch() -> None:
    drawn = marks(["bdot", "loop_111", "loop_100", "mine"], Taxonomy.standard())
    named = [drawn[name] for name in ("bdot", "loop_111", "loop_100", "mine")]
    assert [len({getattr(m, what) for m in named}) for what in ("color", "marker", "hatch")] == [4, 4, 4]
    assert drawn["all"].title == "all types"


def test_the_spread_over_conventions_has_a_line_a_combination(outcome: Outcome) -> None:
    figure = FIGURES["conventions"].make(outcome)[""]
    assert len(figure.axes) == 8
    assert all(len(axes.lines) == 5 * 3 * 2 for axes in figure.axes)
    assert "all else as in the convention jacobs2022" in figure.get_supxlabel()
