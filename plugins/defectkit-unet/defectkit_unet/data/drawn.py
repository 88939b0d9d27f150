"""Sources that draw: randomised micrographs without end, and synthetic FeCrAl with its three types."""

from __future__ import annotations

from functools import lru_cache

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.records import Image, Instances
from defectkit.synthesis import TYPES, Ellipses, drawn, expose
from defectkit.testing.synthetic import Acquisition, synthetic_micrograph
from defectkit_unet.data.crop import Crop
from defectkit_unet.data.warping import Scene, turn, visible, warp

BACKDROP_PART = 0.2
"""Part of the randomised images that have a real ground."""
BACKDROP_SCALES = (0.35, 1.3)
ENLARGED_PART, ENLARGED_SCALES = 0.15, (1.5, 4.0)
"""In this part of the randomised images defects are too large for the scale, and there is nothing to find in them."""
FECRAL_SIDE = 448
FECRAL_SHARED = 12
"""Crops that are cut of each synthetic micrograph, one after the other in their numbers."""
FECRAL_SCALES = (0.6, 1.5)
FECRAL_PIXEL_SIZES_NM = (0.3, 1.0)
SUB_TYPES = {"loop_100_open": "loop_100", "loop_100_solid": "loop_100"}


@attrs.frozen(kw_only=True, eq=False)
class RandomisedSource:
    """Randomised micrographs, each drawn at the size of a crop and seen once.

    Parameters
    ----------
    backdrops : tuple of Scene
        Real images without defects; a part of what is drawn is drawn on them.
    """

    backdrops: tuple[Scene, ...] = ()

    def crop(self, number: int, side: int, rng: np.random.Generator) -> Crop:
        """Return a new image; ``number`` does not matter."""
        on_real = self.backdrops and rng.random() < BACKDROP_PART
        scene = drawn((side, side), rng, backdrop=self._backdrop(side, rng) if on_real else None)
        if rng.random() < ENLARGED_PART:
            scale = float(np.exp(rng.uniform(*np.log(ENLARGED_SCALES))))
            center = rng.uniform(side / 2 / scale, side - side / 2 / scale, 2)
            crop = warp(Scene.of(scene.pixels, scene.ellipses), scale * turn(rng), center, side)
            return attrs.evolve(crop, pixels=expose(crop.pixels, rng))
        return Crop(
            pixels=expose(scene.pixels, rng),
            ellipses=visible(scene.ellipses, side),
            known=np.ones((side, side), np.float32),
        )

    def _backdrop(self, side: int, rng: np.random.Generator) -> NDArray[np.float32]:
        scene = self.backdrops[int(rng.integers(len(self.backdrops)))]
        scale = float(np.exp(rng.uniform(*np.log(BACKDROP_SCALES))))
        half = side / 2 / scale
        center = np.array(
            [rng.uniform(min(half, length / 2), max(length - half, length / 2)) for length in scene.shape]
        )
        gray = np.log(np.maximum(warp(scene, scale * turn(rng), center, side).pixels, 8.0))
        ground: NDArray[np.float32] = ((gray - gray.mean()) / max(float(gray.std()), 0.02)).astype(np.float32)
        return ground


@attrs.frozen(kw_only=True)
class FecralSource:
    """Crops of synthetic FeCrAl micrographs.

    Parameters
    ----------
    seed : int
        Those that a model is tested on have other seeds.
    """

    seed: int

    def crop(self, number: int, side: int, rng: np.random.Generator) -> Crop:
        """Return a crop of a micrograph that its neighbours in number are cut of as well."""
        scene = _fecral(self.seed, number // FECRAL_SHARED)
        scale = float(np.exp(rng.uniform(*np.log(FECRAL_SCALES))))
        half = min(side / 2 / scale, FECRAL_SIDE / 2)
        center = rng.uniform(half, FECRAL_SIDE - half, 2)
        crop = warp(scene, scale * turn(rng), center, side)
        return crop if rng.random() < 0.5 else attrs.evolve(crop, pixels=expose(crop.pixels, rng))


@lru_cache(maxsize=3)
def _fecral(seed: int, number: int) -> Scene:
    image, truth = fecral_micrograph(seed, number)
    names = [SUB_TYPES.get(name, name) for name in truth.type_names]
    codes = np.array([TYPES.index(name) for name in names], dtype=np.int64)
    ellipses = attrs.evolve(Ellipses.of(truth), types=codes[truth.areas > 0])
    return Scene.of(np.asarray(image.pixels), ellipses)


def fecral_micrograph(seed: int, number: int) -> tuple[Image, Instances]:
    """Return a synthetic FeCrAl micrograph of some magnification, dose, ground and contrast, and its truth."""
    sequence = np.random.SeedSequence([seed, number])
    rng = np.random.default_rng(sequence)
    pixel_size_nm = float(np.exp(rng.uniform(*np.log(FECRAL_PIXEL_SIZES_NM))))
    parts = rng.dirichlet([1, 1, 1]) * rng.uniform(0.5, 1.6) * (FECRAL_SIDE * pixel_size_nm) ** 2
    return synthetic_micrograph(
        sequence,
        shape=(FECRAL_SIDE, FECRAL_SIDE),
        pixel_size=f"{pixel_size_nm} nm/px",
        counts={"bdot": int(parts[0] / 3500), "loop_111": int(parts[1] / 7000), "loop_100": int(parts[2] / 9000)},
        n_lines=int(rng.integers(0, 6)),
        acquisition=Acquisition(
            electrons=float(np.exp(rng.uniform(np.log(60), np.log(500)))),
            unevenness=rng.uniform(0.05, 0.2),
            bend_depth=rng.uniform(0, 0.7),
            mottle=float(np.exp(rng.uniform(np.log(0.01), np.log(0.1)))),
            fringes=rng.uniform(0, 0.08),
            level=rng.uniform(0.4, 0.8),
        ),
    )
