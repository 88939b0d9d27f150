"""Cautions: what a reader has to know before trusting the numbers of an analysis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from defectkit.conventions import EdgeRule
from defectkit.measurement.counting import boxes_of, centers_of, counting_of, rows_of
from defectkit.measurement.edges import edge_weights, is_cut
from defectkit.measurement.overprints import BAR, STRIP
from defectkit.records.calibration import Source
from defectkit.records.image import Image, cautions_of_images
from defectkit.records.prediction import Prediction

if TYPE_CHECKING:
    import xarray

    from defectkit.hardening import Material

MOST_STANDS_FOR = 4.0
"""If one defect stands for more than this, the field is small for defects of its size."""

SMALLEST_PX = 2.0
"""Below this equivalent diameter in pixels, size and shape say more about the pixels than about the defect."""


def cautions(
    images: Sequence[Image],
    defects: xarray.Dataset,
    predictions: Mapping[str, Prediction],
    *,
    n_outside: Mapping[str, int] | None = None,
    n_unmet: int = 0,
    material: Material | None = None,
) -> tuple[str, ...]:
    """Return one sentence for each thing to be careful about, the gravest first.

    Parameters
    ----------
    images : sequence of Image
        Calibrated.
    defects : xarray.Dataset
        Their defects, as :func:`defectkit.measurement.measure` makes it.
    predictions : mapping of str to Prediction
        By image name; empty where people drew the defects.
    n_outside : mapping of str to int, optional
        By image name, how many defects were left out because they do not belong to its field.
    n_unmet : int
        How many defects were left out by an expression.
    material : Material, optional
        The one whose constants turn defects into hardening; its alloys are compared with those of the specimens.
    """
    capped = {name: prediction for name, prediction in predictions.items() if prediction.capped}
    return tuple(
        dict.fromkeys(
            [
                *_capped(capped),
                *_noted(capped),
                *cautions_of_images(images),
                *_excluded(images, n_outside or {}),
                *_unmet(defects, n_unmet),
                *_assumed(images),
                *_without_thickness(images),
                *(_of_another_alloy(images, material) if material is not None else ()),
                *edge_cautions(images, defects),
                *_small(images, defects),
                *_without_pixels(defects),
                *_noted({name: prediction for name, prediction in predictions.items() if not prediction.capped}),
            ]
        )
    )


def some_names(names: Iterable[str]) -> str:
    """Return the names as text, the first few of many.

    Examples
    --------
    >>> some_names(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    given = list(names)
    return ", ".join(given[:3]) + (f" and {len(given) - 3} more" if len(given) > 3 else "")


def _capped(capped: Mapping[str, Prediction]) -> Iterator[str]:
    if capped:
        yield f"Counts and densities may be too low: the detector reached its limit in {some_names(capped)}."


def _excluded(images: Sequence[Image], n_outside: Mapping[str, int]) -> Iterator[str]:
    images_of: dict[str, list[Image]] = {}
    for image in images:
        for reason in dict.fromkeys(place.reason for place in image.excluded):
            images_of.setdefault(reason, []).append(image)
    found = [reason for reason in images_of if reason in (BAR, STRIP)]
    for reason, those in images_of.items():
        undone = " (--include-overprints counts it)" if reason in found else ""
        yield f"Left out of the field, with its area: {reason}{undone}: {some_names(image.name for image in those)}."
    outside = {name: number for name, number in n_outside.items() if number}
    if outside:
        number = sum(outside.values())
        yield (
            f"{number} {'defect has its center' if number == 1 else 'defects have their centers'} in such a place and "
            f"{'is' if number == 1 else 'are'} not counted: {some_names(outside)}."
        )


def _unmet(defects: xarray.Dataset, n_unmet: int) -> Iterator[str]:
    if n_unmet:
        are = "defect is" if n_unmet == 1 else "defects are"
        yield f"{n_unmet} {are} not counted, of which this does not hold: {counting_of(defects)['where']}."


def _assumed(images: Sequence[Image]) -> Iterator[str]:
    for what, attribute in (("pixel size", "pixel_size_source"), ("foil thickness", "foil_thickness_source")):
        assumed = [i.name for i in images if getattr(i.required_calibration(), attribute) is Source.ASSUMED]
        if assumed:
            yield (
                f"The {what} is assumed, not measured: {some_names(assumed)}. All that follows from it is as uncertain."
            )


def _without_thickness(images: Sequence[Image]) -> Iterator[str]:
    without = [i.name for i in images if i.required_calibration().foil_thickness is None]
    if without:
        yield f"There is no foil thickness, so neither number densities nor hardening: {some_names(without)}."


def _of_another_alloy(images: Sequence[Image], material: Material) -> Iterator[str]:
    hardened = [i for i in images if i.required_calibration().foil_thickness is not None]
    constants = f"those of the material {material.name!r} ({', '.join(material.alloys)})"
    others: dict[str, list[str]] = {}
    for image in hardened:
        if image.specimen.alloy is not None and not material.fits(image.specimen.alloy):
            others.setdefault(image.specimen.alloy, []).append(image.name)
    for alloy, names in others.items():
        yield (
            f"The hardening is not that of this specimen: its alloy is {alloy!r}, but the constants are {constants}; "
            f"choose another one (--material): {some_names(names)}."
        )
    unknown = [i.name for i in hardened if i.specimen.alloy is None]
    if unknown and material.alloys:
        yield (
            f"The alloy of the specimen is not known, and the constants of the hardening are {constants}; it holds for "
            f"no other alloy (--material): {some_names(unknown)}."
        )


def edge_cautions(images: Sequence[Image], defects: xarray.Dataset) -> Iterator[str]:
    """Yield what is to be known of how defects at the border are counted; nothing where densities are right."""
    boxes, centers = boxes_of(defects), centers_of(defects)
    cut, fair = np.zeros(len(boxes), np.bool_), np.ones(len(boxes))
    for image, here in rows_of(defects, images):
        cut[here] = is_cut(boxes[here], image.field)
        fair[here] = edge_weights(boxes[here], image.field, EdgeRule.HORVITZ_THOMPSON, centers=centers[here])
    rule = EdgeRule(counting_of(defects)["edge_rule"])
    if rule is EdgeRule.HORVITZ_THOMPSON and fair.max(initial=0) > MOST_STANDS_FOR:
        yield (
            f"One defect stands for {fair.max():.1f} of its extent: the field is small for defects of that size, and "
            "what follows from it is uncertain; larger images would help."
        )
    if not cut.any():
        return
    number = (
        f"{int(cut.sum())} of {cut.size} defects {'is' if cut.sum() == 1 else 'are'} cut by the border of the field"
    )
    if rule is EdgeRule.ALL:
        stand_for = f"stand for {fair.sum():.0f} defects ({100 * (cut.size / fair.sum() - 1):+.0f} % counted)"
        yield (
            f"{number}. All are counted (--edges all), so densities are too high and mean sizes too small: those that "
            f"lie whole within it {stand_for if fair.any() else 'are none'}."
        )
    if rule is EdgeRule.EXCLUDE:
        yield (
            f"{number}. They are left out without anything in their place (--edges exclude), so densities are too low, "
            "and large defects are missing most."
        )


def _small(images: Sequence[Image], defects: xarray.Dataset) -> Iterator[str]:
    edges_nm = {i.name: max(i.required_calibration().pixel_size_nm) for i in images}
    of_defect = np.array([edges_nm[name] for name in defects["image"].values.tolist()], dtype=np.float64)
    small = defects["equivalent_diameter"].values < SMALLEST_PX * of_defect
    if small.any():
        where = dict.fromkeys(str(name) for name in defects["image"].values[small])
        yield (
            f"{int(small.sum())} of {small.size} defects are less than {SMALLEST_PX:g} pixels across; their sizes and "
            f"shapes are those of pixels: {some_names(where)}."
        )


def _without_pixels(defects: xarray.Dataset) -> Iterator[str]:
    empty = defects["area"].values == 0
    if empty.any():
        where = dict.fromkeys(str(name) for name in defects["image"].values[empty])
        yield (
            f"{int(empty.sum())} defects hold no center of a pixel; they are counted but have no size: "
            f"{some_names(where)}."
        )


def _noted(predictions: Mapping[str, Prediction]) -> Iterator[str]:
    images_of: dict[str, list[str]] = {}
    for name, prediction in predictions.items():
        for note in prediction.notes:
            images_of.setdefault(note, []).append(name)
    for note, names in images_of.items():
        yield f"{note[:1].upper()}{note[1:].rstrip('.')} ({some_names(names)})."
