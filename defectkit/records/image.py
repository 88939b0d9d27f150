"""Image: pixels that are read when they are asked for, with their calibration and specimen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.advice import GIVE_PIXEL_SIZE
from defectkit.errors import MissingCalibrationError, RecordError
from defectkit.files.names import readable
from defectkit.geometry.columns import read_only
from defectkit.records.calibration import Calibration, Source
from defectkit.records.exclusion import Exclusion
from defectkit.records.facts import image_text, quote
from defectkit.records.field import Field
from defectkit.records.names import as_names
from defectkit.records.specimen import Specimen
from defectkit.short_repr import short_repr
from defectkit.units import QuantityLike

Pixels = NDArray[Any]

BAND_PIXELS = 2**25
"""Of a file that is read in parts, about so many pixels are read at a time."""


class PixelSource(Protocol):
    """Anything that knows the shape and dtype of an image before it reads the image."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the pixels, as stored."""

    def read(self) -> Pixels:
        """Read the pixels: a 2-D array of ``shape`` and ``dtype``."""


def _same_array(one: Pixels, other: Pixels) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def _same_pixels(one: PixelSource, other: PixelSource) -> bool:
    if one == other:
        return True
    return (one.shape, one.dtype) == (other.shape, other.dtype) and _same_array(one.read(), other.read())


