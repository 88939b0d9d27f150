"""Figure 1: one image, as it is and with the labels of every type."""

from __future__ import annotations

import attrs
import numpy as np

from defectkit.conventions import JACOBS2022
from defectkit.errors import StudyError
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.reports.overlays import draw_overlay
from defectkit.statistics.comparing import fold
from defectkit_jacobs2022.artifact import NamedFigures, Outcome
from defectkit_jacobs2022.figures.canvas import panels
from defectkit_jacobs2022.figures.marks import marks
from defectkit_jacobs2022.figures.parity_panel import set_title
from defectkit_jacobs2022.published_rows import ordered

LONGEST_PX = 760


def example_image(labels: LabelSet) -> str:
    """Return the image that shows the types of a label set most evenly.

    Parameters
    ----------
    labels : LabelSet

    Returns
    -------
    str
        The image whose rarest type has most defects; of several the first by name.

    Raises
    ------
    StudyError
        If the label set has no defect.
    """
    types = list(dict.fromkeys(kind for name in labels for kind in _roots(labels, labels[name])))
    if not types:
        raise StudyError(f"{labels.key} has no defect, so there is none to show")
    counts = {name: [_roots(labels, labels[name]).count(kind) for kind in types] for name in sorted(labels)}
    return max(counts, key=lambda name: (min(counts[name]), sum(counts[name])))


def figure1(outcome: Outcome) -> NamedFigures:
    """Return an image beside its labels, with a scale bar and a legend below."""
    labels = outcome.data.labels(outcome.roles.first)
    images = {name: labels[name] for name in labels if name in outcome.data.images}
    name = example_image(attrs.evolve(labels, instances=images))
    image, truth = outcome.data.images[name], _folded(labels, labels[name])
    looks = marks(ordered(truth.types), labels.taxonomy)
    types = [kind for kind in looks if kind in truth.types]
    figure, ((left, right),) = panels((9.4, 5.4), outcome.provenance, 1, 2)
    pixels = np.asarray(image.pixels)
    for axes, instances, named, title in (
        (left, truth.take(np.zeros(0, np.int64)), [], f"{name}, as it is"),
        (right, truth, types, f"{len(truth)} labels of {labels.key}"),
    ):
        drawn = draw_overlay(
            image,
            pixels,
            instances,
            colors={kind: looks[kind].color for kind in named},
            titles={kind: looks[kind].title for kind in named},
            longest_px=LONGEST_PX,
        )
        axes.imshow(np.asarray(drawn), interpolation="antialiased")
        axes.set_axis_off()
        set_title(axes, [title])
    return {"": figure}


def _roots(labels: LabelSet, instances: Instances) -> list[str]:
    return [fold(kind, JACOBS2022, labels.taxonomy) for kind in instances.type_names]


def _folded(labels: LabelSet, instances: Instances) -> Instances:
    """Return the labels under the types of the paper, those that are there only."""
    roots = _roots(labels, instances)
    types = ordered(roots)
    return attrs.evolve(instances, types=types, type_codes=np.array([types.index(kind) for kind in roots], np.int16))
