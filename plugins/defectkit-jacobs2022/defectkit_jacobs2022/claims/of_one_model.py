"""Claims about what one model shows: its scores, its errors, and the hardening that follows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from defectkit_jacobs2022.claims.claim import Claim
from defectkit_jacobs2022.claims.evidence import Evidence
from defectkit_jacobs2022.claims.measured import Measured, counted, mean
from defectkit_jacobs2022.claims.rule import NEGATIVE, POSITIVE, Rule
from defectkit_jacobs2022.published_rows import TYPES
from defectkit_jacobs2022.tables.statistics import OVERALL

N_RESAMPLES = 1000


def _of_initial(statistic: str, line: str) -> Callable[[Evidence], Measured]:
    return lambda evidence: evidence.interval("initial", statistic, line)


def _worst_type(evidence: Evidence) -> Measured:
    """Return the size error of the type that has the largest."""
    each = [evidence.interval("initial", "size_error", kind) for kind in TYPES]
    return max(each, key=lambda measured: measured.value)


def _worst_average(evidence: Evidence) -> Measured:
    """Return the largest of the three means over images; one number, since they are of one model."""
    (run,) = evidence.of("initial")
    values = [run.value("image_size_error", kind) for kind in TYPES]
    return counted(max(values), len(values))


def _median_image_error(evidence: Evidence) -> Measured:
    errors = evidence.image_errors
    if not len(errors):
        return counted(float("nan"), 0)
    drawn = np.random.default_rng(0).choice(errors, (N_RESAMPLES, len(errors)))
    low, high = np.quantile(np.median(drawn, axis=1), [0.025, 0.975])
    return Measured(value=float(np.median(errors)), low=float(low), high=float(high), n=len(errors))


def _found_less_all(evidence: Evidence) -> Measured:
    return mean(evidence.values("random-cv", "size_error_found") - evidence.values("random-cv", "size_error"))


def _whole_less_images(quantity: str) -> Callable[[Evidence], Measured]:
    def measure(evidence: Evidence) -> Measured:
        whole = evidence.values("random-cv", f"{quantity}_error")
        return mean(whole - evidence.values("random-cv", f"image_{quantity}_error"))

    return measure


def _hardening_error(combination: str) -> Callable[[Evidence], Measured]:
    def measure(evidence: Evidence) -> Measured:
        true, predicted = evidence.hardening[combination]
        return mean(np.abs(predicted - true))

    return measure


def _hardening_percent(combination: str) -> Callable[[Evidence], Measured]:
    def measure(evidence: Evidence) -> Measured:
        true, predicted = evidence.hardening[combination]
        above = true > 0
        return mean(100 * np.abs(predicted - true)[above] / true[above])

    return measure


def _hardening_inside(evidence: Evidence) -> Measured:
    """Return the part of the images whose true hardening, as a linear sum, lies in the range that the paper gives."""
    true = evidence.hardening["linear"][0]
    return mean(100.0 * ((true >= 50) & (true <= 200)))


CLAIMS = (
    Claim(
        name="find-f1",
        page=11,
        says="At IoU 0.3 defects are found with an F1 of about 0.8.",
        published="about 0.8",
        quantity="find F1, initial split",
        measure=_of_initial("find_f1", "all"),
        rule=Rule(low=0.75, high=0.85),
    ),
    Claim(
        name="other-network",
        page=11,
        says="Faster R-CNN of Shen et al. finds defects as well as this Mask R-CNN.",
        published="0.8 and 0.8",
        reason="it is about another network on the images of the paper, which is not run here",
    ),
    Claim(
        name="shape-error",
        page=13,
        says="The mean shape of all predicted defects is nearly that of the true ones.",
        published="nearly 0 %",
        quantity="error of the mean shape factor, mean over types, initial split",
        measure=_of_initial("shape_error", OVERALL),
        rule=Rule(high=1),
        unit="%",
        decimals=1,
    ),
    Claim(
        name="size-error",
        page=13,
        says="The mean size of all predicted defects is close to that of the true ones.",
        published="7.1 %",
        quantity="error of the mean size, mean over types, initial split",
        measure=_of_initial("size_error", OVERALL),
        rule=Rule(high=10),
        unit="%",
        decimals=1,
    ),
    Claim(
        name="found-defects",
        page=13,
        says="Sizes of found defects match more closely than those of all.",
        published="3.87 against 5.78 % (Table 5, split 1)",
        quantity="size error of found defects less that of all, random splits",
        measure=_found_less_all,
        rule=NEGATIVE,
        unit="%",
        decimals=1,
    ),
    Claim(
        name="small-black-dots",
        page=14,
        says="Predicted black dots are smaller than the true ones.",
        quantity="error of their mean size with its sign, initial split",
        measure=_of_initial("size_signed_error", "bdot"),
        rule=NEGATIVE,
        unit="%",
        decimals=1,
    ),
    Claim(
        name="many-loops-111",
        page=14,
        says="Somewhat too many <111> loops are predicted.",
        quantity="error of their number with its sign, initial split",
        measure=_of_initial("density_signed_error", "loop_111"),
        rule=POSITIVE,
        unit="%",
        decimals=1,
    ),
    Claim(
        name="few-loops-100",
        page=14,
        says="Somewhat too few <100> loops are predicted.",
        quantity="error of their number with its sign, initial split",
        measure=_of_initial("density_signed_error", "loop_100"),
        rule=NEGATIVE,
        unit="%",
        decimals=1,
    ),
    *(
        Claim(
            name=f"averages-{quantity}",
            page=16,
            says=f"Averaged over the test images, the {title} is predicted better than image by image.",
            quantity=f"error of the {title} of all images together less the mean error of images, random splits",
            measure=_whole_less_images(quantity),
            rule=NEGATIVE,
            unit="%",
            decimals=1,
        )
        for quantity, title in (("size", "mean size"), ("shape", "mean shape"), ("density", "density"))
    ),
    Claim(
        name="image-size-errors",
        page=18,
        says="Size errors of images are typically about 30 % or lower.",
        published="about 30 % or lower",
        quantity="median over images and types, initial split",
        measure=_median_image_error,
        rule=Rule(high=30),
        unit="%",
        decimals=1,
    ),
    Claim(
        name="average-size-errors",
        page=18,
        says="The mean over images of the size error is below 20 % for each type.",
        published="under 20 %",
        quantity="largest of the types, initial split",
        measure=_worst_average,
        rule=Rule(high=20),
        unit="%",
        decimals=1,
    ),
    Claim(
        name="whole-size-errors",
        page=18,
        says="The size error of all images together is below 10 % for each type.",
        published="under 10 %",
        quantity="largest of the types, initial split",
        measure=_worst_type,
        rule=Rule(high=10),
        unit="%",
        decimals=1,
    ),
    Claim(
        name="hardening-range",
        page=20,
        says="The hardening of an image is 50 to 200 MPa.",
        published="about 50 to 200 MPa",
        quantity="part of the images with a true hardening (linear) in this range",
        measure=_hardening_inside,
        rule=Rule(low=75),
        unit="%",
        decimals=0,
        is_of_images=True,
    ),
    *(
        Claim(
            name=f"hardening-{combination}",
            page=20,
            says=f"Hardening ({combination}) is predicted to within 10 to 20 MPa.",
            published=f"{published} MPa",
            quantity="mean absolute error, initial split",
            measure=_hardening_error(combination),
            rule=Rule(high=20),
            unit="MPa",
            decimals=1,
        )
        for combination, published in (("linear", "16.05"), ("quadrature", "11.05"))
    ),
    *(
        Claim(
            name=f"hardening-percent-{combination}",
            page=20,
            says=f"The error of hardening ({combination}) is about 10 % of it.",
            published=f"{published} %",
            quantity="mean absolute percent error, initial split",
            measure=_hardening_percent(combination),
            rule=Rule(high=15),
            unit="%",
            decimals=1,
        )
        for combination, published in (("linear", "12.9"), ("quadrature", "13.7"))
    ),
    Claim(
        name="experiments",
        page=2,
        says="Errors of hardening are about those of experiments.",
        reason="the paper gives no error of experiments, and nothing here was measured",
    ),
)
"""In the order of the pages, but for the last."""
