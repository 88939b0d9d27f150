"""Frames: which images of a file that holds several are read, and the mean of all of them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import ImageReadError
from defectkit.formats.images.image_names import name_of
from defectkit.formats.images.tiff_tags import TOLERANCE
from defectkit.formats.interface import ImageFormat
from defectkit.records import Calibration, Image, PixelSource

Frame: TypeAlias = "int | Literal['all', 'mean'] | None"
"""A frame, counted from 0; each; their mean; or none, for files that hold one image."""


@attrs.frozen(kw_only=True, eq=False)
class MeanPixels:
    """The mean of frames of one shape, as 32-bit floats; one frame at a time is in memory.

    Parameters
    ----------
    frames : tuple of PixelSource
    """

    frames: tuple[PixelSource, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.frames[0].shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """32-bit floats."""
        return np.dtype(np.float32)

    def read(self) -> NDArray[Any]:
        """Read the frames and return their mean."""
        total = np.zeros(self.shape, dtype=np.float64)
        for frame in self.frames:
            total += frame.read()
        return (total / len(self.frames)).astype(np.float32)


def read_frames(path: Path, chosen: ImageFormat, frame: Frame) -> list[Image]:
    """Return the images of a file that are asked for.

    Parameters
    ----------
    path : pathlib.Path
    chosen : ImageFormat
    frame : int, "all", "mean" or None
        One frame, named by the stem; each, named ``STEM-0007``; their mean, named by the stem. A file that holds one
        image is read as it is. Without a choice a file with several is refused by its format.

    Raises
    ------
    ImageReadError
        If there is no such frame, or the frames of a mean have several shapes.
    """
    if frame is None:
        return [attrs.evolve(chosen.read(path), name=name_of(path))]
    if not (frame in ("all", "mean") or (isinstance(frame, int) and not isinstance(frame, bool))):
        raise ImageReadError(f"{frame!r} is no frame; a number from 0, all or mean is needed")
    frames = chosen.frames(path)
    if isinstance(frame, int) and not 0 <= frame < len(frames):
        raise ImageReadError(f"{path}: there is no frame {frame}; it holds {len(frames)}, counted from 0")
    if len(frames) == 1:
        return [attrs.evolve(frames[0].read(path), name=name_of(path))]
    places = [frame] if isinstance(frame, int) else range(len(frames))
    images = [attrs.evolve(frames[n].read(path), name=f"{name_of(path)}-{n:04d}", frame=n) for n in places]
    if frame == "mean":
        return [_mean(images, path)]
    if frame == "all":
        return images
    note = f"frame {frame} of {len(frames)}, counted from 0"
    return [attrs.evolve(images[0], name=name_of(path), notes=(*images[0].notes, note))]


def _mean(images: list[Image], path: Path) -> Image:
    first = images[0]
    shapes = {image.shape for image in images}
    if len(shapes) > 1:
        raise ImageReadError(f"{path}: its {len(images)} frames have {len(shapes)} sizes, so they have no mean")
    notes = [*first.notes, f"the mean of {len(images)} frames"]
    calibration = first.calibration
    if any(not _agree(calibration, image.calibration) for image in images):
        calibration = None
        notes.append("the pixel sizes of the frames differ, so none is used")
    source = MeanPixels(frames=tuple(image.source for image in images))
    return attrs.evolve(
        first, name=name_of(path), source=source, calibration=calibration, path=None, frame=None, notes=tuple(notes)
    )


def _agree(a: Calibration | None, b: Calibration | None) -> bool:
    if a is None or b is None:
        return a is b
    return all(math.isclose(x, y, rel_tol=TOLERANCE) for x, y in zip(a.pixel_size_nm, b.pixel_size_nm, strict=True))
