from __future__ import annotations

import numpy as np
import pytest

from defectkit.detectors import ModelCard
from defectkit.detectors.card import ReportedMetric
from defectkit.errors import EmptyInputError, RecordError, UnitError
from defectkit.statistics import Bootstrap
from defectkit.uncertainty import (
    ASSUMED_PIXEL_SIZE,
    ASSUMED_THICKNESS,
    Condition,
    DetectorError,
    SharedInput,
    Uncertainties,
    propagate,
)
from defectkit.uncertainty.sources import NAMES


@pytest.mark.parametrize(
    "wrong",
    [
        {"pixel_size": -0.1},
        {"foil_thickness": 1.0},
        {"size": "-1 nm"},
        {"exponent": float("nan")},
        {"taylor_factor": 2},
    ],
)
def test_uncertainties_that_are_none_are_refused(wrong):
    with pytest.raises(RecordError, match="uncertainty"):
        Uncertainties(**wrong)


def test_an_uncertainty_of_sizes_is_a_length():
    with pytest.raises(UnitError, match="uncertainty of sizes"):
        Uncertainties(size="1 nm^2")


def test_what_is_assumed_is_wide_unless_something_is_declared(make_condition, make_strengthening):
    assumed = {
        "foils": (SharedInput(name="100 nm", is_assumed=True),) * 2,
        "pixel_sizes": (SharedInput(name="0.5 nm", is_assumed=True),) * 2,
    }
    how = Bootstrap(n_resamples=10)
    condition = make_condition([[30, 20], [25, 22]], **assumed)
    known = propagate(condition, make_strengthening(), bootstrap=how)
    value = known.values["number_density"][-1]
    spread = {
        n: np.sqrt(known.variances["number_density"][NAMES.index(n)][-1]) for n in ("foil_thickness", "pixel_size")
    }
    assert spread["foil_thickness"] == pytest.approx(np.sqrt(np.log1p(ASSUMED_THICKNESS**2)) * value, rel=1e-4)
    assert spread["pixel_size"] == pytest.approx(2 * np.sqrt(np.log1p(ASSUMED_PIXEL_SIZE**2)) * value, rel=1e-4)
    exact = propagate(condition, make_strengthening(), Uncertainties(pixel_size=0.0, foil_thickness=0.0), bootstrap=how)
    assert exact.shares("number_density")[NAMES.index("counting")] == pytest.approx(np.ones(3))


def card(**metrics: float) -> ModelCard:
    reported = tuple(ReportedMetric(name=n, value=v, measured_on="kept images") for n, v in metrics.items())
    return ModelCard(name="x", version="1", description="Finds.", types=("bdot",), license="MIT", metrics=reported)


def test_a_card_gives_the_error_of_a_detector():
    assert DetectorError.from_card(card(find_f1_score=0.8)) is None
    error = DetectorError.from_card(card(areal_density_error=-0.25, mean_size_error=0.1))
    assert error == DetectorError(number_uncertainty=0.25, size_uncertainty=0.1)
    assert error is not None and (error.number_factor, error.size_factor) == (1.0, 1.0)


def test_several_errors_on_a_card_are_their_root_mean_square():
    both = [ReportedMetric(name="areal_density_error", value=v, measured_on="set") for v in (0.3, -0.4)]
    made = ModelCard(name="x", version="1", description="y.", types=("bdot",), license="MIT", metrics=tuple(both))
    error = DetectorError.from_card(made)
    assert error is not None and error.number_uncertainty == pytest.approx(np.sqrt(0.125))


@pytest.mark.parametrize("wrong", [{"false_fraction": 1.0}, {"missed_fraction": -0.1}, {"size_uncertainty": -1.0}])
def test_detector_errors_that_are_none_are_refused(wrong):
    with pytest.raises(RecordError, match="detector error"):
        DetectorError(**wrong)


def test_false_and_missed_finds_correct_numbers_and_a_bias_corrects_sizes(make_condition, make_strengthening):
    condition, rules, how = make_condition([[30, 20]]), make_strengthening(), Bootstrap(n_resamples=10)
    error = DetectorError(false_fraction=0.1, missed_fraction=0.4, size_bias=0.25)
    plain = propagate(condition, rules, bootstrap=how).values
    right = propagate(condition, rules, Uncertainties(detector=error), bootstrap=how).values
    assert right["areal_density"] == pytest.approx(1.5 * plain["areal_density"])
    assert right["size_mean"] == pytest.approx(0.8 * plain["size_mean"])
    assert right["hardening"] == pytest.approx(np.sqrt(1.5 * 0.8) * plain["hardening"])


def test_a_condition_leaves_out_what_an_analysis_left_out():
    import xarray

    defects = xarray.Dataset(
        {
            "image": ("defect", ["a", "b", "b"]),
            "defect_type": ("defect", ["loop"] * 3),
            "size": ("defect", [10.0, 20.0, 30.0], {"units": "angstrom"}),
        },
        attrs={"convention": "defectkit"},
    )
    summary = xarray.Dataset(
        {
            "field_area": ("image", [100.0, 400.0]),
            "foil_thickness": ("image", [50.0, np.nan]),
            "left_out": ("image", [True, False]),
        },
        coords={"image": ["a", "b"], "defect_type": ["loop", "all"]},
    )
    condition = Condition.of(defects, summary)
    assert condition.images == ("b",)
    assert condition.sizes_nm == pytest.approx([2.0, 3.0])
    assert condition.totals.tolist() == [2, 2]
    with pytest.raises(EmptyInputError, match="fully read"):
        Condition.of(defects, summary.assign(left_out=("image", [True, True])))
