"""FilePixels: pixels that stay in their file until they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import ImageReadError
from defectkit.formats.images.boxes import Box

Pixels = NDArray[Any]


@attrs.frozen(kw_only=True)
class FilePixels:
    """The pixels of a file: a :class:`defectkit.records.PixelSource`.

    Parameters
    ----------
    path : pathlib.Path
    shape : (int, int)
        Height and width, from the file's header.
    dtype : numpy.dtype
        In the machine's byte order, from the header.
    load : callable
        From the path to an array of that shape and dtype. A function of a module, or a method of an importable class,
        so that it can be sent to another process.
    load_box : callable, optional
        From the path and a box to the pixels in it, for files of which a part can be read; such a function, too.
    """

    path: Path
    shape: tuple[int, int]
    dtype: np.dtype[Any] = attrs.field(converter=np.dtype)
    load: Callable[[Path], Pixels]
    load_box: Callable[[Path, Box], Pixels] | None = None

    def read(self) -> Pixels:
        """Read the pixels.

        Raises
        ------
        ImageReadError
            If the file is gone or damaged, no longer holds what its header said, or holds numbers that are not finite.
        """
        return self._checked(self.load(self.path), self.shape)

    def read_box(self, box: Box) -> Pixels:
        """Read the pixels of a box; all are read where the format cannot read a part.

        Raises
        ------
        ImageReadError
            As :meth:`read`.
        """
        top, left, bottom, right = box
        if self.load_box is None:
            return self.read()[top:bottom, left:right]
        return self._checked(self.load_box(self.path, box), (bottom - top, right - left))

    @property
    def reads_boxes(self) -> bool:
        """Whether a box is read without the rest."""
        return self.load_box is not None

    def _checked(self, pixels: Pixels, shape: tuple[int, int]) -> Pixels:
        if pixels.shape != shape or pixels.dtype != self.dtype:
            raise ImageReadError(
                f"{self.path}: it holds {pixels.dtype} pixels of shape {pixels.shape}, but its header said "
                f"{self.dtype} and {shape}; the file is damaged, or changed while it was in use"
            )
        if pixels.dtype.kind == "f":
            bad = pixels.size - int(np.count_nonzero(np.isfinite(pixels)))
            if bad:
                raise ImageReadError(
                    f"{self.path}: {bad} of its {pixels.size} pixels are NaN or infinite; "
                    "replace them before the image is used"
                )
        return pixels
