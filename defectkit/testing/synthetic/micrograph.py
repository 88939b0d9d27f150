"""One synthetic micrograph with its truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from defectkit.errors import RecordError
from defectkit.records.calibration import Calibration
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.specimen import Specimen
from defectkit.testing.synthetic.acquisition import Acquisition, Pixels, background, expose
from defectkit.testing.synthetic.drawing import defect_depth, line_depth
from defectkit.testing.synthetic.populations import POPULATIONS, Population
from defectkit.testing.synthetic.scene import Scene, draw_scene
from defectkit.units import AREAL_DENSITY, QuantityLike, as_pixel_size, as_quantity

Seed = int | np.random.SeedSequence

DENSITIES: Mapping[str, QuantityLike] = {
    "bdot": "1.3e-4 nm^-2",
    "loop_111": "0.9e-4 nm^-2",
    "loop_100": "0.5e-4 nm^-2",
}
"""Areal densities that are drawn from where nothing else is asked for."""


@attrs.frozen(kw_only=True, eq=False)
class SyntheticPixels:
    """Pixels that are drawn each time they are read, always the same.

    Parameters
    ----------
    scene : Scene
        The defects.
    acquisition : Acquisition
    n_lines : int
        Number of dislocation lines.
    seed : numpy.random.SeedSequence
        Of background, lines and noise.
    """

    scene: Scene
    acquisition: Acquisition
    n_lines: int
    seed: np.random.SeedSequence

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.scene.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the pixels."""
        return self.acquisition.dtype

    def read(self) -> Pixels:
        """Draw the pixels."""
        of_field, of_defects, of_lines, of_noise = (np.random.default_rng(s) for s in children(self.seed, 4))
        scale = self.scene.pixel_size_nm
        depth = defect_depth(self.scene, of_defects) + line_depth(self.shape, scale, self.n_lines, of_lines)
        clear = background(self.shape, scale, self.acquisition, of_field)
        return expose(clear * np.exp(-depth), self.acquisition, of_noise)


def children(seed: Seed, n: int) -> list[np.random.SeedSequence]:
    """Return ``n`` seeds that depend on ``seed`` and their number alone, however often they are asked for."""
    parent = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    return [np.random.SeedSequence(parent.entropy, spawn_key=(*parent.spawn_key, i)) for i in range(n)]


def synthetic_micrograph(
    seed: Seed = 0,
    *,
    name: str = "synthetic",
    shape: tuple[int, int] = (1024, 1024),
    pixel_size: QuantityLike = "0.478516 nm/px",
    foil_thickness: QuantityLike | None = "100 nm",
    counts: Mapping[str, int] | None = None,
    densities: Mapping[str, QuantityLike] | None = None,
    populations: Mapping[str, Population] = POPULATIONS,
    n_lines: int = 3,
    acquisition: Acquisition | None = None,
    specimen: Specimen | None = None,
) -> tuple[Image, Instances]:
    """Return a micrograph of an irradiated foil and the truth about it.

    Black dots, <111> loops (one dark elliptical edge), open <100> loops (two edges) and edge-on <100> loops (thin and
    solid) lie on an uneven background with thickness fringes, a bend contour, noise, and dislocation lines that are
    not labelled.

    Parameters
    ----------
    seed : int or numpy.random.SeedSequence
    name : str
        Of the image.
    shape : tuple of int
        Height and width in pixels.
    pixel_size, foil_thickness : str or pint.Quantity
    counts : mapping of str to int, optional
        Exactly so many defects by type: ``bdot``, ``loop_111``, ``loop_100_open``, ``loop_100_solid``, or
        ``loop_100`` for a mixture of the two.
    densities : mapping of str to str or pint.Quantity, optional
        Expected areal densities by type, where ``counts`` is not given; the numbers are drawn from Poisson
        distributions. :data:`DENSITIES` unless given.
    populations : mapping of str to Population
        Sizes and looks, by the name that is counted under: usually the type, another one for a second population of it.
    n_lines : int
        Number of dislocation lines.
    acquisition : Acquisition, optional
        Noise, background and bit depth.
    specimen : Specimen, optional

    Returns
    -------
    image : Image
        Its pixels are drawn when they are read, and again at each reading.
    truth : Instances
        With the outline of each defect, an ellipse cut at the frame, and the mask that it encloses.

    Raises
    ------
    RecordError
        If both ``counts`` and ``densities`` are given, a count is negative, or a side has fewer than 8 pixels.
    UnknownDefectTypeError
        If there is no population for a type.

    Examples
    --------
    >>> image, truth = synthetic_micrograph(1, shape=(128, 128), counts={"bdot": 4, "loop_111": 1})
    >>> image.shape, image.dtype, len(truth)
    ((128, 128), dtype('uint8'), 5)
    """
    if counts is not None and densities is not None:
        raise RecordError("synthetic micrograph: give either counts or densities, not both")
    if min(shape) < 8:
        raise RecordError(f"synthetic micrograph: a frame of {shape} pixels is too small; 8 a side are needed")
    calibration = Calibration.square(as_pixel_size(pixel_size), foil_thickness=foil_thickness)
    of_counts, of_scene, of_pixels = children(seed, 3)
    scene = draw_scene(
        np.random.default_rng(of_scene),
        shape=shape,
        pixel_size_nm=calibration.pixel_size_nm[0],
        counts=(
            counts
            if counts is not None
            else draw_counts(of_counts, DENSITIES if densities is None else densities, calibration, shape)
        ),
        populations=populations,
    )
    source = SyntheticPixels(scene=scene, acquisition=acquisition or Acquisition(), n_lines=n_lines, seed=of_pixels)
    image = Image(name=name, source=source, calibration=calibration, specimen=specimen or Specimen())
    return image, scene.truth()


def draw_counts(
    seed: Seed, densities: Mapping[str, QuantityLike], calibration: Calibration, shape: tuple[int, int]
) -> dict[str, int]:
    """Return Poisson numbers of defects by type for expected areal densities."""
    rng = np.random.default_rng(seed)
    area_nm2 = float(calibration.field_area(shape).magnitude)
    return {
        name: int(rng.poisson(area_nm2 * float(as_quantity(value, AREAL_DENSITY, what=f"density of {name}").magnitude)))
        for name, value in densities.items()
    }
