from __future__ import annotations

import pytest
import xarray

from defectkit.errors import ConventionError
from defectkit.statistics.same_convention import KEYS, check_same_convention
from defectkit.workflows import evaluate


@pytest.fixture
def result(squares) -> xarray.Dataset:
    labels = {"a": squares((2, 2, 8, "bdot"))}
    return evaluate(labels, labels)


def test_results_of_one_convention_mix(result: xarray.Dataset) -> None:
    check_same_convention([])
    check_same_convention([result])
    check_same_convention([result, result.copy()])


@pytest.mark.parametrize("key", KEYS)
def test_results_that_differ_do_not_mix(result: xarray.Dataset, key: str) -> None:
    with pytest.raises(ConventionError, match=f"two kinds cannot be compared: {key} is"):
        check_same_convention([result, result.assign_attrs({key: "another"})])


def test_evaluations_under_two_conventions_or_thresholds_do_not_mix(squares) -> None:
    labels = {"a": squares((2, 2, 8, "bdot"))}
    with pytest.raises(ConventionError, match="convention is defectkit in one, jacobs2022 in another"):
        check_same_convention([evaluate(labels, labels), evaluate(labels, labels, convention="jacobs2022")])
    with pytest.raises(ConventionError, match="iou_threshold"):
        check_same_convention([evaluate(labels, labels), evaluate(labels, labels, iou_threshold=0.5)])


def test_a_result_without_its_convention_is_refused(result: xarray.Dataset) -> None:
    with pytest.raises(ConventionError, match="does not say how it was made"):
        check_same_convention([xarray.Dataset()])
