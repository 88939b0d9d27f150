"""Sets: the images that results are reported on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping

import attrs
import numpy as np

from defectkit.detectors.learning.parts import REAL_SETS, Part, real_part
from defectkit.errors import DatasetWarning
from defectkit.records import Image, Instances, Taxonomy
from defectkit.testing.synthetic import Acquisition, synthetic_micrograph

TITLES = {
    "ti-new": "titanium, newer labels",
    "ti-old": "titanium, older labels",
    "steel": "316L steel",
    "emps": "EMPS",
    "synthetic": "synthetic FeCrAl",
}
PIXELS = "1 nm/px"
"""What images without a pixel size are given, for detectors that need one."""
FIRST_SEED = {Part.TUNING: 5000, Part.REPORTING: 9000}
N_DRAWN = 16
SHAPE = (640, 640)
NM2_OF_ONE = {"bdot": 3500, "loop_111": 7000, "loop_100": 9000}
"""Area of foil that one defect has, where there are many."""


@attrs.frozen(kw_only=True, eq=False)
class QualitySet:
    """Images and what is in them, by name of the image."""

    name: str
    images: Mapping[str, Image]
    truth: Mapping[str, Instances]


def quality_set(name: str, part: Part = Part.REPORTING) -> QualitySet:
    """Return one of :data:`TITLES`."""
    pairs = list(_real(name, part) if name in REAL_SETS else drawn(FIRST_SEED[part], N_DRAWN))
    return QualitySet(name=name, images={i.name: i for i, _ in pairs}, truth={i.name: t for i, t in pairs})


def _real(name: str, part: Part) -> Iterator[tuple[Image, Instances]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DatasetWarning)  # that files are missing stands in the document
        for item in real_part(name, part):
            image = item.image
            if image.calibration is None:
                image = Image.from_array(image.name, np.asarray(image.pixels), pixel_size=PIXELS)
            yield image, item.instances


def drawn(first_seed: int, n: int) -> Iterator[tuple[Image, Instances]]:
    """Yield synthetic micrographs of FeCrAl of many magnifications, doses, backgrounds and contrasts."""
    for seed in range(first_seed, first_seed + n):
        rng = np.random.default_rng(seed)
        pixel_nm = float(np.exp(rng.uniform(*np.log([0.3, 1.0]))))
        acquisition = Acquisition(
            electrons=float(np.exp(rng.uniform(*np.log([60, 500])))),
            unevenness=rng.uniform(0.05, 0.2),
            bend_depth=rng.uniform(0, 0.7),
            mottle=float(np.exp(rng.uniform(*np.log([0.01, 0.1])))),
            fringes=rng.uniform(0, 0.08),
            level=rng.uniform(0.4, 0.8),
        )
        area = SHAPE[0] * SHAPE[1] * pixel_nm**2
        shares = rng.dirichlet([1, 1, 1]) * rng.uniform(0.5, 1.6)
        counts = {kind: int(s * area / one) for s, (kind, one) in zip(shares, NM2_OF_ONE.items(), strict=True)}
        image, truth = synthetic_micrograph(
            seed,
            name=f"drawn-{seed}",
            shape=SHAPE,
            pixel_size=f"{pixel_nm} nm/px",
            counts=counts,
            acquisition=acquisition,
            n_lines=int(rng.integers(0, 6)),
        )
        yield image, truth.fold_types(Taxonomy.standard(), tuple(NM2_OF_ONE))
