"""What a source of a data set is: how to add images and labels that are made or fetched in a way of your own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from defectkit.datasets.entry import DatasetEntry
    from defectkit.records import Image, LabelSet, Split


class DatasetSource(ABC):
    """Something that gives the images and labels of one data set.

    Subclasses are registered by ``defectkit_register_datasets``. Options are keyword arguments of the constructor (make
    the class ``attrs.frozen``), each with a default: the class is also made without any.

    Attributes
    ----------
    name : str
        The name of the data set, in the catalogue and in ``load_dataset``: lower case, digits and ``-``.
    description : str
        One sentence.

    Notes
    -----
    Nothing may be downloaded or generated when the source is made; :meth:`entry` must be cheap. The same options must
    give the same images and labels, pixel by pixel: the digest of the labels goes into every result.
    """

    name: ClassVar[str]
    description: ClassVar[str]

    @abstractmethod
    def entry(self) -> DatasetEntry:
        """Return what the catalogue says of the data set, its label versions and expected counts included."""

    @abstractmethod
    def images(self) -> Iterator[Image]:
        """Give the images, calibrated, one after the other; their pixels are read or made when they are asked for."""

    @abstractmethod
    def labels(self, key: str) -> LabelSet:
        """Return the label set ``name@version`` that :meth:`entry` lists.

        Raises
        ------
        UnknownDatasetError
            If there is no such version.
        """

    def splits(self) -> Mapping[str, Split]:
        """Return named splits; none unless a source has some."""
        return {}
