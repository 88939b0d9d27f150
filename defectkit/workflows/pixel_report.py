"""Pixel report: how far truth and prediction agree pixel by pixel, for each type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention, convention as find_convention
from defectkit.errors import EmptyInputError
from defectkit.measurement.stacking import Stack
from defectkit.records.defect_type import Taxonomy
from defectkit.records.inputs import Images, InstanceSets, instances_by_image
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.statistics.comparing import fold
from defectkit.statistics.scores import scores
from defectkit.statistics.variables import ALL
from defectkit.workflows.calibrations import Calibrations
from defectkit.workflows.scored_field import in_field

if TYPE_CHECKING:
    import xarray

SIDES = ("true", "predicted", "shared")


def pixel_report(
    truth: InstanceSets,
    predicted: InstanceSets,
    images: Images = (),
    *,
    convention: Convention | str = "defectkit",
    taxonomy: Taxonomy | None = None,
) -> xarray.Dataset:
    """Return pixels, precision, recall, Dice score and IoU of each type, over the pixels of all images that both have.

    Parameters
    ----------
    truth, predicted : LabelSet, mapping of str to Instances, or iterable of Prediction
    images : iterable or mapping of Image, optional
        For places that do not count: defects there are left out.
    convention : Convention or str
        Its types are those that sub-types are folded to.
    taxonomy : Taxonomy, optional
        By default that of the truth, or the built-in one.

    Returns
    -------
    xarray.Dataset
        Dimension ``defect_type``, each type and then ``all``: ``true_pixels``, ``predicted_pixels``, ``shared_pixels``,
        ``precision``, ``recall``, ``dice`` and ``iou``. A pixel in several masks of a type counts once. NaN where a
        side that is divided by has no pixel.

    Raises
    ------
    EmptyInputError
        If no image is on both sides.

    Examples
    --------
    >>> masks = np.zeros((2, 4, 4), bool)
    >>> masks[0, :2] = masks[1, 1:3] = True
    >>> ours, theirs = ({"a": Instances.from_masks(masks[[k]], types=["bdot"], shape=(4, 4))} for k in (0, 1))
    >>> report = pixel_report(ours, theirs)
    >>> report["recall"].sel(defect_type="bdot").item(), round(report["iou"].sel(defect_type="all").item(), 3)
    (0.5, 0.333)
    """
    import xarray

    rule = find_convention(convention)
    given = truth.taxonomy if isinstance(truth, LabelSet) else Taxonomy.standard()
    known = given if taxonomy is None else taxonomy
    ours, theirs = (
        instances_by_image(side, where=where)
        for side, where in ((truth, "in the truth"), (predicted, "in the prediction"))
    )
    names = [name for name in ours if name in theirs]
    if not names:
        raise EmptyInputError("a report of pixels needs an image that is both in the truth and in the prediction")
    fields = Calibrations.of(images, ours)
    pairs = [in_field(fields.field(name, ours[name]), ours[name], theirs[name]) for name in names]
    stacks = [Stack(parts=[pair[k] for pair in pairs]) for k in (0, 1)]
    codes = [{name: fold(name, rule, known) for name in stack.types} for stack in stacks]
    types = list(dict.fromkeys([*rule.types, *codes[0].values(), *codes[1].values()]))
    pixels = np.array([_covered(stacks, codes, name) for name in (*types, ALL)], np.float64)
    of_type = scores(pixels[:, 2], pixels[:, 0], pixels[:, 1], nothing=np.nan)
    either = pixels[:, 0] + pixels[:, 1] - pixels[:, 2]
    iou = np.divide(pixels[:, 2], either, out=np.full(len(pixels), np.nan), where=either > 0)
    columns = {
        **{f"{side}_pixels": pixels[:, k].astype(np.int64) for k, side in enumerate(SIDES)},
        "precision": of_type.precision,
        "recall": of_type.recall,
        "dice": of_type.f1_score,
        "iou": iou,
    }
    return xarray.Dataset(
        {name: ("defect_type", values) for name, values in columns.items()},
        coords={"defect_type": [*types, ALL]},
        attrs={"convention": rule.name, "n_images": len(names)},
    )


def _covered(stacks: list[Stack], codes: list[dict[str, str]], name: str) -> NDArray[np.int64]:
    """Return pixels under true masks of a type, under predicted ones, and under both, of all images together."""
    from defectkit.geometry.sets import covered_areas_by_frame

    kept = [
        Stack(parts=[_of_type(part, folded, name) for part in stack.parts])
        for stack, folded in zip(stacks, codes, strict=True)
    ]
    covered: NDArray[np.int64] = covered_areas_by_frame(kept[0].runs, kept[0].frames, kept[1].runs, kept[1].frames).sum(
        axis=0
    )
    return covered


def _of_type(part: Instances, folded: dict[str, str], name: str) -> Instances:
    is_type = np.array([name in (ALL, folded[kind]) for kind in part.types], dtype=bool)
    return part.take(is_type[part.type_codes])
