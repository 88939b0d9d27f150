"""Calibration: the pixel size and foil thickness of an image, and where each came from."""

from __future__ import annotations

import enum

import attrs

from defectkit.errors import MissingCalibrationError, RecordError
from defectkit.units import LENGTH, Quantity, QuantityLike, as_pixel_size, as_quantity, ureg

AREA = "nanometer ** 2"


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
        source: Source = Source.GIVEN,
        foil_thickness_source: Source | None = None,
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

    def required_thickness(self, image: str) -> Quantity:
        """Return the foil thickness of ``image``.

        Raises
        ------
        MissingCalibrationError
            If it is not known.
        """
        if self.foil_thickness is None:
            raise MissingCalibrationError(
                f"image {image!r} has no foil thickness, so it has no volume: "
                'give one, for instance foil_thickness="100 nm" (--foil-thickness "100 nm")'
            )
        return self.foil_thickness
