"""Archive: an analysis in one store, to be read again in full."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from defectkit.errors import StorageError
from defectkit.formats.report import Repair, RepairReport
from defectkit.records.defect_type import Taxonomy
from defectkit.records.json import record_converter
from defectkit.storage import Store
from defectkit.storage.damage import damage

if TYPE_CHECKING:
    from defectkit.workflows.analysis import Analysis

RESULTS = "analysis"
TABLES = ("defects", "summary", "hardening")


def save_analysis(analysis: Analysis, path: Path) -> None:
    """Write an analysis as a store.

    Parameters
    ----------
    analysis : Analysis
        Of images that were read from files, the store holds where those lie; other images it holds with their pixels.
    path : pathlib.Path
        A folder that is not there yet, or a file whose name ends in ``.zip``.

    Raises
    ------
    OutputError
        If there is something at ``path`` already, or it cannot be written.
    """
    import xarray

    store = Store.create(path)
    in_files = [image for image in analysis.images if image.path is not None]
    in_memory = [image for image in analysis.images if image.path is None]
    if in_files:
        store.refer_to_images(in_files)
    if in_memory:
        store.add_images(in_memory)
    if analysis.labels is not None:
        store.add_labels(analysis.labels)
    else:
        store.write_predictions(_key(analysis), (analysis.predictions[image.name] for image in analysis.images))
    about = {
        "images": [image.name for image in analysis.images],
        "taxonomy": record_converter().unstructure(analysis.taxonomy),
        "settings": dict(analysis.settings),
        "versions": dict(analysis.versions),
        "cautions": list(analysis.cautions),
        "repairs": analysis.repairs.rows(),
    }
    tables = {name: getattr(analysis, name) for name in TABLES}
    store.add_results(RESULTS, {**tables, "about": xarray.Dataset(attrs=about)})


def load_analysis(path: Path) -> dict[str, Any]:
    """Return the fields of the analysis that :func:`save_analysis` wrote.

    Raises
    ------
    StorageError
        If there is none at ``path``, or it is damaged.
    SchemaError
        If a newer defectkit wrote it.
    """
    store = Store.open(path)
    if RESULTS not in store.result_names():
        raise StorageError(f"{path} is a store, but holds no analysis; `defectkit analyze` and `measure` write such")
    tables = store.results(RESULTS)
    if not isinstance(tables, dict) or set(tables) != {*TABLES, "about"}:
        raise StorageError(f"{path} holds other results than those of an analysis under the name {RESULTS!r}")
    about = tables.pop("about").attrs
    keys = store.label_sets()
    predictions = {p.image: p for key in store.prediction_sets() for p in store.predictions(key)}
    with damage(f"{path}: what the analysis says of itself"):
        return {
            **tables,
            "images": tuple(store.images(about["images"])),
            "predictions": predictions,
            "labels": store.labels(keys[0]) if keys else None,
            "taxonomy": record_converter().structure(about["taxonomy"], Taxonomy),
            "settings": dict(about["settings"]),
            "versions": dict(about["versions"]),
            "cautions": tuple(map(str, about["cautions"])),
            "repairs": RepairReport(tuple(Repair(**row) for row in about["repairs"])),
        }


def _key(analysis: Analysis) -> str:
    return f"{analysis.settings['detector']['name']}@1"
