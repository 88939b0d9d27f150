"""A synthetic stand-in for the FeCrAl images of Jacobs et al. (2022): its numbers and calibrations, not its pixels."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError
from defectkit.records.calibration import Calibration, Source
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.records.specimen import Irradiation, Specimen
from defectkit.records.split import Split
from defectkit.short_repr import short_repr
from defectkit.testing.synthetic.acquisition import Acquisition
from defectkit.testing.synthetic.micrograph import Seed, children, synthetic_micrograph
from defectkit.testing.synthetic.populations import POPULATIONS, Population
from defectkit.testing.synthetic.second_opinion import Disagreement, second_opinion

Floats = NDArray[np.float64]
Counts = Mapping[str, int]

TYPES = ("bdot", "loop_111", "loop_100")
EXPANDED: Counts = {"loop_100": 2835, "loop_111": 4602, "bdot": 6238}
DATASET2: Counts = {"loop_100": 754, "loop_111": 2395, "bdot": 1904}
DATASET1: Counts = {"loop_100": 715, "loop_111": 2353, "bdot": 2314}
"""Table 1: numbers of labels in Dataset2 expanded (182 images), Dataset2 and Dataset1 (the same 107 of them)."""
N_FIRST = 107
N_TEST = 22
"""Images of Dataset1 and Dataset2, and of the test side of their initial split."""

MISSED: Counts = {"loop_100": 150, "loop_111": 360, "bdot": 230}
RETYPED: Mapping[tuple[str, str], int] = {
    ("loop_100", "loop_111"): 60,
    ("loop_111", "loop_100"): 72,
    ("loop_111", "bdot"): 48,
    ("bdot", "loop_111"): 19,
}
"""How the synthetic annotators of Dataset1 departed from those of Dataset2; what they add makes up the numbers."""
SHIFT_PX = 0.8
"""How far their outlines are displaced, in pixels of images that are not binned."""


@attrs.frozen(kw_only=True)
class Series:
    """Images of one name, calibration and microscope.

    Parameters
    ----------
    pattern : str
        Name of an image, with a place for its number.
    n_images : int
    pixel_size_nm, thickness_nm : float
        Table 10; a thickness that it does not report is its assumption of 100 nm.
    reported : bool
        Whether Table 10 reports the thickness.
    microscope : str
    alloys : tuple of str
        The alloys that the images show in turn.
    """

    pattern: str
    n_images: int
    pixel_size_nm: float
    thickness_nm: float = 100.0
    reported: bool = False
    microscope: str = "microscope 1"
    alloys: tuple[str, ...]

    def calibration(self, binning: int) -> Calibration:
        """Return the calibration of the images with ``binning`` pixels joined along each side."""
        return Calibration.square(
            f"{self.pixel_size_nm * binning!r} nm/px",
            foil_thickness=f"{self.thickness_nm!r} nm",
            source=Source.PREFIX_TABLE,
            foil_thickness_source=Source.PREFIX_TABLE if self.reported else Source.ASSUMED,
        )


SERIES = (
    Series(
        pattern="2501_300kx_1nm_clhaadf3_{}", n_images=20, pixel_size_nm=0.478516, thickness_nm=77.8, reported=True,
        alloys=("alloy A",),
    ),
    Series(
        pattern="5401_300kx_1nm_clhaadf3_{}", n_images=20, pixel_size_nm=0.478516, thickness_nm=146.5, reported=True,
        alloys=("alloy B",),
    ),
    Series(
        pattern="map{}_70kx", n_images=40, pixel_size_nm=0.880523, thickness_nm=87.5, reported=True,
        alloys=("alloy A", "alloy C"),
    ),
    Series(
        pattern="map{}_70kx_onzap_CL4100", n_images=24, pixel_size_nm=0.880523, thickness_nm=111.7, reported=True,
        alloys=("alloy B", "alloy C"),
    ),
    Series(
        pattern="{}ROI_100kx_4100CL_foil1", n_images=40, pixel_size_nm=0.869141, thickness_nm=113.2, reported=True,
        alloys=("alloy A", "alloy B", "alloy D"),
    ),
    Series(
        pattern="g1_backonzone_{}", n_images=6, pixel_size_nm=0.141602, thickness_nm=87.1, reported=True,
        microscope="microscope 2", alloys=("alloy B",),
    ),
    Series(
        pattern="g2_midonzone_{}", n_images=6, pixel_size_nm=0.141602, thickness_nm=96.3, reported=True,
        microscope="microscope 2", alloys=("alloy C",),
    ),
    Series(
        pattern="200kV_500kx_p2nm_8cm_CL_grain1_{}", n_images=6, pixel_size_nm=0.283203,
        microscope="microscope 2", alloys=("alloy D",),
    ),
    Series(pattern="dalong_{}", n_images=4, pixel_size_nm=0.283203, microscope="microscope 3", alloys=("alloy C",)),
    Series(
        pattern="grid1_roi1_500kx_0p5nm_haadf1_{}", n_images=4, pixel_size_nm=0.283203,
        microscope="microscope 2", alloys=("alloy A",),
    ),
    Series(pattern="BF X500K_{}", n_images=4, pixel_size_nm=0.283203, microscope="microscope 3", alloys=("alloy D",)),
    Series(pattern="0501_300kx_{}", n_images=4, pixel_size_nm=0.478516, alloys=("alloy D",)),
    Series(pattern="K713_300kx_{}", n_images=4, pixel_size_nm=0.478516, alloys=("alloy C",)),
)  # fmt: skip
"""The names, pixel sizes and thicknesses of Table 10; numbers of images, microscopes and alloys are made up."""

ALLOYS: Mapping[str, tuple[float, float, Irradiation, str, str]] = {
    "alloy A": (1.0, 1.0, Irradiation.NEUTRON, "0.8 dpa", "593 kelvin"),
    "alloy B": (0.8, 1.4, Irradiation.NEUTRON, "1.8 dpa", "655 kelvin"),
    "alloy C": (1.3, 0.7, Irradiation.NEUTRON, "7 dpa", "593 kelvin"),
    "alloy D": (0.7, 2.2, Irradiation.ION, "2.5 dpa", "573 kelvin"),
}
"""By alloy: size of its loops, number of its black dots, both relative, and a made-up irradiation."""

MICROSCOPES: Mapping[str, Acquisition] = {
    "microscope 1": Acquisition(),
    "microscope 2": Acquisition(electrons=110, unevenness=0.18, bend_depth=0.45, mottle=0.035, level=0.58),
    "microscope 3": Acquisition(electrons=380, unevenness=0.08, fringes=0.06, mottle=0.03, level=0.78),
}


@attrs.frozen(kw_only=True, eq=False)
class SyntheticFecral:
    """Images, label sets and splits that have the numbers of the published ones.

    Parameters
    ----------
    images : dict of str to Image
        182, by name.
    labels : dict of str to LabelSet
        ``dataset1``, ``dataset2`` and ``dataset2-expanded``.
    splits : dict of str to Split
        The initial split of each label set, by its name; all three have the same 22 test images.
    """

    images: dict[str, Image]
    labels: dict[str, LabelSet]
    splits: dict[str, Split]

    __repr__ = short_repr


def synthetic_fecral(seed: int = 0, *, binning: int = 1) -> SyntheticFecral:
    """Return 182 synthetic micrographs with the calibrations and numbers of labels of the FeCrAl data sets.

    Parameters
    ----------
    seed : int
    binning : int
        Pixels joined along each side: 2 gives 512 x 512 images of the same fields. 1, 2 or 4.

    Returns
    -------
    SyntheticFecral
        ``dataset2-expanded`` is the truth; ``dataset2`` is the part of it on 107 images; ``dataset1`` is how somebody
        else labelled those. Numbers of labels by type are exactly those of Table 1.

    Raises
    ------
    RecordError
        If ``binning`` is another number.

    Notes
    -----
    The images share names, calibrations and counts with those of R. Jacobs et al., Cell Reports Physical Science 3
    (2022) 100876, doi 10.1016/j.xcrp.2022.100876. Everything else is made up: which series has how many images, how
    many defects lie in each, alloys, irradiations and microscopes. They differ in sizes, numbers, noise and background,
    so that leaving one out is harder than leaving images out at random.

    Examples
    --------
    >>> fecral = synthetic_fecral(binning=4)
    >>> len(fecral.images), fecral.labels["dataset2"].counts()["bdot"]
    (182, 1904)
    """
    if binning not in (1, 2, 4):
        raise RecordError(f"synthetic FeCrAl: binning {binning} is not 1, 2 or 4")
    side = 1024 // binning
    of_set, of_second, *of_images = children(seed, 2 + sum(series.n_images for series in SERIES))
    members = [
        (series.pattern.format(number + 1), series, series.alloys[number % len(series.alloys)])
        for series in SERIES
        for number in range(series.n_images)
    ]
    rng = np.random.default_rng(of_set)
    order = rng.permutation(len(members))
    first = np.zeros(len(members), dtype=bool)
    first[order[:N_FIRST]] = True
    counts = _counts(members, first, rng)
    images: dict[str, Image] = {}
    truth: dict[str, Instances] = {}
    for i, ((name, series, alloy), of_image) in enumerate(zip(members, of_images, strict=True)):
        calibration = series.calibration(binning)
        image, truth[name] = synthetic_micrograph(
            of_image,
            name=name,
            shape=(side, side),
            pixel_size=calibration.pixel_size_y,
            counts={kind: int(counts[kind][i]) for kind in TYPES},
            populations=_populations(alloy),
            acquisition=MICROSCOPES[series.microscope],
            specimen=_specimen(series, alloy),
        )
        images[name] = attrs.evolve(image, calibration=calibration)
    names = [name for name, _, _ in members]
    return SyntheticFecral(
        images=images,
        labels=_label_sets(truth, [names[i] for i in np.flatnonzero(first)], images, of_second, SHIFT_PX / binning),
        splits=_initial_splits(names, [names[i] for i in order[:N_FIRST]]),
    )


def _counts(
    members: list[tuple[str, Series, str]], first: NDArray[np.bool_], rng: np.random.Generator
) -> dict[str, NDArray[np.int64]]:
    """Return the number of defects of each type in each image; the totals are those of Table 1."""
    fields = np.array([(1.024 * series.pixel_size_nm) ** 2 for _, series, _ in members])
    counts = {}
    for kind in TYPES:
        dots = np.array([ALLOYS[alloy][1] if kind == "bdot" else 1.0 for _, _, alloy in members])
        weight = fields**0.7 * dots * np.exp(0.35 * rng.standard_normal(len(members)))
        column = np.zeros(len(members), dtype=np.int64)
        for part, total in ((first, DATASET2[kind]), (~first, EXPANDED[kind] - DATASET2[kind])):
            column[part] = rng.multinomial(total, weight[part] / weight[part].sum())
        counts[kind] = column
    return counts


def _populations(alloy: str) -> dict[str, Population]:
    size = ALLOYS[alloy][0]
    return {kind: p if kind == "bdot" else p.resized(size) for kind, p in POPULATIONS.items()}


def _specimen(series: Series, alloy: str) -> Specimen:
    _, _, irradiation, dose, temperature = ALLOYS[alloy]
    return Specimen(
        alloy=alloy,
        dose=dose,
        temperature=temperature,
        irradiation=irradiation,
        microscope=series.microscope,
        imaging_mode="synthetic bright field",
        zone_axis="[100]",
    )


def _label_sets(
    truth: Mapping[str, Instances], first: list[str], images: Mapping[str, Image], seed: Seed, shift_px: float
) -> dict[str, LabelSet]:
    about = "synthetic; the numbers of labels are those of the published set of this name"
    expanded = LabelSet(name="dataset2-expanded", instances=truth, annotator="truth", description=about)
    dataset2 = LabelSet(
        name="dataset2", instances={name: truth[name] for name in first}, annotator="truth", description=about
    )
    gone = {k: MISSED[k] + sum(n for (source, _), n in RETYPED.items() if source == k) for k in TYPES}
    come = {k: sum(n for (_, target), n in RETYPED.items() if target == k) for k in TYPES}
    dataset1 = second_opinion(
        dataset2,
        Disagreement(
            missed=MISSED,
            retyped=RETYPED,
            shift_px=shift_px,
            added={k: DATASET1[k] - DATASET2[k] + gone[k] - come[k] for k in TYPES},
        ),
        seed=seed,
        name="dataset1",
        pixel_sizes_nm={name: images[name].required_calibration().pixel_size_nm[0] for name in first},
    )
    return {labels.name: labels for labels in (dataset1, dataset2, expanded)}


def _initial_splits(names: list[str], first_in_random_order: list[str]) -> dict[str, Split]:
    test = frozenset(first_in_random_order[:N_TEST])
    sides = {
        "dataset1": first_in_random_order,
        "dataset2": first_in_random_order,
        "dataset2-expanded": names,
    }
    return {
        f"{labels} initial split": Split(
            name=f"{labels} initial split",
            train=tuple(sorted(name for name in members if name not in test)),
            test=tuple(sorted(test)),
            train_labels=f"{labels}@1",
            test_labels=f"{labels}@1",
        )
        for labels, members in sides.items()
    }
