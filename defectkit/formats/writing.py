"""Writing: what every label format needs to write masks as outlines, and whole files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.files import write_text
from defectkit.formats.report import Problem, RepairKind, ReportBuilder
from defectkit.formats.shapes import Ring
from defectkit.geometry.polygons import Polygons
from defectkit.records import Image, Instances


@attrs.frozen(kw_only=True, eq=False)
class Outlines:
    """How the masks of an image can be written as polygons.

    Parameters
    ----------
    rings : list of lists of arrays, shape (K, 2)
        For each defect the rings that are filled by the even-odd rule to give its mask, exactly: the polygon it was
        drawn with, or else the pixel edges of the mask.
    drawn : array of bool, shape (N,)
        Whether the rings are the polygon that it was drawn with.
    """

    rings: list[list[Ring]]
    drawn: NDArray[np.bool_]


def outlines_of(instances: Instances) -> Outlines:
    """Return the rings of each defect.

    Parameters
    ----------
    instances : Instances
        Defects; a polygon that does not give the mask by the pixel rule is not used, since the mask is what counts.
    """
    from defectkit.geometry.contours import runs_to_polygons
    from defectkit.geometry.polygons import polygons_to_runs

    drawn = np.zeros(len(instances), dtype=bool)
    has_polygon = np.diff(instances.polygons.offsets) > 0
    if has_polygon.any():
        candidates = np.flatnonzero(has_polygon)
        filled = polygons_to_runs(instances.polygons.take(candidates), instances.shape)
        masks = instances.runs.take(candidates)
        if filled == masks:
            drawn[candidates] = True
        else:
            for k, i in enumerate(candidates.tolist()):
                drawn[i] = filled.take([k]) == masks.take([k])
    rings: list[list[Ring]] = [[] for _ in range(len(instances))]
    for i in np.flatnonzero(drawn).tolist():
        rings[i] = [instances.polygons.ring(i)]
    undrawn = np.flatnonzero(~drawn)
    for i, traced in zip(undrawn.tolist(), runs_to_polygons(instances.runs.take(undrawn)), strict=True):
        rings[i] = traced
    return Outlines(rings=rings, drawn=drawn)


def round_polygons(instances: Instances, stored: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Instances:
    """Return the same masks with their polygons as a format will give them back.

    Parameters
    ----------
    instances : Instances
    stored : callable
        From vertices (V, 2) to what they are after writing and reading.
    """
    vertices = stored(instances.polygons.vertices)
    return attrs.evolve(instances, polygons=Polygons(vertices=vertices, offsets=instances.polygons.offsets))


def single_rings(instances: Instances, image: str, report: ReportBuilder) -> list[Ring]:
    """Return one ring per defect, for formats that hold no more; bridges of no width join several, which is noted."""
    from defectkit.geometry.contours import join_rings

    single = []
    for defect_id, rings in zip(instances.ids.tolist(), outlines_of(instances).rings, strict=True):
        if len(rings) > 1:
            what = f"its {len(rings)} rings are written as one polygon, joined by bridges of no width"
            report.add(RepairKind.NOTED, Problem.PARTS, what, image=image, region=f"defect {defect_id}")
        single.append(rings[0] if len(rings) == 1 else join_rings(rings))
    return single


def note_scores(instances: Instances, image: str, report: ReportBuilder) -> None:
    """Report that scores are not written, where there are any."""
    if not instances.is_labels:
        report.add(
            RepairKind.NOTED, Problem.NOT_STORED, "the format holds no scores: they are not written", image=image
        )


def note_boxes(instances: Instances, image: str, report: ReportBuilder) -> None:
    """Report that boxes which a detector gave are not written, where there are any."""
    if np.isfinite(instances.given_boxes).any():
        what = "the boxes that the detector gave are not written, only the masks"
        report.add(RepairKind.NOTED, Problem.NOT_STORED, what, image=image)


def file_name_of(name: str, images: Mapping[str, Image], *, suffix: str = ".png") -> str:
    """Return the file name of an image: that of its file where it is known, else its name with ``suffix``."""
    image = images.get(name)
    if image is None or image.path is None:
        return f"{name}{suffix}"
    return f"{name}{image.path.suffix}"


def write_json(path: Path, document: Any) -> None:
    """Write a JSON file, whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_text(path, json.dumps(document, allow_nan=False) + "\n")
