"""Scene: which defects lie where in a synthetic micrograph, before any pixel is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError, UnknownDefectTypeError
from defectkit.records.instances import Instances
from defectkit.testing.synthetic.populations import POPULATIONS, Population, split_loop_100

Floats = NDArray[np.float64]

TYPES = ("bdot", "loop_111", "loop_100", "loop_100_open", "loop_100_solid")
"""The table of types of every synthetic label set."""

N_VERTICES = 48
THINNEST_PX = 2.2
"""Nothing thinner is drawn: nobody could outline it."""
CLOSEST = 0.6
"""Centers are at least this part of the mean of two minor semi-axes apart, wherever that can be had."""
TRIES = 30


@attrs.frozen(kw_only=True, eq=False)
class Scene:
    """The defects of one synthetic micrograph, N of them.

    Parameters
    ----------
    shape : tuple of int
        Height and width in pixels.
    pixel_size_nm : float
    populations : tuple of Population
        What ``members`` index.
    members : array of int, shape (N,)
    centers, semi_axes : array of float, shape (N, 2)
        Row and column, and outer major and minor semi-axis, in pixels.
    angles : array of float, shape (N,)
        From the column axis to the major axis, in radians.
    depths : array of float, shape (N,)
        Optical depth.
    """

    shape: tuple[int, int]
    pixel_size_nm: float
    populations: tuple[Population, ...]
    members: NDArray[np.int64]
    centers: Floats
    semi_axes: Floats
    angles: Floats
    depths: Floats

    def __len__(self) -> int:
        return len(self.members)

    def outlines(self) -> list[Floats]:
        """Return the outline of each defect, cut at the frame: (K, 2) vertices row, col."""
        turn = np.arange(N_VERTICES) * (2 * np.pi / N_VERTICES)
        unit = np.stack([np.sin(turn), np.cos(turn)], axis=1)
        outlines = []
        for center, (major, minor), angle in zip(self.centers, self.semi_axes, self.angles, strict=True):
            along, across = unit[:, 1] * major, unit[:, 0] * minor
            ring = np.stack(
                [
                    center[0] + along * np.sin(angle) + across * np.cos(angle),
                    center[1] + along * np.cos(angle) - across * np.sin(angle),
                ],
                axis=1,
            )
            outlines.append(clip_convex(np.round(ring, 3), self.shape))
        return outlines

    def truth(self) -> Instances:
        """Return the labels: the outline of each defect and the mask it encloses."""
        return Instances.from_polygons(
            self.outlines(),
            types=[self.populations[m].type for m in self.members],
            shape=self.shape,
            known_types=TYPES,
        )


def draw_scene(
    rng: np.random.Generator,
    *,
    shape: tuple[int, int],
    pixel_size_nm: float,
    counts: Mapping[str, int],
    populations: Mapping[str, Population] = POPULATIONS,
) -> Scene:
    """Return a scene with exactly as many defects of each type as ``counts`` says; masks may overlap.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : tuple of int
        Height and width in pixels.
    pixel_size_nm : float
    counts : mapping of str to int
        By the name of the population; ``loop_100`` is parted into its two looks. Defects come in the order of
        ``populations``.
    populations : mapping of str to Population
        By the name that is counted under: usually the type, another one for a second population of a type.

    Raises
    ------
    UnknownDefectTypeError
        If there is no population for a type.
    RecordError
        If a count is negative.
    """
    wanted = split_loop_100(counts)
    for name, n in wanted.items():
        if name not in populations:
            raise UnknownDefectTypeError.of("synthetic defect type", name, (*populations, "loop_100"))
        if n < 0:
            raise RecordError(f"synthetic micrograph: {n} defects of type {name!r} cannot be drawn")
    kinds = tuple(populations.values())
    numbers = [wanted.get(name, 0) for name in populations]
    members = np.repeat(np.arange(len(kinds)), numbers)
    majors = [kind.draw_major_nm(n, rng) for kind, n in zip(kinds, numbers, strict=True)]
    major = np.concatenate([np.zeros(0), *majors]) / (2 * pixel_size_nm)
    low, high = (np.array([kind.aspect[end] for kind in kinds])[members] for end in (0, 1))
    minor = major * rng.uniform(low, high)
    semi_axes = np.maximum(np.stack([major, minor], axis=1), THINNEST_PX / 2)
    least, most = (np.array([kind.depth[end] for kind in kinds])[members] for end in (0, 1))
    return Scene(
        shape=shape,
        pixel_size_nm=pixel_size_nm,
        populations=kinds,
        members=members,
        centers=scatter(rng, semi_axes[:, 1], shape),
        semi_axes=semi_axes,
        angles=rng.uniform(0, np.pi, len(members)),
        depths=rng.uniform(least, most),
    )


def scatter(rng: np.random.Generator, radii: Floats, shape: tuple[int, int]) -> Floats:
    """Return centers (N, 2) spread over the frame, none almost on top of another as long as there is room."""
    centers = np.zeros((len(radii), 2))
    inside = np.array(shape) - 2.0
    for i, radius in enumerate(radii):
        candidates = 1.0 + rng.random((TRIES, 2)) * inside
        gaps = np.linalg.norm(candidates[:, None] - centers[None, :i], axis=2) / (radius + radii[:i]) * 2
        clear = np.flatnonzero(np.all(gaps >= CLOSEST, axis=1))
        centers[i] = candidates[clear[0] if len(clear) else -1]
    return centers


def clip_convex(ring: Floats, shape: tuple[int, int]) -> Floats:
    """Return the part of a convex ring (K, 2) that lies in the frame, by Sutherland and Hodgman's algorithm."""
    for axis, bound, sign in ((0, 0.0, 1), (0, float(shape[0]), -1), (1, 0.0, 1), (1, float(shape[1]), -1)):
        inward = sign * (ring[:, axis] - bound)
        if (inward >= 0).all():
            continue
        kept = []
        for k in range(len(ring)):
            here, there = inward[k], inward[(k + 1) % len(ring)]
            if here >= 0:
                kept.append(ring[k])
            if (here < 0) != (there < 0):
                crossing = ring[k] + (ring[(k + 1) % len(ring)] - ring[k]) * (here / (here - there))
                crossing[axis] = bound
                kept.append(crossing)
        ring = np.array(kept).reshape(-1, 2)
    return ring
