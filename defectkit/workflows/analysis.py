"""Analysis: all that one run over images gave, whether a detector or people found the defects."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.formats.report import RepairReport
from defectkit.records.defect_type import Taxonomy
from defectkit.records.facts import counts_text, number_of
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.records.names import as_names
from defectkit.records.prediction import Prediction

if TYPE_CHECKING:
    import xarray


def _identical(one: xarray.Dataset, other: xarray.Dataset) -> bool:
    return bool(one.identical(other))


_TABLE = attrs.cmp_using(eq=_identical)


@attrs.frozen(kw_only=True)
class Analysis:
    """What :func:`~defectkit.workflows.analyze` and :func:`~defectkit.workflows.measure_labels` return.

    Parameters
    ----------
    images : tuple of Image
        In the order given; their pixels are not kept.
    predictions : mapping of str to Prediction
        By image name; empty where people drew the defects.
    labels : LabelSet, optional
        What people drew; None where a detector found the defects.
    taxonomy : Taxonomy
        Knows every type that occurs.
    defects : xarray.Dataset
        One row per defect; see :func:`defectkit.measurement.measure`.
    summary : xarray.Dataset
        By image and type; see :func:`defectkit.measurement.summarize`.
    hardening : xarray.Dataset
        By image and type, and in total; see :func:`defectkit.hardening.harden`.
    settings : mapping of str to Any
        All choices that the results depend on, ready for JSON.
    versions : mapping of str to str
        Of the distributions that made the results.
    cautions : tuple of str
        What a reader has to know before trusting the numbers.
    repairs : RepairReport
        What was mended and refused while labels were read.
    """

    images: tuple[Image, ...]
    predictions: Mapping[str, Prediction] = attrs.field(factory=dict)
    labels: LabelSet | None = None
    taxonomy: Taxonomy
    defects: xarray.Dataset = attrs.field(eq=_TABLE)
    summary: xarray.Dataset = attrs.field(eq=_TABLE)
    hardening: xarray.Dataset = attrs.field(eq=_TABLE)
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    cautions: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    repairs: RepairReport = attrs.field(factory=RepairReport)

    def __hash__(self) -> int:
        return hash((self.images, self.labels))

    @property
    def instances(self) -> Mapping[str, Instances]:
        """The defects of each image, by image name."""
        if self.labels is not None:
            return self.labels.instances
        return {name: prediction.instances for name, prediction in self.predictions.items()}

    @property
    def types(self) -> tuple[str, ...]:
        """The types that the summary names, without ``"all"``."""
        return tuple(str(name) for name in self.summary["defect_type"].values[:-1])

    @property
    def n_defects(self) -> int:
        """The number of defects in all images."""
        return int(self.defects.sizes["defect"])

    def __repr__(self) -> str:
        return f"<Analysis: {self._text()}>"

    def _repr_html_(self) -> str:
        from defectkit.records.html import MOST_PICTURES, card, counts_table, image_figure

        counts = {image.name: self.instances[image.name].counts() for image in self.images}
        pictures = [
            image_figure(image, self.instances[image.name], self.taxonomy) for image in self.images[:MOST_PICTURES]
        ]
        cautions = "".join(f"<li>{escape(caution)}</li>" for caution in self.cautions)
        return card(
            "Analysis",
            self._text(),
            *pictures,
            counts_table(counts, self.types, self.taxonomy),
            f"<ul>{cautions}</ul>" if cautions else "",
        )

    def _text(self) -> str:
        counts = dict(zip(self.types, self.summary["count"].values[:, :-1].sum(axis=0).tolist(), strict=True))
        cautions = f", {number_of(len(self.cautions), 'caution')}" if self.cautions else ""
        return f"{number_of(len(self.images), 'image')}, {counts_text(counts)}{cautions}"

    def save(self, path: str | Path) -> Path:
        """Write all of it into one store, and return the path of the store.

        Parameters
        ----------
        path : str or pathlib.Path
            A folder that is not there yet, ``results.zarr`` say. Of images that were read from files, the store holds
            where those lie; other images it holds with their pixels.

        Raises
        ------
        OutputError
            If there is something at ``path`` already, or it cannot be written.

        See Also
        --------
        defectkit.reports.write_analysis : tables, overlays and a page for people, with such a store beside them.
        """
        from defectkit.workflows.archive import save_analysis

        save_analysis(self, Path(path))
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> Analysis:
        """Read what :meth:`save` wrote.

        Raises
        ------
        StorageError
            If there is no analysis at ``path``, or it is damaged.
        SchemaError
            If a newer defectkit wrote it.
        """
        from defectkit.workflows.archive import load_analysis

        return cls(**load_analysis(Path(path)))
