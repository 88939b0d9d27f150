from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import xarray

from defectkit.conventions import DEFECTKIT, JACOBS2022
from defectkit.errors import StudyError, UnknownMatcherError
from defectkit.records import Image, Instances, LabelSet
from defectkit.studies import convention_figure, convention_table, explore_conventions
from defectkit.studies.conventions.table import STATISTICS
from defectkit.workflows import evaluate

Scene = tuple[dict[str, Image], LabelSet]


@pytest.fixture(scope="module")
def exploration(scene: Scene, model: Callable[[int], dict[str, Instances]]) -> xarray.Dataset:
    images, labels = scene
    return explore_conventions(labels, model(1), images, iou_thresholds=(0.3, 0.7))


def test_each_combination_is_the_evaluation_of_that_convention(
    exploration: xarray.Dataset, scene: Scene, model: Callable[..., Any]
) -> None:
    images, labels = scene
    assert exploration.sizes["matcher"] == 5
    assert exploration.sizes["iou_kind"] == 3
    for matcher, kind, size_rule in (("optimal", "mask", "equal-area"), ("lexicographic", "box", "vertex")):
        varied = attrs.evolve(DEFECTKIT, matcher=matcher, iou_kind=kind, size_rule=size_rule)
        for threshold in (0.3, 0.7):
            at = exploration.sel(matcher=matcher, iou_kind=kind, size_rule=size_rule, iou_threshold=threshold)
            alone = evaluate(labels, model(1), images, convention=varied, iou_threshold=threshold)
            for name in ("overall_size_error", "overall_density_error", "size_error"):
                np.testing.assert_allclose(at[name].values, alone[name].values, err_msg=name)
            for name in ("find_f1_score", "overall_type_f1_score"):
                assert float(at[name]) == pytest.approx(float(alone[name].sel(iou_threshold=threshold)))


def test_what_is_not_varied_is_the_conventions(scene: Scene, model: Callable[..., Any]) -> None:
    images, labels = scene
    one: dict[str, Any] = {
        "matchers": ["lexicographic"],
        "iou_kinds": ["box"],
        "size_rules": ["vertex"],
        "iou_thresholds": [0.3],
    }
    explored = explore_conventions(labels, model(1), images, convention=JACOBS2022, **one)
    published = evaluate(labels, model(1), images, convention=JACOBS2022)
    np.testing.assert_allclose(explored["size_error"].squeeze(), published["size_error"])
    assert float(explored["find_f1_score"].squeeze()) == float(published["find_f1_score"].sel(iou_threshold=0.3))


def test_the_table_says_which_choice_matters(exploration: xarray.Dataset) -> None:
    table = convention_table(exploration)
    assert list(table.index) == list(STATISTICS)
    find = table.loc["find F1"]
    values = exploration["find_f1_score"]
    assert find["lowest"] == float(values.min())
    assert find["highest"] == float(values.max())
    assert find["highest at"].endswith("IoU 0.3")
    assert find["effect of size_rule"] == 0
    assert find["effect of iou_threshold"] == pytest.approx(
        float((values.max("iou_threshold") - values.min("iou_threshold")).mean())
    )
    assert table["effect of size_rule"]["size error, all (%)"] > 0
    assert table.loc["size error, all (%)", "effect of matcher"] == 0


def test_a_statistic_that_is_nowhere_defined_is_said_to_be() -> None:
    nothing = {"a": Instances.empty((8, 8))}
    table = convention_table(explore_conventions(nothing, nothing, iou_thresholds=[0.5]))
    assert np.isnan(table["lowest"]["size error, all (%)"])
    assert table.loc["size error, all (%)", "undefined"] == 30
    assert table.loc["find F1", "lowest"] == 1


def test_the_figure_has_a_line_a_combination(exploration: xarray.Dataset, tmp_path: Path) -> None:
    figure = convention_figure(exploration)
    assert len(figure.axes) == len(STATISTICS)
    assert {len(axes.lines) for axes in figure.axes} == {5 * 3 * 2}
    first = figure.axes[0].lines[0]
    np.testing.assert_allclose(
        np.asarray(first.get_ydata()), exploration["find_f1_score"].isel(matcher=0, iou_kind=0, size_rule=0)
    )
    figure.savefig(tmp_path / "conventions.png")
    assert (tmp_path / "conventions.png").stat().st_size > 10_000


def test_no_choice_and_an_unknown_one_are_refused(scene: Scene, model: Callable[..., Any]) -> None:
    images, labels = scene
    with pytest.raises(StudyError, match="no matcher to choose from"):
        explore_conventions(labels, model(1), images, matchers=[])
    with pytest.raises(UnknownMatcherError):
        explore_conventions(labels, model(1), images, matchers=["closest"])
