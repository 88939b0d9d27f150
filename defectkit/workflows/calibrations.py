"""Calibrations: the pixel sizes and the fields of the images of an evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from defectkit.errors import MissingCalibrationError, PairingError
from defectkit.records.field import Field
from defectkit.records.image import Image
from defectkit.records.inputs import Images, images_by_name
from defectkit.records.instances import Instances


@attrs.frozen(kw_only=True, eq=False)
class Calibrations:
    """Pixel sizes of the images that are evaluated, all known or none, and what of each image counts.

    Parameters
    ----------
    images : mapping of str to Image
    length_unit : str
        ``nanometer`` or ``pixel``.
    """

    images: Mapping[str, Image]
    length_unit: str

    @classmethod
    def of(cls, images: Images, truth: Mapping[str, Instances]) -> Calibrations:
        """Return those of the images that the truth speaks of.

        Raises
        ------
        MissingCalibrationError
            If some have a pixel size and others have none.
        """
        by_name = images_by_name(images)
        concerned = [by_name[name] for name in truth if name in by_name]
        bare = sorted(i.name for i in concerned if i.calibration is None)
        if bare and len(bare) < len(concerned):
            raise MissingCalibrationError(
                f"{len(bare)} of {len(concerned)} images have no pixel size ({', '.join(bare[:5])}): give it for all "
                'images (--pixel-size "0.25 nm"), or for none to have lengths in pixels'
            )
        return cls(images=by_name, length_unit="nanometer" if concerned and not bare else "pixel")

    def spacing(self, name: str, truth: Instances) -> tuple[float, float]:
        """Return height and width of a pixel of an image.

        Raises
        ------
        PairingError
            If the image is not given, or has another shape than its labels.
        """
        if not self.images:
            return 1.0, 1.0
        if name not in self.images:
            raise PairingError(
                f"truth and prediction speak of image {name!r}, which is not among the {len(self.images)} images given"
            )
        image = self.images[name]
        if image.shape != truth.shape:
            raise PairingError(
                f"image {name!r} is {image.shape[0]} x {image.shape[1]} pixels, "
                f"but its labels are for {truth.shape[0]} x {truth.shape[1]}"
            )
        return (1.0, 1.0) if image.calibration is None else image.calibration.pixel_size_nm

    def field(self, name: str, truth: Instances) -> Field:
        """Return the part of an image that counts: all of it where the image is not given."""
        return self.images[name].field if name in self.images else Field(shape=truth.shape)

    def assumed(self, names: Iterable[str]) -> list[str]:
        """Return the images whose pixel size is assumed."""
        return sorted(n for n in names if n in self.images and self.images[n].is_assumed)
