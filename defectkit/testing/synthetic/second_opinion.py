"""A second opinion: the same images labelled by somebody who disagrees in known ways."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.testing.synthetic.micrograph import Seed, children
from defectkit.testing.synthetic.populations import POPULATIONS
from defectkit.testing.synthetic.scene import N_VERTICES, TYPES, clip_convex

Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True)
class Disagreement:
    """How a second annotator departs from the first, in numbers of defects over the whole set.

    Parameters
    ----------
    missed : mapping of str to int
        Defects of a type that are left out.
    added : mapping of str to int
        Defects of a type that the first annotator did not draw, at random places.
    retyped : mapping of (str, str) to int
        Defects of the first type that are called the second.
    shift_px : float
        Standard deviation of the displacement of each outline, along each axis.
    scale : tuple of two float
        Mean and standard deviation of the factor by which outlines are larger.
    """

    missed: Mapping[str, int] = attrs.field(factory=dict)
    added: Mapping[str, int] = attrs.field(factory=dict)
    retyped: Mapping[tuple[str, str], int] = attrs.field(factory=dict)
    shift_px: float = 0.8
    scale: tuple[float, float] = (1.06, 0.06)


def second_opinion(
    labels: LabelSet,
    disagreement: Disagreement,
    *,
    seed: Seed,
    name: str,
    pixel_sizes_nm: Mapping[str, float],
    version: str = "1",
    seen: Mapping[str, Instances] = MappingProxyType({}),
) -> LabelSet:
    """Return ``labels`` as another annotator would have drawn them.

    Parameters
    ----------
    labels : LabelSet
        With a polygon for each defect.
    disagreement : Disagreement
        Types count with their sub-types: 5 missed of ``loop_100`` may be open or solid.
    seed : int or numpy.random.SeedSequence
    name, version : str
        Of the new set.
    pixel_sizes_nm : mapping of str to float
        By image: added defects have sizes in nm.
    seen : mapping of str to Instances
        By image, with polygons: features that the images show, which only the second annotator takes for defects.

    Returns
    -------
    LabelSet
        Of the same images; the numbers of :class:`Disagreement` hold exactly, and what is ``seen`` comes on top.

    Raises
    ------
    RecordError
        If more defects of a type are to be missed and retyped than there are.
    """
    of_fate, of_drawing, of_added = (np.random.default_rng(s) for s in children(seed, 3))
    where = [(image, i) for image in labels for i in range(len(labels[image]))]
    types = [labels[image].types[labels[image].type_codes[i]] for image, i in where]
    fates = _fates([labels.taxonomy.root(t) for t in types], types, disagreement, of_fate)
    outlines: dict[str, list[Floats]] = {image: [] for image in labels}
    names: dict[str, list[str]] = {image: [] for image in labels}
    for (image, i), fate in zip(where, fates, strict=True):
        drawn = _redrawn(labels[image].polygons.ring(i), labels[image].shape, disagreement, of_drawing)
        if fate:
            outlines[image].append(drawn)
            names[image].append(fate)
    for image, features in seen.items():
        for i, kind in enumerate(features.type_names):
            ring = features.polygons.ring(i)
            outlines[image].append(_redrawn(ring, labels[image].shape, disagreement, of_drawing))
            names[image].append(kind)
    for kind, n in disagreement.added.items():
        for _ in range(n):
            image = labels.images[int(of_added.integers(len(labels)))]
            outlines[image].append(_imagined(kind, labels[image].shape, pixel_sizes_nm[image], of_added))
            names[image].append(kind)
    return LabelSet(
        name=name,
        version=version,
        instances={
            image: Instances.from_polygons(
                outlines[image], types=names[image], shape=labels[image].shape, known_types=TYPES
            )
            for image in labels
        },
        taxonomy=labels.taxonomy,
        annotator="a second synthetic annotator",
        description=f"the images of {labels.key} labelled anew, with known disagreement",
    )


def _fates(roots: list[str], types: list[str], disagreement: Disagreement, rng: np.random.Generator) -> list[str]:
    """Return what each defect is called by the second annotator; an empty name where it is missed."""
    fates = list(types)
    for kind in dict.fromkeys((*disagreement.missed, *(source for source, _ in disagreement.retyped))):
        new_names = [""] * disagreement.missed.get(kind, 0)
        for (source, target), n in disagreement.retyped.items():
            new_names += [target] * n if source == kind else []
        of_kind = [k for k, root in enumerate(roots) if root == kind]
        if len(new_names) > len(of_kind):
            raise RecordError(
                f"second opinion: {len(new_names)} defects of type {kind!r} are to be missed or retyped, "
                f"but there are {len(of_kind)}"
            )
        for place, new_name in zip(rng.permutation(len(of_kind)), new_names, strict=False):
            fates[of_kind[place]] = new_name
    return fates


def _redrawn(ring: Floats, shape: tuple[int, int], disagreement: Disagreement, rng: np.random.Generator) -> Floats:
    """Return an outline as the second annotator draws it: displaced, and larger or smaller."""
    shift = disagreement.shift_px * rng.standard_normal(2)
    factor = max(0.5, disagreement.scale[0] + disagreement.scale[1] * rng.standard_normal())
    center = ring.mean(axis=0)
    moved = np.clip(center + shift, 1.0, np.array(shape) - 1.0)
    return clip_convex(np.round(moved + factor * (ring - center), 3), shape)


def _imagined(kind: str, shape: tuple[int, int], pixel_size_nm: float, rng: np.random.Generator) -> Floats:
    """Return the outline of a defect that nobody else sees."""
    population = POPULATIONS["loop_100_open" if kind == "loop_100" else kind]
    major = population.draw_major_nm(1, rng)[0] / (2 * pixel_size_nm)
    minor = max(major * rng.uniform(*population.aspect), 1.5)
    center, angle = 1 + rng.random(2) * (np.array(shape) - 2.0), rng.uniform(0, np.pi)
    turn = np.arange(N_VERTICES) * (2 * np.pi / N_VERTICES)
    along, across = major * np.cos(turn), minor * np.sin(turn)
    rows = center[0] + along * np.sin(angle) + across * np.cos(angle)
    cols = center[1] + along * np.cos(angle) - across * np.sin(angle)
    return clip_convex(np.round(np.stack([rows, cols], axis=1), 3), shape)
