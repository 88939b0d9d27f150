from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from defectkit.conventions import Convention, convention as find_convention
from defectkit.metrics import Comparison, compare
from defectkit.records import Instances, Taxonomy
from defectkit.statistics.comparing import compared_types

SHAPE = (64, 64)
Square = tuple[int, int, int, str]


def squares(*rows: Square, scores: Sequence[float] | None = None) -> Instances:
    """Defects given as (top, left, side, type)."""
    masks = np.zeros((len(rows), *SHAPE), bool)
    for mask, (top, left, side, _) in zip(masks, rows, strict=True):
        mask[top : top + side, left : left + side] = True
    given = {} if scores is None else {"scores": np.array(scores, float)}
    return Instances.from_masks(masks, types=[r[3] for r in rows], shape=SHAPE, **given)


def compared(
    truth: Mapping[str, Instances],
    predicted: Mapping[str, Instances],
    *,
    convention: Convention | str = "defectkit",
    iou_thresholds: tuple[float, ...] = (0.3, 0.6),
    iou_threshold: float = 0.3,
    length_unit: str = "pixel",
    pixel_size: float = 1.0,
) -> Comparison:
    rule, taxonomy = find_convention(convention), Taxonomy.standard()
    images = tuple(
        compare(
            name,
            truth[name],
            predicted[name],
            convention=rule,
            iou_thresholds=iou_thresholds,
            taxonomy=taxonomy,
            spacing=(pixel_size, pixel_size),
        )
        for name in truth
    )
    occurring = {t for i in images for side in (i.true, i.predicted) for t in side.types}
    types, overall_types = compared_types(occurring, rule, taxonomy)
    return Comparison(
        convention=rule,
        iou_thresholds=iou_thresholds,
        iou_threshold=iou_threshold,
        types=types,
        overall_types=overall_types,
        length_unit=length_unit,
        images=images,
    )


@pytest.fixture(name="squares")
def squares_fixture() -> Callable[..., Instances]:
    return squares


@pytest.fixture(name="compared")
def compared_fixture() -> Callable[..., Comparison]:
    return compared


@pytest.fixture
def three_images() -> Comparison:
    """Image a: two dots found, one as a loop, a loop missed; b: a dot found, a false dot; c: nothing."""
    truth = {
        "a": squares((2, 2, 8, "bdot"), (2, 20, 8, "bdot"), (30, 30, 16, "loop_111")),
        "b": squares((10, 10, 10, "bdot")),
        "c": squares(),
    }
    predicted = {
        "a": squares((2, 2, 8, "bdot"), (2, 20, 8, "loop_111"), scores=(0.9, 0.8)),
        "b": squares((10, 12, 10, "bdot"), (40, 40, 6, "bdot"), scores=(0.7, 0.6)),
        "c": squares(),
    }
    return compared(truth, predicted)


@pytest.fixture
def nothing() -> Comparison:
    """Two images without a defect on either side."""
    return compared({"a": squares(), "b": squares()}, {"a": squares(), "b": squares()})
