"""Calibration: the pixel size and foil thickness of an image, and where each came from."""

from __future__ import annotations

import enum

import attrs

from defectkit.advice import GIVE_FOIL_THICKNESS
from defectkit.errors import MissingCalibrationError, RecordError
from defectkit.units import LENGTH, Quantity, QuantityLike, as_pixel_size, as_quantity, ureg

AREA = "nanometer ** 2"

PLAUSIBLE_PIXEL_NM = (1e-6, 1e6)
"""The edge of a pixel of an electron micrograph: 1 fm to 1 mm."""
PLAUSIBLE_FRAME_NM = (1.0, 1e8)
"""The longer edge of what one shows: 1 nm to 10 cm."""
PLAUSIBLE_FOIL_NM = (0.1, 1e5)
"""The thickness of what electrons went through: 0.1 nm to 0.1 mm."""


class Source(enum.StrEnum):
    """Where a number came from."""

    GIVEN = "given"
    FILE_TAG = "file tag"
    SIDECAR = "sidecar"
    PREFIX_TABLE = "prefix table"
    ASSUMED = "assumed"


def _pixel_size(value: QuantityLike) -> Quantity:
    return as_pixel_size(value)


def _thickness(value: QuantityLike | None) -> Quantity | None:
    if value is None:
        return None
    thickness = as_quantity(value, LENGTH, what="foil thickness")
    if thickness.magnitude <= 0:
        raise RecordError(f"foil thickness: {value!s} is not positive")
    return thickness


@attrs.frozen(kw_only=True)
class Calibration:
    """What turns pixels into nanometers and areas into volumes.

    Parameters
    ----------
    pixel_size_y, pixel_size_x : str or pint.Quantity
        Size of a pixel along the rows' axis and along the columns' axis, length / pixel.
    pixel_size_source : Source
        Where the pixel size came from.
    foil_thickness : str or pint.Quantity, optional
        Thickness of the specimen under the image; without it there are no number densities and no hardening.
    foil_thickness_source : Source, optional
        Where the thickness came from; ``Source.GIVEN`` unless said otherwise.

    Examples
    --------
    >>> calibration = Calibration.square("0.2554 nm/px", foil_thickness="170 nm")
    >>> calibration.pixel_size_nm
    (0.2554, 0.2554)
    """

    pixel_size_y: Quantity = attrs.field(converter=_pixel_size)
    pixel_size_x: Quantity = attrs.field(converter=_pixel_size)
    pixel_size_source: Source = attrs.field(default=Source.GIVEN, converter=Source)
    foil_thickness: Quantity | None = attrs.field(default=None, converter=_thickness)
    foil_thickness_source: Source | None = attrs.field(default=None, converter=attrs.converters.optional(Source))

    def __attrs_post_init__(self) -> None:
        if self.foil_thickness is not None and self.foil_thickness_source is None:
            object.__setattr__(self, "foil_thickness_source", Source.GIVEN)
        if self.foil_thickness is None and self.foil_thickness_source is not None:
            raise RecordError("foil thickness: a source is named but no thickness is given")

    @classmethod
    def square(
        cls,
        pixel_size: QuantityLike,
        *,
        foil_thickness: QuantityLike | None = None,
        source: Source | str = Source.GIVEN,
        foil_thickness_source: Source | str | None = None,
    ) -> Calibration:
        """Return the calibration of an image with square pixels."""
        return cls(
            pixel_size_y=pixel_size,
            pixel_size_x=pixel_size,
            pixel_size_source=source,
            foil_thickness=foil_thickness,
            foil_thickness_source=foil_thickness_source,
        )

    @property
    def pixel_size_nm(self) -> tuple[float, float]:
        """The size of a pixel along rows and columns, in nm."""
        return float(self.pixel_size_y.magnitude), float(self.pixel_size_x.magnitude)

    @property
    def pixel_area(self) -> Quantity:
        """The area of one pixel."""
        height, width = self.pixel_size_nm
        area: Quantity = ureg.Quantity(height * width, AREA)
        return area

    def field_area(self, shape: tuple[int, int]) -> Quantity:
        """Return the area that an image of ``shape`` (height, width in pixels) shows."""
        area: Quantity = ureg.Quantity(self.field_area_nm2(shape), AREA)
        return area

    def field_area_nm2(self, shape: tuple[int, int]) -> float:
        """Return the same as a plain number of nm^2, for those who ask for many images."""
        height, width = self.pixel_size_nm
        return height * width * shape[0] * shape[1]

    def doubts(self, shape: tuple[int, int]) -> tuple[str, ...]:
        """Return what is implausible about the calibration of an image of ``shape``; nothing where all is well.

        Examples
        --------
        >>> Calibration.square("0.25 m").doubts((100, 100))[0]
        'a pixel of 250 mm (pixels of electron micrographs are 1 fm to 1 mm)'
        """
        longest = max(size * n for size, n in zip(self.pixel_size_nm, shape, strict=True))
        found = [
            f"a pixel of {_readable(size)} (pixels of electron micrographs are 1 fm to 1 mm)"
            for size in dict.fromkeys(self.pixel_size_nm)
            if not PLAUSIBLE_PIXEL_NM[0] <= size <= PLAUSIBLE_PIXEL_NM[1]
        ]
        if not found and not PLAUSIBLE_FRAME_NM[0] <= longest <= PLAUSIBLE_FRAME_NM[1]:
            found.append(
                f"a frame of {shape[1]} x {shape[0]} pixels that is {_readable(longest)} long "
                "(frames of electron micrographs are 1 nm to 10 cm)"
            )
        return (*found, *doubts_of_thickness(self.foil_thickness))

    def required_thickness(self, image: str) -> Quantity:
        """Return the foil thickness of ``image``.

        Raises
        ------
        MissingCalibrationError
            If it is not known.
        """
        if self.foil_thickness is None:
            raise MissingCalibrationError(
                f"image {image!r} has no foil thickness, so it has no volume: give one, for instance "
                f"{GIVE_FOIL_THICKNESS}",
                GIVE_FOIL_THICKNESS,
            )
        return self.foil_thickness


def doubts_of_thickness(thickness: QuantityLike | None) -> tuple[str, ...]:
    """Return what is implausible about the thickness of a foil; nothing where all is well, or where there is none.

    Examples
    --------
    >>> doubts_of_thickness("100 nm"), doubts_of_thickness("100 mm")
    ((), ('a foil of 100 mm (electrons go through 0.1 nm to 0.1 mm)',))
    """
    checked = _thickness(thickness)
    if checked is None or PLAUSIBLE_FOIL_NM[0] <= checked.magnitude <= PLAUSIBLE_FOIL_NM[1]:
        return ()
    return (f"a foil of {_readable(float(checked.magnitude))} (electrons go through 0.1 nm to 0.1 mm)",)


def _readable(length_nm: float) -> str:
    scales = (("fm", 1e-6), ("pm", 1e-3), ("nm", 1.0), ("um", 1e3), ("mm", 1e6))
    unit, scale = next((pair for pair in scales if length_nm < 1000 * pair[1]), scales[-1])
    return f"{length_nm / scale:.6g} {unit}"
