"""Figure 2: precision, recall and F1 of finding defects over the IoU threshold."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from defectkit.reports.numbers import significant
from defectkit.statistics import Bootstrap
from defectkit.studies import bootstrap
from defectkit_jacobs2022.artifact import NamedFigures, Outcome
from defectkit_jacobs2022.figures.canvas import FAINT, panels
from defectkit_jacobs2022.figures.parity_panel import set_title
from defectkit_jacobs2022.figures.published import published_note
from defectkit_jacobs2022.figures.subject import subject

N_RESAMPLES = 300

SCORES: Mapping[str, tuple[str, str, str, str]] = MappingProxyType(
    {
        "precision": ("precision", "#0072b2", "^", "--"),
        "recall": ("recall", "#d55e00", "s", ":"),
        "f1_score": ("F1", "#000000", "o", "-"),
    }
)
"""Title, color, marker and line of each."""


def figure2(outcome: Outcome, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> NamedFigures:
    """Return precision, recall and F1 over the IoU threshold, pooled over the test images of the initial split.

    Parameters
    ----------
    outcome : Outcome
    n_resamples : int
        Of the bootstrap that the bands of 95 % come from.
    seed : int
    """
    about = subject(outcome, "initial")
    evaluation = about.evaluation
    names = [f"find_{score}" for score in SCORES]
    how = Bootstrap(n_resamples=n_resamples, level="images-and-defects", seed=seed, confidence=0.95)
    bands = bootstrap(
        evaluation,
        how,
        statistics=names,
    )
    lines = (*outcome.provenance, published_note(2, is_original=outcome.is_original))
    figure, ((axes,),) = panels((6.4, 4.9), lines, 1, 1)
    thresholds = evaluation["iou_threshold"].values
    n_undefined = 0
    for score, (title, color, marker, line) in SCORES.items():
        name = f"find_{score}"
        values = evaluation[name].values
        n_undefined += int((values != values).sum())
        axes.plot(thresholds, values, color=color, marker=marker, ms=4, ls=line, label=title)
        low, high = bands[f"{name}_low"].values, bands[f"{name}_high"].values
        axes.fill_between(thresholds, low, high, color=color, alpha=0.13, lw=0)
    axes.axvline(about.iou_threshold, color=FAINT, lw=1, ls="--", zorder=1)
    axes.set(ylim=(-0.02, 1.02), xlim=(0, 1), ylabel="score")
    axes.set_xlabel(f"IoU threshold ({about.convention.iou_kind} IoU)")
    here = about.at_threshold()
    at = ", ".join(f"{SCORES[s][0]} {significant(float(here[f'find_{s}']))}" for s in SCORES)
    n_images, n_true, n_predicted = (
        evaluation.sizes["image"], int(evaluation["n_true"]), int(evaluation["n_predicted"])
    )  # fmt: skip
    set_title(
        axes,
        [
            f"finding defects of any type: {n_true} true, {n_predicted} predicted, {n_images} images",
            f"at IoU {about.iou_threshold:g}: {at}; bands: 95 % bootstrap intervals",
            f"undefined: {n_undefined} values" if n_undefined else "",
        ],
    )
    axes.legend(frameon=False, fontsize=8.5, loc="upper right")
    return {"": figure}
