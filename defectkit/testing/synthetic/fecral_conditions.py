"""Conditions: what the text and tables of Jacobs et al. (2022) say of their images, and what is made up beside it.

Pages are those of the manuscript. Table 6 (page 24) leaves out an irradiation, an alloy and a microscope, and its
numbers fit together. The 69 training images of the microscope are the 18 training and the 51 test images of the alloy,
type by type. The 9 test images of the irradiation are the 9 training images of the alloy, type by type. So the images
fall into the conditions below, each with the numbers of Tables 1, 2 and 6 (pages 7, 8 and 24). What the text does not
say is called made up here, and was chosen once, before anything was trained on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from defectkit.records.calibration import Calibration, Source
from defectkit.records.specimen import Irradiation
from defectkit.testing.synthetic.acquisition import Acquisition

Counts = Mapping[str, int]

TYPES = ("bdot", "loop_111", "loop_100")
CM200, TALOS, JEOL, UNNAMED = "CM200", "Talos F200X", "2100F", "not named"
"""The microscopes of page 23; those of the images that no row of Table 6 has are not named."""

LARGE, SMALL = 1.4, 0.7
"""Sizes of loops relative to the others. Page 23 says which are larger and which smaller; how much is made up."""
SIMPLE, COMPLICATED = 1, 8
"""Dislocation lines in an image, of simple and complicated starting microstructures (page 23); numbers are made up."""


@attrs.frozen(kw_only=True)
class Series:
    """Images of one name, calibration and microscope.

    Parameters
    ----------
    pattern : str
        Name of an image, with a place for its number.
    n_images : int
        Made up, within the numbers of the condition.
    pixel_size_nm, thickness_nm : float
        Table 10; a thickness that it does not report is its assumption of 100 nm.
    reported : bool
        Whether Table 10 reports the thickness.
    microscope : str
    """

    pattern: str
    n_images: int
    pixel_size_nm: float
    thickness_nm: float = 100.0
    reported: bool = False
    microscope: str

    def calibration(self, binning: int) -> Calibration:
        """Return the calibration of the images with ``binning`` pixels joined along each side."""
        return Calibration.square(
            f"{self.pixel_size_nm * binning!r} nm/px",
            foil_thickness=f"{self.thickness_nm!r} nm",
            source=Source.PREFIX_TABLE,
            foil_thickness_source=Source.PREFIX_TABLE if self.reported else Source.ASSUMED,
        )


def _counts(bdot: int, loop_111: int, loop_100: int) -> Counts:
    return MappingProxyType(dict(zip(TYPES, (bdot, loop_111, loop_100), strict=True)))


@attrs.frozen(kw_only=True)
class Condition:
    """Images of one irradiation and group of alloys.

    Parameters
    ----------
    series : tuple of Series
    n_first : int
        Images of Dataset2; the others are in the expanded set only.
    first, added : mapping of str to int
        Defects by type in the images of Dataset2, and in those that the expanded set adds.
    alloys, added_alloys : tuple of str
        That the images of Dataset2, and those that the expanded set adds, show in turn.
    irradiation : Irradiation
    dose, temperature : str
        Made up.
    loop_size : float
        Sizes of loops, relative.
    open_part : float
        Part of the <100> loops that are open. That their shapes differ is said on page 31; how is made up.
    n_lines : int
        Dislocation lines in an image.
    """

    series: tuple[Series, ...]
    n_first: int
    first: Counts = attrs.field(hash=False)
    added: Counts = attrs.field(hash=False)
    alloys: tuple[str, ...]
    added_alloys: tuple[str, ...]
    irradiation: Irradiation
    dose: str
    temperature: str
    loop_size: float
    open_part: float
    n_lines: int

    @property
    def n_images(self) -> int:
        """The number of images, those that the expanded set adds included."""
        return sum(series.n_images for series in self.series)


CONDITIONS: Mapping[str, Condition] = MappingProxyType(
    {
        "large loops": Condition(  # page 23: tested where an irradiation is left out, learned from where an alloy is
            series=(
                Series(
                    pattern="map{}_70kx", n_images=18, pixel_size_nm=0.880523, thickness_nm=87.5, reported=True,
                    microscope=CM200,
                ),
            ),
            n_first=9,
            first=_counts(268, 334, 47),
            added=_counts(499, 317, 267),
            alloys=("alloy 1", "alloy 2"),  # page 23: two alloys
            added_alloys=("alloy 1", "alloy 2"),
            irradiation=Irradiation.NEUTRON,
            dose="7 dpa",
            temperature="593 kelvin",
            loop_size=LARGE,
            open_part=0.75,
            n_lines=SIMPLE,
        ),
        "other alloys": Condition(  # page 23: the same irradiation, other compositions and sinks, smaller loops
            series=(
                Series(
                    pattern="{}ROI_100kx_4100CL_foil1", n_images=27, pixel_size_nm=0.869141, thickness_nm=113.2,
                    reported=True, microscope=CM200,
                ),
                Series(
                    pattern="map{}_70kx_onzap_CL4100", n_images=24, pixel_size_nm=0.880523, thickness_nm=111.7,
                    reported=True, microscope=CM200,
                ),
            ),
            n_first=9,
            first=_counts(330, 458, 169),
            added=_counts(2941, 1384, 1555),
            alloys=("alloy 3",),
            added_alloys=("alloy 4", "alloy 5"),
            irradiation=Irradiation.NEUTRON,
            dose="7 dpa",
            temperature="593 kelvin",
            loop_size=SMALL,
            open_part=0.45,
            n_lines=SIMPLE,
        ),
        "other irradiation": Condition(  # page 23: two alloys, smaller loops, black dots closer to each other
            series=(
                Series(
                    pattern="200kV_500kx_p2nm_8cm_CL_grain1_{}", n_images=11, pixel_size_nm=0.283203,
                    microscope=UNNAMED,
                ),
                Series(pattern="BF X500K_{}", n_images=10, pixel_size_nm=0.283203, microscope=UNNAMED),
            ),
            n_first=12,
            first=_counts(117, 195, 58),
            added=_counts(590, 228, 152),
            alloys=("alloy 1", "alloy 2"),
            added_alloys=("alloy 1", "alloy 2"),
            irradiation=Irradiation.ION,
            dose="2.5 dpa",
            temperature="573 kelvin",
            loop_size=SMALL,
            open_part=0.45,
            n_lines=SIMPLE,
        ),
        "newer microscopes": Condition(  # page 23: more complicated microstructures, two microscopists
            series=(
                Series(
                    pattern="2501_300kx_1nm_clhaadf3_{}", n_images=20, pixel_size_nm=0.478516, thickness_nm=77.8,
                    reported=True, microscope=TALOS,
                ),
                Series(
                    pattern="5401_300kx_1nm_clhaadf3_{}", n_images=20, pixel_size_nm=0.478516, thickness_nm=146.5,
                    reported=True, microscope=TALOS,
                ),
                Series(
                    pattern="grid1_roi1_500kx_0p5nm_haadf1_{}", n_images=14, pixel_size_nm=0.283203, microscope=TALOS
                ),
                Series(pattern="dalong_{}", n_images=16, pixel_size_nm=0.283203, microscope=JEOL),
            ),
            n_first=60,
            first=_counts(1090, 1189, 402),
            added=_counts(279, 235, 90),
            alloys=("alloy 6",),
            added_alloys=("alloy 6",),
            irradiation=Irradiation.NEUTRON,
            dose="1.8 dpa",
            temperature="655 kelvin",
            loop_size=1.0,
            open_part=0.6,
            n_lines=COMPLICATED,
        ),
        "rest": Condition(  # what Table 1 has beside the images of Table 6; how it is parted from the above is made up
            series=(
                Series(
                    pattern="g1_backonzone_{}", n_images=6, pixel_size_nm=0.141602, thickness_nm=87.1, reported=True,
                    microscope=UNNAMED,
                ),
                Series(
                    pattern="g2_midonzone_{}", n_images=6, pixel_size_nm=0.141602, thickness_nm=96.3, reported=True,
                    microscope=UNNAMED,
                ),
                Series(pattern="0501_300kx_{}", n_images=5, pixel_size_nm=0.478516, microscope=UNNAMED),
                Series(pattern="K713_300kx_{}", n_images=5, pixel_size_nm=0.478516, microscope=UNNAMED),
            ),
            n_first=17,
            first=_counts(99, 219, 78),
            added=_counts(25, 43, 17),
            alloys=("alloy 7",),
            added_alloys=("alloy 7",),
            irradiation=Irradiation.NEUTRON,
            dose="0.8 dpa",
            temperature="593 kelvin",
            loop_size=1.0,
            open_part=0.6,
            n_lines=3,
        ),
    }
)  # fmt: skip

MICROSCOPES: Mapping[str, Acquisition] = MappingProxyType(
    {
        CM200: Acquisition(electrons=110, unevenness=0.18, bend_depth=0.45, mottle=0.035, level=0.58),
        TALOS: Acquisition(electrons=380, unevenness=0.08, fringes=0.06, mottle=0.03, level=0.78),
        JEOL: Acquisition(),
        UNNAMED: Acquisition(),
    }
)
"""Page 23: the CM200 is the older one. That it is noisier, and grounds and levels, are made up."""
