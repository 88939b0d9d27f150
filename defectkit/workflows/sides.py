"""Sides: the truth or the prediction of an evaluation, read from label files or from stored results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from defectkit.advice import LEAVE_OUT_UNPAIRED
from defectkit.errors import PairingError
from defectkit.formats.coco_document import holds_results_list
from defectkit.formats.labels import Unpaired, read_labels
from defectkit.formats.refusals import Refused
from defectkit.formats.report import RepairReport
from defectkit.records.defect_type import DefectType, Taxonomy
from defectkit.records.image import Image
from defectkit.records.inputs import Images, images_by_name
from defectkit.records.label_set import LabelSet
from defectkit.records.names import as_names
from defectkit.records.prediction import Prediction
from defectkit.short_repr import short_repr

RESULTS = "results.zarr"
"""The store in the folder that `defectkit analyze` and `defectkit measure` write."""


@attrs.frozen(kw_only=True, eq=False)
class EvaluationSide:
    """One side of an evaluation.

    Parameters
    ----------
    labels : LabelSet or tuple of Prediction
    taxonomy : Taxonomy
        The types that are known; the built-in ones where a store of predictions does not say.
    report : RepairReport
        What was mended and refused while label files were read.
    without_image : tuple of str
        Images that the labels speak of and that were not given.
    """

    labels: LabelSet | tuple[Prediction, ...]
    taxonomy: Taxonomy
    report: RepairReport = attrs.field(factory=RepairReport)
    without_image: tuple[str, ...] = attrs.field(default=(), converter=as_names)

    __repr__ = short_repr


def read_side(
    path: str | Path,
    *,
    images: Images,
    format: str | None = None,  # noqa: A002 - the name that reading labels gives it
    options: Mapping[str, Any] | None = None,
    key: str | None = None,
    truth: Path | None = None,
    unpaired: Unpaired | str = Unpaired.RAISE,
    refused: Refused | str = Refused.RAISE,
) -> EvaluationSide:
    """Read one side of an evaluation.

    Parameters
    ----------
    path : str or pathlib.Path
        Label files of any registered format; or a store; or a folder with ``results.zarr`` in it, as an analysis
        writes.
    images : iterable or mapping of Image
    format : str, optional
        Of label files; found by looking at them where it is not given.
    options : mapping of str to Any, optional
        Of the format.
    key : str, optional
        ``name@version`` of the label set or of the predictions, in a store that holds several.
    truth : pathlib.Path, optional
        The labels that the side is compared with. A COCO results list names its images and categories by the ids of
        that file, unless ``options`` name another one.
    unpaired : Unpaired
        What happens to labels for which no image is given.
    refused : Refused
        What happens if too many regions of label files are refused, see :func:`defectkit.formats.labels.read_labels`.

    Returns
    -------
    EvaluationSide

    Raises
    ------
    PairingError
        If the store holds several sets and none is named, none at all, or none of that name; or labels have no image
        and that is an error.
    RefusedRegionsError
        If too many regions were refused and ``refused`` is ``raise``.
    LabelReadError, StorageError
        If the files or the store cannot be read.
    """
    by_name = images_by_name(images)
    source = Path(path)
    store = store_at(source)
    if store is not None and format is None:
        side = _stored(store, key)
        return _with_images(side, by_name, Unpaired(unpaired), str(source))
    if key is not None:
        raise PairingError(f"{source} is no store, so it holds no set {key!r}; leave the key out")
    chosen = dict(options or {})
    if truth is not None and "truth" not in chosen and format in (None, "coco") and holds_results_list(source):
        chosen["truth"] = str(truth)
    reading = read_labels(source, images=by_name, format=format, options=chosen, unpaired=unpaired, refused=refused)
    return EvaluationSide(
        labels=reading.labels,
        taxonomy=reading.labels.taxonomy,
        report=reading.report,
        without_image=tuple(reading.without_image),
    )


def store_at(path: str | Path) -> Path | None:
    """Return the store that ``path`` is or, as the folder of an analysis, holds; None where it is no store."""
    source = Path(path)
    place = source / RESULTS if (source / RESULTS).is_dir() else source
    return place if place.suffix == ".zip" or (place / "zarr.json").is_file() else None


def joined_taxonomy(taxonomies: Iterable[Taxonomy]) -> Taxonomy:
    """Return all types of several taxonomies, each as the first that has it describes it; the built-in ones for none.

    Examples
    --------
    >>> from defectkit.records import DefectType
    >>> mine, yours = (Taxonomy(types=(DefectType(name=name),)) for name in ("pit", "bump"))
    >>> joined_taxonomy([mine, yours]).names
    ('pit', 'bump')
    """
    known: dict[str, DefectType] = {}
    for taxonomy in taxonomies:
        known |= {t.name: t for t in taxonomy if t.name not in known}
    return Taxonomy(types=tuple(known.values())) if known else Taxonomy.standard()


def _stored(path: Path, key: str | None) -> EvaluationSide:
    from defectkit.storage import Store
    from defectkit.workflows.archive import RESULTS as ANALYSIS, load_analysis

    store = Store.open(path)
    known = (*store.label_sets(), *store.prediction_sets())
    chosen = known[0] if key is None and len(known) == 1 else key
    if chosen not in known:
        said = (
            f"it holds no set {key!r}" if key is not None else "say which set is meant (--truth-set, --predicted-set)"
        )
        raise PairingError(f"{path}: {said}; it holds {', '.join(known) or 'neither labels nor predictions'}")
    if chosen in store.label_sets():
        labels = store.labels(chosen)
        return EvaluationSide(labels=labels, taxonomy=labels.taxonomy)
    taxonomy = load_analysis(path)["taxonomy"] if ANALYSIS in store.result_names() else Taxonomy.standard()
    return EvaluationSide(labels=tuple(store.predictions(chosen)), taxonomy=taxonomy)


def _with_images(side: EvaluationSide, images: Mapping[str, Image], unpaired: Unpaired, where: str) -> EvaluationSide:
    """Treat what a store says of images that are not given as that of label files is treated."""
    labels = side.labels
    names = labels.images if isinstance(labels, LabelSet) else tuple(p.image for p in labels)
    without = tuple(name for name in names if name not in images)
    if not without:
        return side
    if unpaired is Unpaired.RAISE:
        raise PairingError(
            f"{where}: it speaks of {len(without)} images that were not given: {', '.join(without[:5])}. Give those "
            f"images, or leave them out: {LEAVE_OUT_UNPAIRED}",
            LEAVE_OUT_UNPAIRED,
        )
    kept: LabelSet | tuple[Prediction, ...]
    if isinstance(labels, LabelSet):
        kept = attrs.evolve(labels, instances={n: i for n, i in labels.instances.items() if n in images})
    else:
        kept = tuple(p for p in labels if p.image in images)
    return attrs.evolve(side, labels=kept, without_image=without)