@attrs.frozen(kw_only=True, unsafe_hash=False)
class ArrayPixels:
    """Pixels that are in memory already.

    Parameters
    ----------
    array : numpy.ndarray, shape (height, width)
        Not copied; whoever has it can still write into it.
    """

    array: Pixels = attrs.field(eq=attrs.cmp_using(eq=_same_array))

    __repr__ = short_repr

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.array.shape[0]), int(self.array.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the pixels."""
        return self.array.dtype

    def read(self) -> Pixels:
        """Return the array itself."""
        return self.array


@attrs.frozen(kw_only=True)
class Image:
    """One micrograph.

    Images are equal if all that is said of them is, and their pixels come from one place or are the same.

    Parameters
    ----------
    name : str
        The name that labels and results use: the file's stem, unique within a data set. Bytes of a stem that are no
        UTF-8 are written as ``%`` and two digits.
    source : PixelSource
        Where the pixels come from; read on demand, any dtype kept.
    calibration : Calibration, optional
    specimen : Specimen
    path : pathlib.Path, optional
        The file that the image was read from.
    frame : int, optional
        Which image of that file, from 0, where it holds several.
    notes : tuple of str
        What a reader of results has to know of how the image was read.
    cautions : tuple of str
        Why its calibration is to be doubted; each result made with the image repeats it.
    excluded : tuple of Exclusion
        Places that do not count: information strips, scale bars, what somebody masked.

    Examples
    --------
    >>> import numpy as np
    >>> image = Image.from_array("one", np.zeros((4, 6), np.uint16), pixel_size="1 nm/px")
    >>> image.shape, image.dtype
    ((4, 6), dtype('uint16'))
    """

    name: str = attrs.field(converter=readable, validator=attrs.validators.min_len(1))
    source: PixelSource = attrs.field(eq=attrs.cmp_using(eq=_same_pixels))
    calibration: Calibration | None = None
    specimen: Specimen = attrs.field(factory=Specimen)
    path: Path | None = None
    frame: int | None = None
    notes: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    cautions: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    excluded: tuple[Exclusion, ...] = ()

    @classmethod
    def from_array(
        cls,
        name: str,
        array: Pixels,
        *,
        pixel_size: QuantityLike | None = None,
        foil_thickness: QuantityLike | None = None,
        calibration: Calibration | None = None,
        specimen: Specimen | None = None,
    ) -> Image:
        """Wrap a 2-D array, calibrated by a record or by a pixel size.

        Raises
        ------
        RecordError
            If the array is not 2-D, is empty, or both ``calibration`` and ``pixel_size`` are given.
        """
        if array.ndim != 2 or array.size == 0:
            raise RecordError(f"image {name!r}: a 2-D array with pixels is needed, got shape {array.shape}")
        if calibration is not None and (pixel_size is not None or foil_thickness is not None):
            raise RecordError(f"image {name!r}: give either a calibration or a pixel size, not both")
        if pixel_size is not None:
            calibration = Calibration.square(pixel_size, foil_thickness=foil_thickness)
        elif foil_thickness is not None:
            raise RecordError(f"image {name!r}: a foil thickness alone calibrates nothing; give a pixel size")
        return cls(
            name=name,
            source=ArrayPixels(array=array),
            calibration=calibration,
            specimen=specimen or Specimen(),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels, known without reading the pixels."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the pixels as stored."""
        return self.source.dtype

    @property
    def field(self) -> Field:
        """The part of the image that counts."""
        return Field(shape=self.shape, excluded=self.excluded)

    @property
    def field_area_nm2(self) -> float:
        """The area of that part in nm^2.

        Raises
        ------
        MissingCalibrationError
            If the image has no pixel size.
        """
        calibration = self.required_calibration()
        if not self.excluded:
            return calibration.field_area_nm2(self.shape)
        return calibration.field_area_nm2((1, self.field.n_pixels))

    @property
    def pixels(self) -> Pixels:
        """The pixels, shape ``self.shape``, read now; not to be written into, since others see the same."""
        return read_only(self.source.read())

    @property
    def reads_boxes(self) -> bool:
        """Whether a part of the pixels can be read without the rest."""
        return bool(getattr(self.source, "reads_boxes", False))

    def box(self, top: int, left: int, bottom: int, right: int) -> Pixels:
        """Return the pixels of rows ``top`` to before ``bottom`` and columns ``left`` to before ``right``, read now.

        Of a source that reads boxes (``reads_boxes`` and ``read_box``), only these are read.
        """
        if self.reads_boxes:
            part: Pixels = self.source.read_box((top, left, bottom, right))  # type: ignore[attr-defined]  # it reads boxes
            return read_only(part)
        return self.pixels[top:bottom, left:right]

    @property
    def is_assumed(self) -> bool:
        """Whether the pixel size or the thickness is somebody's assumption."""
        c = self.calibration
        return c is not None and Source.ASSUMED in (c.pixel_size_source, c.foil_thickness_source)

    def required_calibration(self) -> Calibration:
        """Return the calibration.

        Raises
        ------
        MissingCalibrationError
            If the image has none.
        """
        if self.calibration is None:
            raise MissingCalibrationError(
                f"image {self.name!r} has no pixel size: give one, for instance {GIVE_PIXEL_SIZE}", GIVE_PIXEL_SIZE
            )
        return self.calibration

    def __hash__(self) -> int:
        return hash((self.name, self.shape))

    def __repr__(self) -> str:
        return f"<Image {quote(self.name)}: {image_text(self)}>"

    def _repr_html_(self) -> str:
        from defectkit.records.html import card, image_figure

        return card(self.name, image_text(self), image_figure(self))

    def digest(self) -> str:
        """Return the sha256 of shape, dtype and pixels: equal pixels have equal digests, whatever their file."""
        little = self.dtype.newbyteorder("<")
        state = hashlib.sha256(f"{self.shape}|{little.str}|".encode())
        for part in self._bands():
            state.update(np.ascontiguousarray(part.astype(little, copy=False)).data)
        return state.hexdigest()

    def _bands(self) -> Iterator[Pixels]:
        """Give the pixels in bands of rows, from the top down; of a large file one band at a time is in memory."""
        height, width = self.shape
        rows = max(1, BAND_PIXELS // max(width, 1))
        if not self.reads_boxes or height <= rows:
            yield self.pixels
            return
        for top in range(0, height, rows):
            yield self.box(top, 0, min(top + rows, height), width)


def cautions_of_images(images: Iterable[Image]) -> tuple[str, ...]:
    """Return the cautions of images, each once, with the names of the first few images that have it.

    Examples
    --------
    >>> import numpy as np
    >>> image = Image.from_array("one", np.zeros((4, 6)))
    >>> cautions_of_images([attrs.evolve(image, cautions=("its pixel size is doubtful",))])
    ('Its pixel size is doubtful (one).',)
    """
    names_of: dict[str, list[str]] = {}
    for image in images:
        for caution in image.cautions:
            names_of.setdefault(caution, []).append(image.name)
    return tuple(
        f"{caution[:1].upper()}{caution[1:].rstrip('.')} ({', '.join(names[:3])}"
        f"{f' and {len(names) - 3} more' if len(names) > 3 else ''})."
        for caution, names in names_of.items()
    )
