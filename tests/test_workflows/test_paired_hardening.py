"""Hardening by prediction against that by truth, image by image."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

import defectkit as dk
from defectkit.errors import ConventionError, PairingError
from defectkit.hardening import Binning, DispersedBarrier
from defectkit.statistics import Bootstrap
from defectkit.testing.synthetic import synthetic_dataset
from defectkit.workflows import Analysis
from defectkit.workflows.paired_hardening import paired_hardening

IMAGES, TRUTH = synthetic_dataset(5, 12, shape=(256, 256))
HOW = Bootstrap(n_resamples=500)


def measured(keep: int = 1, **how: Any) -> Analysis:
    """The truth, or of every image only every so many defects, as a detector that misses some would find."""
    fewer = {name: own.take(np.arange(0, len(own), keep)) for name, own in TRUTH.instances.items()}
    return dk.measure_labels(fewer, IMAGES, **how)


def test_the_truth_has_no_error() -> None:
    found = paired_hardening(measured(), measured(), bootstrap=HOW)
    assert (found["mae"] == 0).all() and (found["mae_high"] == 0).all()


def test_the_errors_by_hand() -> None:
    truth, predicted = measured(), measured(2)
    found = paired_hardening(truth, predicted, bootstrap=HOW)
    model = DispersedBarrier(binning=Binning.unbinned())
    sides = [dk.harden(a.defects, IMAGES, model=model, material="fecral") for a in (truth, predicted)]
    t, p = (side["total_quadrature"].values for side in sides)
    total = found.sel(obstacles="total_quadrature")
    assert total["hardening_true"].values == pytest.approx(t)
    assert float(total["mae"]) == pytest.approx(np.abs(p - t).mean())
    some = t > 0
    assert float(total["mape"]) == pytest.approx(100 * (np.abs(p - t)[some] / t[some]).mean())
    assert int(total["mape_n_images"]) == some.sum() and int(total["mae_n_images"]) == len(t)
    for name in ("mae", "mape"):
        assert 0 < total[f"{name}_low"] < total[name] < total[f"{name}_high"]


def test_the_interval_is_that_of_a_mean_over_images() -> None:
    """Of 12 errors with a standard deviation s, a mean has the standard error s / sqrt(12)."""
    found = paired_hardening(measured(), measured(2), bootstrap=Bootstrap(n_resamples=4000)).sel(
        obstacles="total_linear"
    )
    errors = np.abs(found["hardening_predicted"].values - found["hardening_true"].values)
    width = float(found["mae_high"] - found["mae_low"])
    assert width == pytest.approx(2 * 1.645 * errors.std() / np.sqrt(len(errors)), rel=0.15)


def test_sides_that_do_not_fit_are_refused_or_told() -> None:
    truth = measured()
    with pytest.raises(ConventionError, match="jacobs2022"):
        paired_hardening(truth, measured(convention="jacobs2022"))
    fewer = dk.measure_labels({n: TRUTH[n] for n in list(IMAGES)[:3]}, dict(list(IMAGES.items())[:3]))
    assert paired_hardening(truth, fewer, bootstrap=HOW).attrs["left_out"] == sorted(list(IMAGES)[3:])
    other = dk.measure_labels(
        {"other": TRUTH[next(iter(IMAGES))]}, [attrs.evolve(next(iter(IMAGES.values())), name="other")]
    )
    with pytest.raises(PairingError, match="no image in common"):
        paired_hardening(other, fewer)
