"""Hypothesis strategies for records: small, valid, and shrinking to the simplest one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from defectkit.geometry.masks import label_image_to_runs, masks_to_runs
from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.records import Calibration, Image, Instances, LabelSet, Source
from defectkit.records.names import as_names

Shape = tuple[int, int]

TYPES = ("bdot", "loop_111", "loop_100")
DTYPES = ("uint8", "uint16", "int16", "uint32", "float32", "float64")
NAMES = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=8)


def shapes(min_side: int = 1, max_side: int = 16) -> st.SearchStrategy[Shape]:
    """Return a strategy for the height and width of an image, in pixels.

    Parameters
    ----------
    min_side, max_side : int
        Limits of both, in pixels.
    """
    side = st.integers(min_side, max_side)
    return st.tuples(side, side)


@st.composite
def runs(draw: st.DrawFn, shape: Shape, *, min_area: int = 0, max_defects: int = 6) -> Runs:
    """Draw masks in a frame: of any form, in several parts, overlapping.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the frame.
    min_area : int
        Pixels that each mask has at least; with 0 there are empty ones.
    max_defects : int
        Masks are at most this many, and may be none.
    """
    masks = draw(st.lists(hnp.arrays(np.bool_, shape).filter(lambda m: m.sum() >= min_area), max_size=max_defects))
    return masks_to_runs(masks)


@st.composite
def disjoint_runs(draw: st.DrawFn, shape: Shape, *, max_defects: int = 6) -> Runs:
    """Draw masks that do not overlap, as an image of labels holds them; each has a pixel, and may have several parts.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the frame.
    max_defects : int
        Masks are at most this many, and may be none.
    """
    return label_image_to_runs(draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, max_defects))))[0]


@st.composite
def boxes_as_runs(draw: st.DrawFn, shape: Shape, *, max_defects: int = 6) -> Runs:
    """Draw masks that are filled boxes, which any format that holds outlines can hold.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the frame.
    max_defects : int
        Masks are at most this many, and may be none.
    """
    masks = []
    for _ in range(draw(st.integers(0, max_defects))):
        top, left = (draw(st.integers(0, side - 1)) for side in shape)
        bottom, right = draw(st.integers(top + 1, shape[0])), draw(st.integers(left + 1, shape[1]))
        mask = np.zeros(shape, np.bool_)
        mask[top:bottom, left:right] = True
        masks.append(mask)
    return masks_to_runs(masks)


@st.composite
def polygons(draw: st.DrawFn, shape: Shape, *, margin: float = 0.0, max_defects: int = 6) -> Polygons:
    """Draw polygons of three vertices or more: convex or not, self-crossing or not, some defects without one.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the frame, in pixels.
    margin : float
        How far vertices may lie outside the frame, in pixels.
    max_defects : int
        Polygons are at most this many, and may be none.
    """
    row, col = (st.floats(-margin, side + margin, allow_nan=False, width=32) for side in shape)
    ring = st.lists(st.tuples(row, col), min_size=3, max_size=10)
    return Polygons.from_list(draw(st.lists(st.none() | ring, max_size=max_defects)))


@st.composite
def instances(
    draw: st.DrawFn,
    shape: Shape | None = None,
    *,
    types: Sequence[str] = TYPES,
    masks: st.SearchStrategy[Runs] | None = None,
    scores: st.SearchStrategy[float] | None = None,
) -> Instances:
    """Draw the defects of one image.

    Parameters
    ----------
    shape : (int, int), optional
        Height and width of the image; any by default.
    types : sequence of str
        The table of types; each defect has one of them.
    masks : strategy for Runs, optional
        Where the masks come from; by default :func:`runs` of at least one pixel each.
    scores : strategy for float, optional
        Where scores come from; by default there are none, as in labels.

    Examples
    --------
    >>> predicted = instances((8, 8), scores=st.floats(0, 1))
    """
    frame = draw(shapes()) if shape is None else shape
    given = draw(runs(frame, min_area=1) if masks is None else masks)
    n = len(given)
    types = as_names(types)
    codes = draw(st.lists(st.integers(0, len(types) - 1), min_size=n, max_size=n))
    found: dict[str, Any] = {}
    if scores is not None:
        found["scores"] = np.array(draw(st.lists(scores, min_size=n, max_size=n)), np.float64)
    return Instances(shape=frame, types=types, type_codes=np.array(codes, np.int16), runs=given, **found)


@st.composite
def label_sets(
    draw: st.DrawFn,
    *,
    each: st.SearchStrategy[Instances] | None = None,
    min_images: int = 1,
    max_images: int = 3,
    types: Sequence[str] = TYPES,
) -> LabelSet:
    """Draw a label set of the built-in taxonomy; images without a defect, or not fully read, among the others.

    Parameters
    ----------
    each : strategy for Instances, optional
        Where the labels of an image come from; by default :func:`instances` with ``types``.
    min_images, max_images : int
        How many images it speaks of.
    types : sequence of str
        The table of types.
    """
    names = draw(st.lists(NAMES, min_size=min_images, max_size=max_images, unique=True))
    return LabelSet(
        name=draw(NAMES),
        version=str(draw(st.integers(1, 9))),
        instances={name: draw(instances(types=types) if each is None else each) for name in names},
        refused={name: draw(st.just(0) | st.integers(0, 5)) for name in names},
    )


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    """Draw a calibration: square pixels or not, with or without a foil thickness, from any source."""
    size = st.floats(1e-3, 1e3, allow_nan=False, allow_infinity=False)
    size_y = draw(size)
    size_x = draw(st.just(size_y) | size)
    thickness = draw(st.none() | st.floats(1, 1e3))
    return Calibration(
        pixel_size_y=f"{size_y!r} nm/px",
        pixel_size_x=f"{size_x!r} nm/px",
        pixel_size_source=draw(st.sampled_from(Source)),
        foil_thickness=None if thickness is None else f"{thickness!r} nm",
        foil_thickness_source=None if thickness is None else draw(st.sampled_from(Source)),
    )


@st.composite
def images(
    draw: st.DrawFn, shape: Shape | None = None, *, dtypes: Sequence[str] = DTYPES, calibrated: bool | None = None
) -> Image:
    """Draw an image in memory.

    Parameters
    ----------
    shape : (int, int), optional
        Height and width; any by default.
    dtypes : sequence of str
        The dtypes of its pixels to choose from; floating pixels are finite.
    calibrated : bool, optional
        Whether it has a calibration; either by default.
    """
    frame = draw(shapes()) if shape is None else shape
    dtype = np.dtype(draw(st.sampled_from(as_names(dtypes))))
    elements: dict[str, Any] = {"allow_nan": False, "allow_infinity": False} if dtype.kind == "f" else {}
    wanted = draw(st.booleans()) if calibrated is None else calibrated
    return Image.from_array(
        draw(NAMES),
        draw(hnp.arrays(dtype, frame, elements=hnp.from_dtype(dtype, **elements))),
        calibration=draw(calibrations()) if wanted else None,
    )
