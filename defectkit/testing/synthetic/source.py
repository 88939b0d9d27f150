"""SyntheticFecralSource: the synthetic stand-in for the FeCrAl data as a data set of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import ClassVar

import attrs

from defectkit.datasets.entry import DatasetEntry
from defectkit.datasets.interface import DatasetSource
from defectkit.datasets.toml import read_toml
from defectkit.errors import UnknownDatasetError
from defectkit.records.image import Image
from defectkit.records.label_set import LabelSet
from defectkit.records.split import Split
from defectkit.resources import registry_path
from defectkit.testing.synthetic.fecral import SyntheticFecral, synthetic_fecral


@attrs.frozen(kw_only=True)
class SyntheticFecralSource(DatasetSource):
    """The data set ``synthetic-fecral``.

    Parameters
    ----------
    seed : int
        Of all that is drawn by chance.
    binning : int
        Pixels joined along each side: 1, 2 or 4.
    """

    name: ClassVar[str] = "synthetic-fecral"
    description: ClassVar[str] = "182 synthetic micrographs with the counts and calibrations of the FeCrAl data."

    seed: int = 0
    binning: int = 1

    def entry(self) -> DatasetEntry:
        """Return the entry of the registry."""
        return read_toml(registry_path() / "datasets" / f"{self.name}.toml", DatasetEntry)

    def images(self) -> Iterator[Image]:
        """Give the images; pixels are drawn when they are read."""
        yield from _drawn(self.seed, self.binning).images.values()

    def labels(self, key: str) -> LabelSet:
        """Return ``dataset1@1``, ``dataset2@1`` or ``dataset2-expanded@1``.

        Raises
        ------
        UnknownDatasetError
            If it is none of these.
        """
        known = {labels.key: labels for labels in _drawn(self.seed, self.binning).labels.values()}
        if key not in known:
            raise UnknownDatasetError.of(f"label set of {self.name}", key, known)
        return known[key]

    def splits(self) -> Mapping[str, Split]:
        """Return the initial split of each label set."""
        return _drawn(self.seed, self.binning).splits


@lru_cache(maxsize=2)
def _drawn(seed: int, binning: int) -> SyntheticFecral:
    """Return the data set; images and labels are asked for one after the other, and are drawn together."""
    return synthetic_fecral(seed, binning=binning)
