"""Artifact: one table or figure of the paper, and what it is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

import attrs

from defectkit.errors import StudyError
from defectkit.records.prediction import Prediction
from defectkit.studies.data import StudyData
from defectkit_jacobs2022.published import PublishedTable

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

    from defectkit_jacobs2022.table import Table


@attrs.frozen(kw_only=True)
class Roles:
    """The label sets of a data set that stand where the paper has its own.

    Parameters
    ----------
    first : str
        ``name@version`` of the labels in the place of Dataset1.
    second : str
        In that of Dataset2: the same images, labeled again.
    expanded : str
        In that of Dataset2 expanded: the second, and more images.
    """

    first: str
    second: str
    expanded: str

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((self.first, self.second, self.expanded)))


@attrs.frozen(kw_only=True, eq=False)
class Outcome:
    """What artifacts are made from.

    Parameters
    ----------
    data : StudyData
        Images, label sets, and the named splits of the studies.
    roles : Roles
    results : mapping of str to xarray.Dataset
        By the name of the study; runs of one convention only.
    predictions : callable
        Given the name of a study and the position of a run in its result, the predictions of that run.
    published : mapping of int to PublishedTable
        What the paper printed, by the number of the table.
    is_original : bool
        Whether the data are those of the paper, so that published numbers are about the same thing.
    provenance : tuple of str
        Lines that say which data, labels, detector, budget and convention made it all.
    """

    data: StudyData
    roles: Roles
    results: Mapping[str, xarray.Dataset]
    predictions: Callable[[str, int], tuple[Prediction, ...]]
    published: Mapping[int, PublishedTable]
    is_original: bool
    provenance: tuple[str, ...]

    def result(self, study: str) -> xarray.Dataset:
        """Return the result of a study.

        Raises
        ------
        StudyError
            If it was not run.
        """
        if study not in self.results:
            raise StudyError(f"the study {study!r} was not run; there is {', '.join(self.results) or 'none'}")
        return self.results[study]


NamedTables = Mapping[str, "Table"]
"""By the end of the file name: ``""`` for the artifact itself, ``"bootstrap"`` for ``table5-bootstrap``."""

NamedFigures = Mapping[str, "Figure"]


M = TypeVar("M", "Table", "Figure")


@attrs.frozen(kw_only=True)
class Artifact(Generic[M]):
    """One table or figure.

    Parameters
    ----------
    name : str
        ``table5`` or ``figure10``.
    title : str
        What it shows, in our words.
    studies : tuple of str
        Names of the studies that it needs; none for what only looks at the data.
    make : callable
        From the outcome to the tables, or to the figures.
    """

    name: str
    title: str
    studies: tuple[str, ...] = ()
    make: Callable[[Outcome], Mapping[str, M]] = attrs.field(eq=False)


AnyArtifact: TypeAlias = "Artifact[Table] | Artifact[Figure]"
