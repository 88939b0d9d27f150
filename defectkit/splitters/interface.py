"""The interface of a splitter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

from defectkit.records.image import Image
from defectkit.records.split import Split


class Splitter(ABC):
    """Says which images train and which test.

    A splitter is a class with the two class variables below; its options, a seed among them where chance plays a part,
    are keyword arguments of its constructor. The same options and images give the same splits on every machine.
    It is registered by the hook ``defectkit_register_splitters``, and run by :func:`defectkit.splitters.make_splits`,
    which refuses splits that leak.

    Attributes
    ----------
    name : str
        What studies call it; unique among all splitters.
    description : str
        One sentence for ``defectkit plugins``.
    """

    name: ClassVar[str]
    description: ClassVar[str]

    @abstractmethod
    def split(self, images: Sequence[Image], *, train_labels: str, test_labels: str) -> Iterator[Split]:
        """Yield splits of ``images``, each under a name of its own.

        Parameters
        ----------
        images : sequence of Image
            Their names are distinct. A splitter looks at names, calibrations and specimens; it reads pixels only where
            it says so.
        train_labels, test_labels : str
            ``name@version`` of the label set of each side; they are passed on to every split.

        Yields
        ------
        Split
            Images that are on neither side are left out of this split.

        Raises
        ------
        SplitError
            If the images cannot be split this way: too few, or without the fact to split by.
        """
