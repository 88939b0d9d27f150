"""Figure 3: truth beside prediction for the best, the median and the worst test image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
import numpy as np

from defectkit.errors import StudyError
from defectkit.files.decoding import parse_json
from defectkit.records.instances import Instances
from defectkit.reports.numbers import significant
from defectkit.reports.overlays import draw_overlay
from defectkit.statistics.comparing import fold
from defectkit_jacobs2022.artifact import NamedFigures, Outcome
from defectkit_jacobs2022.figures.canvas import panels
from defectkit_jacobs2022.figures.parity_panel import set_title
from defectkit_jacobs2022.figures.subject import Subject, subject

if TYPE_CHECKING:
    import xarray

LONGEST_PX = 760
"""The longest side of an overlay in the figure."""

PLACES = ("best", "median", "worst")


def example_images(evaluation: xarray.Dataset) -> dict[str, str]:
    """Return the images with the best, the median and the worst F1 of finding, by these words.

    Parameters
    ----------
    evaluation : xarray.Dataset
        Of one run.

    Returns
    -------
    dict of str to str
        Among images with a true defect, since an image without one has F1 0 or 1; equal ones in the order of their
        names, and the lower median of an even number. An image is there once: with two images there is no median.

    Raises
    ------
    StudyError
        If no image has a true defect.
    """
    at = evaluation.sel(iou_threshold=evaluation.attrs["iou_threshold"], method="nearest")
    scores = at["image_find_f1_score"].values
    with_defects = np.flatnonzero(evaluation["image_n_true"].values > 0)
    if not with_defects.size:
        raise StudyError("no test image has a true defect, so there is no example to show")
    worst_first = with_defects[np.argsort(scores[with_defects], kind="stable")]
    chosen = (worst_first[-1], worst_first[(len(worst_first) - 1) // 2], worst_first[0])
    names = [str(name) for name in evaluation["image"].values]
    places: dict[str, str] = {}
    for place, k in sorted(zip(PLACES, chosen, strict=True), key=lambda entry: entry[0] == "median"):
        if names[k] not in places.values():
            places[place] = names[k]
    return {place: places[place] for place in PLACES if place in places}


def figure3(outcome: Outcome) -> NamedFigures:
    """Return overlays of truth and prediction, one row per image; the scale bar and the legend lie below each."""
    about = subject(outcome, "initial")
    result = outcome.result("initial")
    chosen = example_images(about.evaluation)
    truth = outcome.data.labels(str(result["test_labels"].values[0]))
    predicted = {p.image: p.instances for p in outcome.predictions("initial", 0)}
    min_score = parse_json(result.attrs["settings"], where="the settings of the study")["min_score"]
    scores = about.at_threshold()["image_find_f1_score"]
    lines = (
        *outcome.provenance,
        f"images: {', '.join(chosen)} F1 of finding at IoU {about.iou_threshold:g} "
        f"among the {about.evaluation.sizes['image']} test images",
    )
    figure, grid = panels((9.4, 5.1 * len(chosen) + 0.3), lines, len(chosen), 2)
    for row, (place, name) in zip(grid, chosen.items(), strict=True):
        found = predicted[name] if min_score is None else predicted[name].above(min_score)
        text = f"{place} F1 {significant(float(scores.sel(image=name)))}: {name}"
        for axes, instances, side in zip(row, (truth[name], found), ("truth", "prediction"), strict=True):
            axes.imshow(_overlay(outcome, about, name, instances), interpolation="antialiased")
            axes.set_axis_off()
            set_title(axes, [f"{text}, {side} ({len(instances)})"])
    return {"": figure}


def _overlay(
    outcome: Outcome, about: Subject, name: str, instances: Instances
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    image = outcome.data.images[name]
    folded = _folded(instances, about)
    marks = about.marks
    extra = [t for t in folded.types if t not in marks]
    colors: Mapping[str, str] = {t: marks[t].color for t in about.types} | dict.fromkeys(extra, "#2ca02c")
    drawn = draw_overlay(
        image,
        np.asarray(image.pixels),
        folded,
        colors=colors,
        titles={t: marks[t].title for t in about.types} | {t: t for t in extra},
        longest_px=LONGEST_PX,
    )
    return np.asarray(drawn)


def _folded(instances: Instances, about: Subject) -> Instances:
    """Return the defects under the types that are compared."""
    names = [fold(name, about.convention, about.taxonomy) for name in instances.types]
    types = tuple(dict.fromkeys(names))
    table = np.array([types.index(name) for name in names], np.int16)
    return attrs.evolve(
        instances, types=types, type_codes=table[instances.type_codes] if len(instances) else instances.type_codes
    )
