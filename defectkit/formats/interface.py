"""What a format is: how to add a kind of label file or image file of your own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import attrs

from defectkit.formats.report import Repair, RepairKind, RepairReport
from defectkit.records import Image, LabelSet, Taxonomy
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr

__all__ = ["ImageFormat", "LabelFormat", "LabelReading", "Repair", "RepairKind", "RepairReport"]


@attrs.frozen(kw_only=True, eq=False)
class LabelReading:
    """What reading labels gave.

    Parameters
    ----------
    labels : LabelSet
        The labels of every image that the file speaks of and that was given; an image said to hold nothing is in it,
        empty.
    report : RepairReport
        What was mended and refused, with file and region.
    unlabelled : tuple of str
        Images that were given but that the labels do not speak of. Nobody said that they are empty, so they are not in
        ``labels``.
    without_image : tuple of str
        Images, or label files, that the labels speak of but for which no image was given. They are not in ``labels``.
    nearest : mapping of str to tuple of str
        For some of those, the images given whose names are nearest.
    """

    labels: LabelSet
    report: RepairReport
    unlabelled: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    without_image: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    nearest: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)

    __repr__ = short_repr

    @property
    def refused(self) -> dict[str, int]:
        """By image, how many of its regions were refused: such an image is not fully read."""
        return dict(Counter(line.image for line in self.report.refused if line.image))


class LabelFormat(ABC):
    """A kind of file, or folder of files, that holds labels.

    Subclasses are registered by ``defectkit_register_formats``. Options are keyword arguments of the constructor (make
    the class ``attrs.frozen``), each with a default: the class is also made without any.

    Attributes
    ----------
    name : str
        The name in tables and on the command line, for instance ``"coco"``.
    description : str
        One sentence.
    suffixes : tuple of str
        Suffixes of its files, in lower case with the dot.

    Notes
    -----
    Nothing is left out or changed without a line in the report. A reader does not decide whether labels without an
    image are an error: it lists them in :attr:`LabelReading.without_image`, and
    :func:`defectkit.formats.labels.read_labels` decides.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def read(self, path: Path, images: Mapping[str, Image], taxonomy: Taxonomy) -> LabelReading:
        """Read labels.

        Parameters
        ----------
        path : pathlib.Path
            The file or folder.
        images : mapping of str to Image
            The images by name. Their shapes are the frames of the masks; their pixels are not read.
        taxonomy : Taxonomy
            The types that are known; others are added to it in the label set, and reported.

        Returns
        -------
        LabelReading

        Raises
        ------
        LabelReadError
            If this is no file of this format.
        PairingError
            If an image has another size than its labels say.
        """

    @abstractmethod
    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write labels.

        Parameters
        ----------
        labels : LabelSet
            What to write; scores are written where the format holds them.
        path : pathlib.Path
            The file, or the folder, to write.
        images : mapping of str to Image
            Images by name, for their file names; an image that is not given is written under its name.

        Returns
        -------
        RepairReport
            What the format does not hold.

        Raises
        ------
        LabelWriteError
            If the format cannot hold a mask or a type. Nothing is written then.
        """

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        """Return whether ``path`` looks like this format and no other; False unless a format knows better."""
        return False


CHOOSE_A_FRAME = "choose one of them, each, or their mean: --frame 0, --frame all or --frame mean"
"""What a format says of a file that holds several images, where none was chosen."""


class ImageFormat(ABC):
    """A kind of image file.

    Subclasses are registered by ``defectkit_register_formats`` and chosen by suffix. Options are keyword arguments of
    the constructor, each with a default.

    Attributes
    ----------
    name, description : str
        The name in tables, and one sentence.
    suffixes : tuple of str
        Suffixes of its files, in lower case with the dot.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def read(self, path: Path) -> Image:
        """Open an image without reading its pixels.

        Parameters
        ----------
        path : pathlib.Path
            The file.

        Returns
        -------
        Image
            Named by the stem of ``path``, with a calibration from the file's own tags (``Source.FILE_TAG``) or none,
            and with notes on all that is not as stored. Its pixels are two-dimensional, finite and of the machine's
            byte order.

        Raises
        ------
        ImageReadError
            If the file is missing, damaged or holds no single image; for damage that only the pixels show, when they
            are read.
        """

    def frames(self, path: Path) -> Sequence[ImageFormat]:
        """Return a format for each image that a file holds, in their order, that reads just that one.

        Formats whose files hold one image need not change this.

        Raises
        ------
        ImageReadError
            If the file is missing or damaged.
        """
        return (self,)
