"""The image format ``rosettasciio``: one image out of a microscope's file."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import ImageReadError
from defectkit.formats import CHOOSE_A_FRAME, FilePixels, ImageFormat
from defectkit.formats.images.limits import check_size
from defectkit.records import Image
from defectkit_rosettasciio.metadata import calibration_of, specimen_of

Signal = dict[str, Any]

READERS = {
    ".dm3": "rsciio.digitalmicrograph",
    ".dm4": "rsciio.digitalmicrograph",
    ".emd": "rsciio.emd",
    ".mrc": "rsciio.mrc",
    ".ser": "rsciio.tia",
}
"""The module of RosettaSciIO for each suffix. An ``.emi`` file is left to the ``.ser`` beside it, with the pixels."""


@attrs.frozen(kw_only=True)
class RosettaSciIOFormat(ImageFormat):
    """Files of Digital Micrograph, Velox and Berkeley EMD, MRC and TIA.

    Parameters
    ----------
    signal : int or str, optional
        Which data set of a file that holds several: its place, from 0, or its title.
    frame : int, optional
        Which frame of a stack, from 0.

    Notes
    -----
    Of a file with several data sets the only one that is a single image is taken; without a single one, or with more,
    one must be chosen. The pixel size is that of the file's axes where they are lengths (not that of a diffraction
    pattern).
    """

    name: ClassVar[str] = "rosettasciio"
    description: ClassVar[str] = "DM3, DM4, EMD, MRC and SER, read by RosettaSciIO."
    suffixes: ClassVar[tuple[str, ...]] = tuple(READERS)

    signal: int | str | None = None
    frame: int | None = None

    def read(self, path: Path) -> Image:
        """Open an image; see :meth:`defectkit.formats.ImageFormat.read`.

        Raises
        ------
        ImageReadError
            If the file is missing or damaged, holds no image of real numbers, or several and none was chosen.
        """
        chosen = self._chosen(_signals(path), path)
        calibration, notes = calibration_of(chosen)
        height, width = chosen["data"].shape[-2:]
        return Image(
            name=path.stem,
            source=FilePixels(
                path=path,
                shape=(int(height), int(width)),
                dtype=_native(chosen["data"].dtype),
                load=self.load,
            ),
            calibration=calibration,
            specimen=specimen_of(chosen),
            path=path,
            notes=notes,
        )

    def frames(self, path: Path) -> tuple[RosettaSciIOFormat, ...]:
        """Return a format for each frame of a file; see :meth:`defectkit.formats.ImageFormat.frames`."""
        data = self._candidate(_signals(path), path)["data"]
        return (self,) if data.ndim == 2 else tuple(attrs.evolve(self, frame=n) for n in range(data.shape[0]))

    def load(self, path: Path) -> NDArray[Any]:
        """Return the pixels, shape (H, W).

        Raises
        ------
        ImageReadError
            As :meth:`read`.
        """
        chosen = self._chosen(_signals(path), path)
        data = chosen["data"]
        image = _tried(path, lambda: np.asarray(data if data.ndim == 2 else data[self.frame or 0]))
        return np.ascontiguousarray(image, dtype=_native(image.dtype))

    def _chosen(self, signals: list[Signal], path: Path) -> Signal:
        """Return the data set that holds the image, once it is clear which frame of it is meant."""
        signal = self._candidate(signals, path)
        data = signal["data"]
        self._check_frame(data, path)
        check_size(path, (int(data.shape[-2]), int(data.shape[-1])), data.dtype.itemsize)
        return signal

    def _candidate(self, signals: list[Signal], path: Path) -> Signal:
        usable = [signal for signal in signals if _is_real_image(signal["data"])]
        titles = [_title(signal) for signal in signals]
        if self.signal is not None:
            usable = [s for n, s in enumerate(signals) if self.signal in (n, titles[n]) and _is_real_image(s["data"])]
            if not usable:
                raise ImageReadError(
                    f"{path}: there is no image {self.signal!r}; it holds {_listed(signals)}, counted from 0"
                )
        single = [s for s in usable if s["data"].ndim == 2 or s["data"].shape[0] == 1]
        candidates = single or usable
        if not candidates:
            raise ImageReadError(f"{path}: it holds no image of real numbers, but {_without_image(signals)}")
        if len(candidates) > 1:
            raise ImageReadError(
                f"{path}: it holds several images: {_listed(signals)}. The command line cannot choose one: save it as "
                "a file of its own; from Python, name it (the option signal of this format)"
            )
        return candidates[0]

    def _check_frame(self, data: Any, path: Path) -> None:
        frames = 1 if data.ndim == 2 else data.shape[0]
        if self.frame is None and frames > 1:
            raise ImageReadError(f"{path}: it holds a stack of {frames} frames; {CHOOSE_A_FRAME}")
        if self.frame is not None and not 0 <= self.frame < frames:
            raise ImageReadError(f"{path}: there is no frame {self.frame}; it holds {frames}, counted from 0")


def _signals(path: Path) -> list[Signal]:
    if not path.is_file():
        raise ImageReadError(f"{path}: there is no such file")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ImageReadError(f"{path}: the format 'rosettasciio' reads {', '.join(READERS)}")
    read = import_module(reader).file_reader
    found: list[Signal] = _tried(path, lambda: read(str(path), lazy=True))
    return found


def _tried(path: Path, work: Callable[[], Any]) -> Any:
    """Do some reading; whatever fails is an :class:`ImageReadError` that names the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # some readers leave their files to the garbage collector
        try:
            return work()
        except Exception as error:  # readers let through whatever struct, h5py and numpy raise on damaged bytes
            reason = f"{type(error).__name__}: {error}"
    # raised here, not above, so that the reader's frames and the open files that they hold are gone by now
    raise ImageReadError(f"{path}: it cannot be read ({reason}); it may be damaged")


def _without_image(signals: list[Signal]) -> str:
    """Return what a file without an image holds, in words: colours and spectra are named."""
    if not signals:
        return "nothing"
    words = []
    for signal in signals:
        data = signal["data"]
        if data.dtype.names is not None and {"R", "G", "B"} <= set(data.dtype.names):
            words.append("a colour picture (RGB), such as a screenshot with a scale bar: save the image itself")
        elif "EDS" in str(signal.get("metadata", {}).get("Signal", {}).get("signal_type", "")):
            words.append("X-ray spectra (EDS): export the image, for instance HAADF, as a file of its own")
        elif data.dtype.kind == "c":
            words.append("complex numbers, such as a Fourier transform")
    return "; ".join(dict.fromkeys(words)) or _listed(signals)


def _is_real_image(data: Any) -> bool:
    return data.ndim in (2, 3) and data.dtype.kind in "biuf" and data.size > 0


def _native(dtype: Any) -> np.dtype[Any]:
    return np.dtype(np.uint8) if dtype.kind == "b" else np.dtype(dtype).newbyteorder("=")


def _title(signal: Signal) -> str:
    return str(signal.get("metadata", {}).get("General", {}).get("title", ""))


def _listed(signals: list[Signal]) -> str:
    return ", ".join(
        f"{n} {_title(s)!r} ({' x '.join(map(str, s['data'].shape))} {s['data'].dtype})" for n, s in enumerate(signals)
    )
