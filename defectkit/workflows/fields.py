"""Fields: which part of each image is counted."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs

from defectkit.errors import PairingError, RecordError
from defectkit.parallel import Workers, map_items
from defectkit.records.exclusion import OUTSIDE, Exclusion
from defectkit.records.field import Field
from defectkit.records.image import Image
from defectkit.records.inputs import Images, InstanceSets, images_by_name, instances_by_image
from defectkit.records.instances import Instances

Crop = tuple[int, int, int, int]
"""Top, left, height and width in pixels."""


class Overprints(enum.StrEnum):
    """What happens to scale bars, their text and information strips that are burned into an image."""

    LEAVE_OUT = "leave-out"
    """Nothing in them is counted, and their area is no part of the field."""

    COUNT = "count"
    """They are counted like the rest of the image."""


@attrs.define(kw_only=True, slots=False, frozen=True)
class FieldRule:
    """Which part of each image is counted.

    Parameters
    ----------
    overprints : Overprints
        Those that :func:`~defectkit.measurement.overprints.find_overprints` finds, and strips that the image file
        itself states.
    crop : (int, int, int, int), optional
        Top, left, height and width in pixels: what lies outside does not count.
    exclude_mask : pathlib.Path, optional
        An image file with 0 where an image counts and one other value where it does not; or a folder with such a file
        for each image that has one, named as the image.

    Raises
    ------
    RecordError
        If the crop is no box.
    EmptyInputError, PairingError
        If the folder holds no mask, or two for one image.
    """

    overprints: Overprints = attrs.field(default=Overprints.LEAVE_OUT, converter=Overprints)
    crop: Crop | None = None
    exclude_mask: Path | None = attrs.field(default=None, converter=attrs.converters.optional(Path))

    def __attrs_post_init__(self) -> None:
        if self.crop is not None and (min(self.crop) < 0 or not self.crop[2] * self.crop[3]):
            raise RecordError(f"crop is {self.crop}: top and left are at least 0, height and width at least 1")
        if self.exclude_mask is not None and not self.exclude_mask.exists():
            raise PairingError(f"{self.exclude_mask}: there is no such mask and no such folder of masks")

    @cached_property
    def masks(self) -> Mapping[str, Path] | None:
        """The masks of a folder by the name of their image; None where one mask is for all."""
        from defectkit.formats.exclusion_masks import exclusion_masks

        folder = self.exclude_mask
        return exclusion_masks(folder) if folder is not None and folder.is_dir() else None

    def settings(self) -> dict[str, Any]:
        """Return the choices as plain values, ready for JSON."""
        return {
            "overprints": str(self.overprints),
            "crop": None if self.crop is None else list(self.crop),
            "exclude_mask": None if self.exclude_mask is None else str(self.exclude_mask),
        }

    def check(self, images: Iterable[Image]) -> None:
        """Raise if the crop or the masks cannot hold for images, before anything is done with them.

        Raises
        ------
        RecordError
            If the crop leaves an image, or nothing of one is left.
        PairingError
            If no mask of the folder has the name of an image, or a mask has another shape than its image.
        ImageReadError
            If a mask cannot be read.
        """
        given = list(images)
        for image in given:
            self.narrow(image)
        if self.masks is not None and not any(image.name in self.masks for image in given):
            raise PairingError(
                f"{self.exclude_mask}: no mask has the name of an image; it holds {', '.join(list(self.masks)[:3])}"
            )

    def of_images(self, images: Images, drawn: InstanceSets, *, workers: Workers = 1) -> dict[str, Image]:
        """Return images with all places that do not count, those in which people drew; the others as they are.

        Parameters
        ----------
        images : iterable or mapping of Image
        drawn : LabelSet, mapping of str to Instances, or iterable of Prediction
            What people drew in each image.
        workers : int or Executor
            Threads or processes that read images and look for overprints.

        Raises
        ------
        RecordError, PairingError, ImageReadError
            As :meth:`check` and :meth:`apply` say.
        """
        by_name, defects = images_by_name(images), instances_by_image(drawn, where="in what was drawn")
        shown = [image for name, image in by_name.items() if name in defects]
        if shown:
            self.check(shown)
        given = ((image, defects[image.name]) for image in shown)
        places = map_items(lambda each: self.apply(*each).excluded, given, workers=workers, block=1)
        found = (attrs.evolve(image, excluded=out) for image, out in zip(shown, places, strict=True))
        return {**by_name, **{image.name: image for image in found}}

    def apply(self, image: Image, drawn: Instances | None = None) -> Image:
        """Return an image with all places that do not count; see :meth:`without_overprints` and :meth:`narrow`."""
        return self.narrow(self.without_overprints(image, drawn))

    def without_overprints(self, image: Image, drawn: Instances | None = None) -> Image:
        """Return an image with the places that are burned in, or with none where they count.

        Parameters
        ----------
        image : Image
            Its pixels are read where overprints are looked for.
        drawn : Instances, optional
            What people drew in it. A place in which somebody drew a defect is no overprint.

        Raises
        ------
        ImageReadError
            If pixels cannot be read.
        """
        from defectkit.measurement.overprints import overprints_of

        if self.overprints is Overprints.COUNT:
            return attrs.evolve(image, excluded=())
        found = [
            place
            for place in overprints_of(image)
            if not _within(place, image.excluded, image.shape)
            and (drawn is None or Field(shape=image.shape, excluded=(place,)).counts(drawn).all())
        ]
        return attrs.evolve(image, excluded=(*image.excluded, *found))

    def narrow(self, image: Image) -> Image:
        """Return an image with the places that the crop and the mask leave out, beside those that it has.

        Raises
        ------
        RecordError
            If the crop leaves the image, or nothing of it is left.
        PairingError, ImageReadError
            If the mask is of another shape or cannot be read.
        """
        places = (*image.excluded, *self._crop(image), *self._mask(image))
        if Field(shape=image.shape, excluded=places).n_pixels == 0:
            raise RecordError(f"image {image.name!r}: all of it is excluded, so nothing can be counted; exclude less")
        return attrs.evolve(image, excluded=places)

    def _crop(self, image: Image) -> Iterator[Exclusion]:
        if self.crop is None:
            return
        top, left, height, width = self.crop
        if top + height > image.shape[0] or left + width > image.shape[1]:
            raise RecordError(
                f"image {image.name!r}: the crop reaches row {top + height} and column {left + width}, but the image "
                f"has {image.shape[0]} rows and {image.shape[1]} columns"
            )
        (rows, columns), bottom, right = image.shape, top + height, left + width
        around = (
            (0, 0, top, columns),
            (top, 0, bottom, left),
            (top, right, bottom, columns),
            (bottom, 0, rows, columns),
        )
        boxes = tuple(Exclusion.box(box, reason=OUTSIDE) for box in around)
        yield Exclusion(reason=OUTSIDE, place=Field(shape=image.shape, excluded=boxes).left_out())

    def _mask(self, image: Image) -> Iterator[Exclusion]:
        from defectkit.formats.exclusion_masks import read_exclusion

        file = self.exclude_mask if self.masks is None else self.masks.get(image.name)
        if file is not None:
            yield read_exclusion(file, image.shape)


DEFAULT_FIELD = FieldRule()
"""All of an image but what is burned in."""


def _within(place: Exclusion, others: tuple[Exclusion, ...], shape: tuple[int, int]) -> bool:
    before = Field(shape=shape, excluded=others).n_pixels
    return Field(shape=shape, excluded=(*others, place)).n_pixels == before
