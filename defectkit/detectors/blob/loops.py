"""Open loops: bright regions enclosed by a dark line, taken with the line as one filled ellipse."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.blob.candidates import Candidate, inside_frame
from defectkit.detectors.blob.ellipses import ellipses_of, power_sums

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Labels = NDArray[Any]
Boxes = list[tuple[slice, ...]]

MIN_ELLIPTICITY = 0.955
"""What is less elliptic is no loop: a mesh of lines, a corner between defects."""
MAX_ELONGATION = 5.0
THICKEST_LINE = 2.5
"""The dark line of a loop is at most this many times as thick as the smallest defect."""
SMALLEST_HOLE = 0.6
"""The bright inside of a loop is at least this many times as wide as the smallest defect."""
GAP = 0.5
"""Gaps in a line up to this many times the smallest defect are closed."""
BESIDE = 0.4
"""A line is faint beside its dark part over this many times the smallest defect."""
LARGER, NESTED = 0.01, 0.05
"""How much less elliptic a group may be than a part of it and yet come first: a region more, one that encloses all."""
MOST_SHARED = 2
"""A loop may share regions with so many loops found before it."""
ENCLOSED = 0.4
"""At least this part of the border of a region is line; the rest may be the border of the image."""


@attrs.frozen(kw_only=True, eq=False)
class Lines:
    """The dark lines and blobs of a working image.

    Parameters
    ----------
    dark : array of bool
        Where it is dark against its neighborhood.
    smooth, noise : array of float32
        The smoothed darkness and its noise.
    spacing_nm : float
        Edge of a pixel.
    """

    dark: Bools
    smooth: Floats
    noise: Floats
    spacing_nm: float


def dark_lines(
    smooth: Floats, noise: Floats, *, spacing_nm: float, min_nm: float, edge_level: float, low: float, high: float
) -> Lines:
    """Return what is darker than ``low`` times the noise and than ``edge_level`` of the darkest place near by.

    Connected parts that nowhere reach ``high`` times the noise are left out, and short gaps are closed.
    """
    from scipy import ndimage

    reach = max(1, round(min_nm / spacing_nm))
    near = ndimage.maximum_filter(smooth, size=2 * reach + 1)
    dark = (smooth > low * noise) & (smooth > edge_level * near)
    parts, n_parts = ndimage.label(_closed(dark, GAP * min_nm / spacing_nm), np.ones((3, 3)))
    if n_parts:
        strong = np.zeros(n_parts + 1, dtype=bool)
        strong[np.unique(parts[dark & (smooth >= high * noise)])] = True
        strong[0] = False
        dark = strong[parts]
    return Lines(dark=dark, smooth=smooth, noise=noise, spacing_nm=spacing_nm)


def _closed(mask: Bools, radius: float) -> Bools:
    """Return the closing of ``mask`` with an octagon of about this radius in pixels."""
    from scipy.ndimage import binary_dilation, binary_erosion, generate_binary_structure

    steps = max(1, round(radius))
    shapes = [generate_binary_structure(2, 1 + (step % 2)) for step in range(steps)]
    closed: Bools = np.pad(mask, steps + 1)
    for shape in shapes:
        closed = binary_dilation(closed, shape)
    for shape in reversed(shapes):
        closed = binary_erosion(closed, shape, border_value=1)
    return closed[steps + 1 : -steps - 1, steps + 1 : -steps - 1]


def find_loops(lines: Lines, *, min_nm: float, max_nm: float) -> tuple[list[Candidate], Bools]:
    """Return the open loops, and where in the image their lines are.

    Each bright region that a dark line encloses is taken with its share of the line. A loop that others cross is cut
    into several regions, and one with a double edge has a region inside another: so all connected groups of up to three
    regions are tried too, and the most elliptic are taken.

    Notes
    -----
    The thickness of the line around a region is four times the median distance of its pixels from its edges: across a
    line of thickness t these distances are uniform between 0 and t / 2.
    """
    regions = _bright_regions(lines, min_nm, max_nm)
    outline = np.zeros_like(lines.dark)
    if regions is None:
        return [], outline
    owner, boxes = regions
    sums = power_sums(owner, len(boxes))
    groups = _connected_groups(owner, len(boxes))
    ellipses = ellipses_of(np.array([sums[list(group)].sum(axis=0) for group in groups]))
    size_nm = ellipses.major * lines.spacing_nm
    fitting = np.flatnonzero(
        (ellipses.ellipticity >= MIN_ELLIPTICITY)
        & (size_nm >= min_nm)
        & (size_nm <= max_nm)
        & (ellipses.elongation <= MAX_ELONGATION)
    )
    bonus = np.array([LARGER * len(group) + NESTED * _is_nested(group, boxes) for group in groups])
    best_first = fitting[np.argsort(-(ellipses.ellipticity + bonus)[fitting], kind="stable")]
    loops: list[Candidate] = []
    taken: list[frozenset[int]] = []
    for i in best_first:
        group = frozenset(groups[i])
        if any(group <= other or other <= group for other in taken):
            continue
        if sum(bool(group & other) for other in taken) > MOST_SHARED:
            continue
        taken.append(group)
        loop = _loop(lines, owner, boxes, group, float(ellipses.ellipticity[i]), min_nm)
        place = np.s_[loop.top : loop.top + loop.mask.shape[0], loop.left : loop.left + loop.mask.shape[1]]
        outline[place] |= loop.dark
        loops.append(loop)
    return loops, outline


def without_outlines(dark: Floats, outline: Bools, *, spacing_nm: float, min_nm: float) -> tuple[Floats, Bools]:
    """Return the darkness with the lines of loops, and what is faint beside them, put to that of the foil; and where.

    So a loop's line is neither taken for a blob, nor smeared into its inside by smoothing.
    """
    from scipy.ndimage import binary_dilation

    beside = (
        binary_dilation(outline, iterations=max(1, round(BESIDE * min_nm / spacing_nm))) if outline.any() else outline
    )
    return np.where(beside, np.float32(0.0), dark), beside


def _bright_regions(lines: Lines, min_nm: float, max_nm: float) -> tuple[Labels, Boxes] | None:
    """Return the enclosed bright regions, each with its share of the line around it, and their boxes without it."""
    from scipy import ndimage

    scale = lines.spacing_nm
    closed_frame = np.pad(lines.dark, 1, constant_values=True)
    labels = ndimage.label(~closed_frame)[0][1:-1, 1:-1]
    boxes = ndimage.find_objects(labels)
    if not boxes:
        return None
    areas = np.bincount(labels.ravel(), minlength=len(boxes) + 1)
    extents = np.array([max(b.stop - b.start for b in box) for box in boxes])
    fits = (areas[1:] >= max(4.0, (SMALLEST_HOLE * min_nm / scale) ** 2)) & (extents <= max_nm / scale)
    fits &= _enclosed(labels, lines.dark, len(boxes))
    if not fits.any():
        return None
    renumbered = np.concatenate([[0], np.where(fits, np.cumsum(fits), 0)])
    bright = renumbered[labels].astype(np.int32)
    kept = [box for box, fit in zip(boxes, fits, strict=True) if fit]
    thickest = THICKEST_LINE * min_nm / scale
    half = ndimage.distance_transform_edt(closed_frame)[1:-1, 1:-1]
    distance, nearest = ndimage.distance_transform_edt(bright == 0, return_indices=True)
    neighbor = bright[tuple(nearest)]
    in_reach = lines.dark & (distance <= thickest)
    medians = ndimage.median(half, np.where(in_reach, neighbor, 0), np.arange(1, len(kept) + 1))
    thickness = np.concatenate([[0.0], np.clip(4 * np.nan_to_num(medians), 1.5, thickest)])
    mine = lines.dark & (distance <= thickness[neighbor] + 0.5)
    return np.where(mine, neighbor, bright), kept


def _enclosed(labels: Labels, dark: Bools, n: int) -> Bools:
    """Return which of ``n`` regions border on a dark line rather than on the edge of the image."""
    from scipy.ndimage import binary_dilation

    at_line = np.bincount(labels[binary_dilation(dark)], minlength=n + 1)[1:]
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    at_frame = np.bincount(edges, minlength=n + 1)[1:]
    enclosed: Bools = at_line >= ENCLOSED * (at_line + at_frame)
    return enclosed


def _connected_groups(owner: Labels, n: int) -> list[tuple[int, ...]]:
    """Return all groups of one, two or three regions that touch."""
    pairs: set[tuple[int, int]] = set()
    for a, b in (
        (owner[1:], owner[:-1]),
        (owner[:, 1:], owner[:, :-1]),
        (owner[1:, 1:], owner[:-1, :-1]),
        (owner[1:, :-1], owner[:-1, 1:]),
    ):
        differ = (a != b) & (a > 0) & (b > 0)
        touching = np.unique(np.sort(np.stack([a[differ], b[differ]], axis=1), axis=1), axis=0)
        pairs.update((int(i), int(j)) for i, j in touching)
    neighbors: dict[int, set[int]] = {i: set() for i in range(1, n + 1)}
    for i, j in pairs:
        neighbors[i].add(j)
        neighbors[j].add(i)
    triples = {tuple(sorted((i, j, k))) for i, j in pairs for k in (neighbors[i] | neighbors[j]) - {i, j}}
    return [*((i,) for i in range(1, n + 1)), *sorted(pairs), *sorted(triples)]


def _is_nested(group: tuple[int, ...], boxes: Boxes) -> bool:
    """Return whether the box of one region of a group encloses those of all others."""
    mine = [boxes[g - 1] for g in group]
    return len(mine) > 1 and any(
        all(a.start <= b.start and b.stop <= a.stop for other in mine for a, b in zip(box, other, strict=True))
        for box in mine
    )


def _loop(
    lines: Lines,
    owner: Labels,
    boxes: Boxes,
    group: frozenset[int],
    ellipticity: float,
    min_nm: float,
) -> Candidate:
    from scipy.ndimage import binary_fill_holes

    margin = int(THICKEST_LINE * min_nm / lines.spacing_nm) + 3
    mine = [boxes[g - 1] for g in group]
    top, left = (max(0, min(box[axis].start for box in mine) - margin) for axis in (0, 1))
    bottom, right = (max(box[axis].stop for box in mine) + margin for axis in (0, 1))
    place = np.s_[top:bottom, left:right]
    mask = binary_fill_holes(np.isin(owner[place], list(group)))
    mask, top, left = inside_frame(mask, top, left, owner.shape)
    dark = mask & lines.dark[place]
    ratio = float(lines.smooth[place][dark].mean() / max(lines.noise[place][dark].mean(), 1e-12)) if dark.any() else 0.0
    return Candidate(
        mask=mask, dark=dark, top=top, left=left, contrast_to_noise=ratio, ellipticity=ellipticity, is_loop=True
    )
