"""Capability: what a detector can give, known before it is run."""

from __future__ import annotations

import attrs

from defectkit.errors import RecordError
from defectkit.records.names import as_names
from defectkit.units import PIXEL_SIZE, Quantity, QuantityLike, as_pixel_size

PixelSizeRange = tuple[Quantity, Quantity]


def pixel_size_range(value: tuple[QuantityLike, QuantityLike] | None) -> PixelSizeRange | None:
    """Return a range of pixel sizes as two Quantities in nanometer per pixel, the smaller first; None stays None.

    Raises
    ------
    RecordError
        If there are not two sizes or the first is above the second.

    Examples
    --------
    >>> [str(size) for size in pixel_size_range(("0.1 nm/px", "1 nm"))]
    ['0.1 nanometer / pixel', '1.0 nanometer / pixel']
    """
    if value is None:
        return None
    if isinstance(value, str) or len(value) != 2:
        raise RecordError(f"pixel size range: {value!r} is not a pair (smallest, largest)")
    low, high = (as_pixel_size(size, what="pixel size range") for size in value)
    if low > high:
        raise RecordError(f"pixel size range: {low} is above {high}; give the smaller one first")
    return low, high


@attrs.frozen(kw_only=True)
class Capability:
    """What a detector can give.

    Parameters
    ----------
    types : tuple of str
        Every type that its predictions may hold.
    pixel_size_range : tuple of two str or pint.Quantity, optional
        The smallest and largest pixel size (length / pixel) that it was made for; None where any will do.
    max_detections : int, optional
        The most defects that it can give for one image; None where there is no such limit.
    is_trainable : bool
        Whether :meth:`~defectkit.detectors.interface.Detector.fit` does anything but raise.

    Examples
    --------
    >>> Capability(types=("bdot",), pixel_size_range=("0.1 nm/px", "1 nm/px")).covers((0.2, 0.2))
    True
    """

    types: tuple[str, ...] = attrs.field(converter=as_names)
    pixel_size_range: PixelSizeRange | None = attrs.field(default=None, converter=pixel_size_range)
    max_detections: int | None = attrs.field(default=None, validator=attrs.validators.optional(attrs.validators.gt(0)))
    is_trainable: bool = False

    def __attrs_post_init__(self) -> None:
        if not self.types or len(set(self.types)) != len(self.types):
            raise RecordError(
                f"capability: the types {self.types!r} must be distinct names, at least one; "
                "a detector without types of its own gives 'defect'"
            )

    def covers(self, pixel_size_nm: tuple[float, float]) -> bool:
        """Return whether pixels of this size (along rows, along columns, in nm) are in the range."""
        if self.pixel_size_range is None:
            return True
        low, high = (float(size.to(PIXEL_SIZE).magnitude) for size in self.pixel_size_range)
        return all(low <= size <= high for size in pixel_size_nm)
